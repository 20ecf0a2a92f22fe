"""Files on tape: many are asked for at once, no worker waits for them, and each is copied when it has come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError, NotLoggedIn, Offline
from ctadata_jlab.transfer.job import Item, ItemState, note_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.storage import Storage
    from ctadata_jlab.transfer.journal import Journal

__all__ = ["ON_DISK", "bring", "found_on_tape", "to_be_brought"]

ON_DISK = "on disk already"
_AT_ONCE = 500
_COMING = "on its way from tape"
_BROUGHT = "brought from tape"


def to_be_brought(item: Item) -> Item:
    """Return *item* as one that is asked for when the others are."""
    return replace(item, state=ItemState.STAGING, note=_COMING)


def found_on_tape(item: Item, error: Offline, *, stages: bool) -> Item:
    """Return what an item becomes whose file turned out to be on tape: asked for soon, unless that was in vain or cannot be done."""
    if stages and item.note != _BROUGHT:
        return to_be_brought(item)
    words = f"{error.message} It was asked for, but did not come." if stages else error.message
    return replace(item, state=ItemState.FAILED, note=None, error=note_of(Offline(words)))


def bring(journal: Journal, job_id: str, source: Storage, check: Callable[[], object]) -> bool:
    """Ask for the items on tape, or look after those asked for; returns whether there are some that may be copied now.

    What cannot even be asked for fails, unless that is a matter of the login or the network: then nothing is changed.
    """
    any_ready, after = False, -1
    while page := journal.page(job_id, ItemState.STAGING, kind="file", after=after, limit=_AT_ONCE):
        check()
        after = page[-1].n
        ready = _asked(page, source)
        journal.mark(job_id, ready, wait=True)
        any_ready = any_ready or any(item.state is ItemState.WAITING for item in ready)
    return any_ready


def _asked(page: Sequence[Item], source: Storage) -> list[Item]:
    """Return those of *page* that are no longer on their way."""
    try:
        coming = set(source.stage([item.path for item in page]))
    except CtaDataError as error:
        if error.retryable or isinstance(error, NotLoggedIn):
            raise
        return [replace(item, state=ItemState.FAILED, note=None, error=note_of(error)) for item in page]
    return [replace(item, state=ItemState.WAITING, note=_BROUGHT) for item in page if item.path not in coming]
