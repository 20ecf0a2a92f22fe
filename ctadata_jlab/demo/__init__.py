"""Two storage doors, a realistic tree of files and a JupyterLab beside them, all on this machine.

``ctadata-jlab demo`` starts it; it needs the extra: ``pip install "ctadata_jlab[demo]"``.
"""
