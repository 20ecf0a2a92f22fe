"""A scientist's remote storage, at home in JupyterLab: in the sidebar, the notebook and the shell.

::

    import ctadata_jlab

    dcache = ctadata_jlab.source("dcache")
    dcache.get("/lst/DL1/run.h5")

`source` opens a source by its name (see `Remote`), `sources` names them all, `jobs` and `wait_for` look at the panel's queue;
`ctadata_jlab.aio` is the same for asyncio, `ctadata_jlab.errors` has all that can go wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctadata_jlab.foreground import Standing, Summary
    from ctadata_jlab.remote import Remote, source, sources
    from ctadata_jlab.remote.handle import Handle
    from ctadata_jlab.remote.queue import jobs, wait_for
    from ctadata_jlab.storage import Checksum, Entry

try:
    from ctadata_jlab._version import __version__  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # a checkout that was never built
    __version__ = "0.0.0.dev0"

__all__ = [
    "Checksum",
    "Entry",
    "Handle",
    "Remote",
    "Standing",
    "Summary",
    "__version__",
    "jobs",
    "load_ipython_extension",
    "source",
    "sources",
    "wait_for",
]

_HOMES = {
    "Checksum": "storage",
    "Entry": "storage",
    "Handle": "remote.handle",
    "Remote": "remote",
    "Standing": "foreground",
    "Summary": "foreground",
    "jobs": "remote.queue",
    "source": "remote",
    "sources": "remote",
    "wait_for": "remote.queue",
}
"""Where each name lives; it is loaded when it is first used, for the shell starts with this module, too."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


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
