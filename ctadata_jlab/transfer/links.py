"""Symbolic links in a folder that is sent away: those inside it are followed, those that lead out of it are refused by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, Unsupported
from ctadata_jlab.storage import HasLocalPaths
from ctadata_jlab.transfer.disk import local_errors

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.storage import Entry, Storage

__all__ = ["Links", "is_link"]

_NAMED = 5


def is_link(storage: Storage, path: str) -> bool:
    """Whether *path* is a symbolic link of this machine."""
    return isinstance(storage, HasLocalPaths) and (storage.local(paths.parent(path)) / paths.name(path)).is_symlink()


class Links:
    """The links below the folder *top* of *source*; a storage that is not of this machine has none.

    With *moving*, links to folders are refused: what they lead to is not this tree's to remove.
    """

    def __init__(self, source: Storage, top: str, *, moving: bool = False) -> None:
        self._source = source if isinstance(source, HasLocalPaths) else None
        self._top = top
        self._moving = moving
        self._folder: tuple[str, Path] | None = None
        self._leading_out: list[str] = []

    def may_take(self, entry: Entry) -> bool:
        """Whether *entry* can be sent: no link, or one that leads to something inside. Others are kept in mind, see `refuse`."""
        file = self._file(entry)
        if file is None or entry.path == self._top or not file.is_symlink():
            return True
        if entry.is_folder and self._moving:
            raise Unsupported(
                f"{paths.display(entry.path)} is a link to a folder and cannot be moved to another storage."
            )
        if not self._leads_inside(file):
            self._leading_out.append(entry.path)
            return False
        if entry.is_folder and file.resolve() in file.parents:
            raise BadPath(f"{paths.display(entry.path)} is a link to a folder that holds it.")
        return True

    def refuse(self) -> None:
        """Raise if there were links that lead out of the folder, or nowhere, and name them."""
        if not self._leading_out:
            return
        named = ", ".join(paths.display(path) for path in self._leading_out[:_NAMED])
        more = len(self._leading_out) - _NAMED
        are = "is a link that leads" if len(self._leading_out) == 1 else "are links that lead"
        raise BadPath(
            f"{named}{f' and {more} more' if more > 0 else ''} {are} out of {paths.display(self._top)}, or nowhere.",
            hint="Leave them out (exclude), or put what they lead to into the folder.",
        )

    def _file(self, entry: Entry) -> Path | None:
        """Return the file of *entry* on this machine, its own link not followed."""
        if self._source is None:
            return None
        above, known = paths.parent(entry.path), self._folder
        if known is None or known[0] != above:
            known = self._folder = above, self._source.local(above)
        return known[1] / paths.name(entry.path)

    def _leads_inside(self, file: Path) -> bool:
        top = self._source.local(self._top) if self._source is not None else file
        with local_errors(file):
            try:
                real = os.path.realpath(file, strict=True)
            except FileNotFoundError:
                return False
        return (real + "/").startswith(os.path.realpath(top).rstrip("/") + "/")
