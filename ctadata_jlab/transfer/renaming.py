"""A file or folder gets another name within its storage; what it replaces is put aside until it is there.

Every step may have been done already: by an attempt whose answer was lost, or by a process that was killed after it. So each
looks before it despairs, and what was put aside says whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, CtaDataError
from ctadata_jlab.transfer.compare import decide, stat_or_none

if TYPE_CHECKING:
    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.compare import End
    from ctadata_jlab.transfer.job import Conflict, Item

__all__ = ["Renaming"]


class Renaming:
    """The move of *item* in *storage* to *target*; *ticket* is in the name that a replaced file has for a moment."""

    def __init__(self, storage: Storage, item: Item, target: End, ticket: str) -> None:
        self._storage = storage
        self._item = item
        self._target = target
        name = paths.shortened(paths.name(target.path), ".", f".{ticket}.old")
        self._aside = paths.join(paths.parent(target.path), name)

    def run(self, conflict: Conflict) -> tuple[str, str | None]:
        """Do it; return where it is now, and why nothing was done, if so."""
        there = stat_or_none(self._storage, self._target.path)
        if there is None:
            self._storage.make_folder(paths.parent(self._target.path))
            self._move(self._target.path, is_aside=stat_or_none(self._storage, self._aside) is not None)
            return self._target.path, None
        if self._is_moved(there):
            self._drop_aside()
            return self._target.path, None
        decision = decide(conflict, self._storage.stat(self._item.path), self._target, there)
        if decision.skip is None:
            if decision.replace is not None:
                self._put_aside(there)
            self._move(decision.path, is_aside=decision.replace is not None)
        return decision.path, decision.skip

    def _move(self, path: str, *, is_aside: bool) -> None:
        """Give it the name *path*; when that fails, what was put aside gets its own name back."""
        try:
            self._storage.move(self._item.path, path)
        except CtaDataError:
            there = stat_or_none(self._storage, path)
            if there is None or not self._is_moved(there):
                if is_aside and there is None:
                    self._storage.move(self._aside, path)
                raise
        if is_aside:
            self._drop_aside()

    def _put_aside(self, there: Entry) -> None:
        """Take the name from what is replaced; what an earlier attempt has put aside is not written over."""
        if stat_or_none(self._storage, self._aside) is not None:
            raise AlreadyExists(
                f"{paths.display(self._target.path)} was written to meanwhile.",
                hint=f"What it was before is in {paths.display(paths.name(self._aside))} beside it.",
            )
        try:
            self._storage.move(there.path, self._aside)
        except CtaDataError:
            if stat_or_none(self._storage, self._aside) is None or stat_or_none(self._storage, there.path) is not None:
                raise

    def _drop_aside(self) -> None:
        if stat_or_none(self._storage, self._aside) is not None:
            self._storage.remove(self._aside)

    def _is_moved(self, there: Entry) -> bool:
        """Whether *there* is the item: it is as large, and nothing has the old name any more."""
        alike = (there.kind, there.size) == (self._item.kind, self._item.size)
        return alike and stat_or_none(self._storage, self._item.path) is None
