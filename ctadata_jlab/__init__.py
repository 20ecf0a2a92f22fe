"""A scientist's remote storage, at home in JupyterLab: in the sidebar, the notebook and the shell."""

from __future__ import annotations

from typing import Any

try:
    from ctadata_jlab._version import __version__  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # a checkout that was never built
    __version__ = "0.0.0.dev0"

__all__ = ["__version__", "load_ipython_extension"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the frontend is."""
    return [{"src": "labextension", "dest": "ctadata_jlab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter's server what to load."""
    from ctadata_jlab.server.app import DataApp  # noqa: PLC0415 - importing the package must not load a web server

    return [{"module": "ctadata_jlab", "app": DataApp}]


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magic `%dcache` (``%load_ext ctadata_jlab``)."""
    from ctadata_jlab.magics import load  # noqa: PLC0415 - importing the package must not load IPython

    load(shell)
