"""What a transfer would do, found out without doing it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab.foreground.standing import Result
from ctadata_jlab.transfer.compare import ALREADY, are_identical, decide, stat_or_none
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from ctadata_jlab.transfer.compare import End
    from ctadata_jlab.transfer.job import Conflict, Item
    from ctadata_jlab.transfer.progress import Watch

__all__ = ["rehearse"]


def rehearse(source: End, target: End, conflict: Conflict, item: Item, watch: Watch) -> Result:
    """Return what would become of *item*: `WAITING` if it would be copied, `SKIPPED` if not; raises what the copy would raise."""
    watch.check()
    start, end = replace(source, path=item.path), replace(target, path=item.target or "/")
    entry, there = start.storage.stat(start.path), stat_or_none(end.storage, end.path)
    size = entry.size or 0
    if there is None:
        return Result(item.path, _called(end), ItemState.WAITING, size)
    if are_identical(start, entry, end, there, watch.check):
        return Result(item.path, _called(end), ItemState.SKIPPED, size, ALREADY)
    decision = decide(conflict, entry, end, there)
    called = _called(replace(end, path=decision.path))
    if decision.skip is not None:
        return Result(item.path, called, ItemState.SKIPPED, size, decision.skip)
    note = "replaces another" if decision.replace is not None else "under another name"
    return Result(item.path, called, ItemState.WAITING, size, note)


def _called(end: End) -> str:
    return end.path if end.file is None else str(end.file)
