"""What is at a path: the entries of a folder, or a file alone."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctadata_jlab.storage import Entry, Storage

__all__ = ["listed"]


def listed(storage: Storage, path: str) -> list[Entry]:
    """Return what the folder *path* holds, by name; a file alone when *path* is one."""
    entry = storage.stat(path)  # first: some servers answer the listing of a file by anything but "no folder"
    return sorted(storage.list(entry.path), key=attrgetter("path")) if entry.is_folder else [entry]
