# ruff: noqa: INP001  # no package: Jupyter reads it as its configuration
"""The Jupyter server of the panel's benchmark. Never use this in production."""

import os
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821  # Jupyter's own name for the configuration
c.ServerApp.port = int(os.environ["CTADATA_BENCH_PORT"])  # noqa: F821
if os.environ.get("CTADATA_BENCH_WITHOUT"):
    c.LabApp.labextensions_path = []  # noqa: F821  # no panel
c.ServerApp.base_url = "/user/name/"  # noqa: F821
c.ServerApp.ip = "127.0.0.1"  # noqa: F821
c.ServerApp.allow_root = True  # noqa: F821
c.ServerApp.root_dir = str(Path(os.environ["CTADATA_BENCH"]) / "workspace")  # noqa: F821
c.LabApp.workspaces_dir = str(Path(os.environ["JUPYTER_DATA_DIR"]) / "workspaces")  # noqa: F821
c.Application.log_level = "ERROR"  # noqa: F821
