"""What uploads of a process that died have left at the storage, under their own tickets: swept; what others have left is not touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.storage import HasLocalPaths
from ctadata_jlab.storage.temporary import temporary
from ctadata_jlab.transfer.compare import stat_or_none
from ctadata_jlab.transfer.job import Item, ItemState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.job import Job
    from ctadata_jlab.transfer.journal import Journal

__all__ = ["interrupted", "is_kept", "sweep", "sweep_one", "ticket_of"]

_MOST = 1000


def ticket_of(job_id: str, n: int) -> str:
    """Return what names the temporary of item *n*: known before the first byte is sent, from the journal alone."""
    return f"{job_id}-{n}"


def interrupted(journal: Journal, job_id: str, *, failed: bool = False) -> list[Item]:
    """Return the files of a job that were on their way when it stopped; with *failed* those that failed as well."""
    states = (ItemState.COPYING, ItemState.VERIFYING, *((ItemState.FAILED,) if failed else ()))
    return [item for state in states for item in journal.page(job_id, state, kind="file", limit=_MOST)]


def sweep(job: Job, items: Iterable[Item], target: Storage) -> int:
    """Remove the temporaries of *items* of *job*, as well as that is possible now; returns how many there were.

    One that is whole stays while nothing has its final name: a server that died between deleting the old file and renaming
    the new one has left it as all there is.
    """
    if isinstance(target, HasLocalPaths) or job.request.kind not in {"upload", "copy", "move"}:
        return 0
    return sum(
        sweep_one(target, item.target, item.size, ticket_of(job.id, item.n))
        for item in items
        if item.target is not None
    )


def sweep_one(target: Storage, path: str, size: int | None, ticket: str) -> bool:
    """Remove the temporary of the file *path* under *ticket*, as `sweep` does; returns whether there was one."""
    part = temporary(path, ticket)
    try:
        there = stat_or_none(target, part)
        if there is None or _is_all_there_is(target, there, path, size):
            return False
        target.remove(part)
    except CtaDataError:
        return False
    return True


def is_kept(target: Storage, path: str, size: int | None, ticket: str) -> bool:
    """Whether `sweep_one` leaves what it found, because it is whole and nothing has its final name yet."""
    try:
        there = stat_or_none(target, temporary(path, ticket))
        return there is not None and _is_all_there_is(target, there, path, size)
    except CtaDataError:
        return False


def _is_all_there_is(target: Storage, part: Entry, path: str, size: int | None) -> bool:
    return part.size == size and stat_or_none(target, path) is None
