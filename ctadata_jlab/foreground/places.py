"""What the doors share before anything moves: which source is meant, what is there, and where things will land."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import config, paths
from ctadata_jlab.storage.looking import listed
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.storage import Entry, Storage

__all__ = ["chosen", "entries", "landing", "quieten", "shared_session", "upload_path"]


def entries(storage: Storage, path: str, *, recursive: bool = False) -> list[Entry]:
    """Return what the folder *path* holds, by name; with *recursive* all that is below it; a file alone when *path* is one."""
    if not recursive:
        return listed(storage, path)
    entry = storage.stat(path)
    return sorted(walk(storage, entry.path), key=lambda entry: entry.path) if entry.is_folder else [entry]


def landing(path: str, destination: str | None, *, is_folder: bool) -> Path:
    """Return where *path* is to be saved if the user named *destination*.

    A folder always lands under its own name in it, so that doing the same again means the same place. A file does if it is
    a folder, or is written with a slash at its end; else it is the file's new name.
    """
    name = paths.name(paths.remote(path))
    if destination is None:
        return Path.cwd() / name
    place = Path(destination).expanduser()
    return place / name if is_folder or destination.endswith("/") or place.is_dir() else place


def upload_path(local: Path, path: str) -> str:
    """Return the path that *local* gets: ``folder/`` is completed by a file's name, everything else is taken as it is."""
    if (path.endswith("/") or not path) and not local.is_dir():
        return paths.join(path or "/", local.name)
    return paths.remote(path)


def chosen(session: Session, name: str | None = None, *, dev: bool = False) -> Source:
    """Return the source called *name*, by default the first one; with *dev* its twin."""
    return session.choose(name, dev=dev)


_sessions: dict[object, Session] = {}
_guard = threading.Lock()


def shared_session() -> Session:
    """Return this process's session for the settings as they are now: connections and tokens are kept between calls, not over a fork."""
    from ctadata_jlab.session import Session  # noqa: PLC0415 - httpx is loaded when somebody asks a storage

    with _guard:
        stamp = (os.getpid(), Path.home(), Path.cwd(), *((file, file.stat().st_mtime_ns) for file in config.files()))
        if stamp not in _sessions:
            _sessions.clear()
            quieten()
            _sessions[stamp] = Session(config.load())
        return _sessions[stamp]


def quieten() -> None:
    """Keep the log of retries off the terminal and out of cells, unless a program asks for it; what comes of them is told."""
    logging.getLogger("stamina").addHandler(logging.NullHandler())
