"""Remote scientific storage, at home in JupyterLab."""
