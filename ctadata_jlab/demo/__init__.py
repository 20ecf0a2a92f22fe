"""Two storage doors, a realistic tree of files and a JupyterLab beside them, all on this machine."""
