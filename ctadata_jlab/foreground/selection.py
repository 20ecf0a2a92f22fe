"""Which files of a folder are moved, when it is not all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.transfer.patterns import Patterns
from ctadata_jlab.transfer.plan import plan_copy
from ctadata_jlab.transfer.survey import Already

if TYPE_CHECKING:
    from ctadata_jlab.storage import Storage
    from ctadata_jlab.transfer.job import Conflict, Item

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Only what *include* names (patterns as in gitignore), without what *exclude* names; only the paths *names* in the folder, if given.

    With *sync*, what the target has already is found out first, with one listing a folder; nothing is ever deleted. With
    *rehearsal*, nothing is done: the results tell what would be.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None
    sync: bool = False
    rehearsal: bool = False

    def plan(self, source: Storage, top: str, target: Storage, to: str, *, folds: bool = False) -> list[Item]:
        """Return the items of a copy in which *top* itself becomes *to*."""
        tops = [top] if self.names is None else [paths.join(top, name) for name in self.names]
        return list(
            plan_copy(
                source,
                tops,
                to,
                base=top,
                folds=folds,
                patterns=Patterns(self.include, self.exclude),
                has=Already(source, target) if self.sync else lambda *_: False,
            )
        )

    def conflict(self, asked: Conflict) -> Conflict:
        """Return what becomes of files that differ: a sync replaces them unless it is told otherwise."""
        return "replace" if self.sync and asked == "ask" else asked
