"""What a job does with each of its items, by its kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadAnswer, Changed, NotFound, Offline
from ctadata_jlab.storage import HasLocalPaths
from ctadata_jlab.transfer.compare import End, are_one_version, stat_or_none
from ctadata_jlab.transfer.copy import Outcome, copy, item_of
from ctadata_jlab.transfer.haul import Haul, may_haul
from ctadata_jlab.transfer.job import Item, ItemState, is_from_browser
from ctadata_jlab.transfer.orphans import ticket_of
from ctadata_jlab.transfer.patience import patiently
from ctadata_jlab.transfer.renaming import Renaming
from ctadata_jlab.transfer.volley import Volley, may_volley

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.drops import Spool
    from ctadata_jlab.transfer.haul import Hauling
    from ctadata_jlab.transfer.job import Job
    from ctadata_jlab.transfer.progress import Watch

__all__ = ["Acts", "Phase"]


@dataclass(frozen=True, slots=True)
class Phase:
    """One pass over a job's items that wait: which, in which order, and what is done with each; all before the next phase begins."""

    act: Callable[[Item, Watch], Item]
    kind: Literal["file", "folder"] | None = None
    last_first: bool = False
    in_parallel: bool = True
    haul: Hauling | None = None
    """What fetches the small files many at once, if that can be done."""
    state: ItemState = ItemState.WAITING


class Acts:
    """The deeds of one job. Each takes an item and returns what it has become, or raises why not."""

    def __init__(self, job: Job, storage: Callable[[str], Storage], spool: Spool, tops: Sequence[str] = ()) -> None:
        self._job = job
        self.tops = tops or job.request.paths
        """What is to be done something with: all of it, also of a long list."""
        self._spool = spool
        request = job.request
        self.source = spool.storage(job.id) if is_from_browser(request) else storage(request.source)
        self.target = storage(request.to.source) if request.to is not None else self.source
        ends = {request.source: self.source, request.to.source if request.to else request.source: self.target}
        self.limits = {name: end.traits.connections for name, end in ends.items() if not isinstance(end, HasLocalPaths)}
        """How many files each remote storage bears at once."""

    def phases(self) -> list[Phase]:
        """Return what is to be done, in order."""
        request = self._job.request
        if request.kind == "delete":
            return [Phase(self.remove, "file"), Phase(self.remove, "folder", last_first=True, in_parallel=False)]
        if request.kind == "stage":
            return [Phase(self.reach, "file")]
        if request.kind == "move" and request.to is not None:
            if request.to.source == request.source:
                return [Phase(self.rename, in_parallel=False)]
            folders_after = Phase(self.remove_moved_folder, "folder", last_first=True, in_parallel=False)
            return [Phase(self.open_folder, "folder"), Phase(self.carry, "file"), folders_after]
        if is_from_browser(request):
            return [Phase(self.make_folder, "folder"), Phase(self.store, "file", state=ItemState.STAGING)]
        return [Phase(self.make_folder, "folder"), Phase(self.copy, "file", haul=self._hauling())]

    def _hauling(self) -> Hauling | None:
        """Return what moves small files many at once, if that can be done between the two."""
        if may_haul(self.source, self.target):
            return partial(Haul, self.source, self.target)
        if may_volley(self.source, self.target):
            return partial(Volley, lambda item: ticket_of(self._job.id, item.n), self.source, self.target)
        return None

    def copy(self, item: Item, watch: Watch) -> Item:
        """Copy a file."""
        return item_of(item, self._copy(item, item.path, watch))

    def store(self, item: Item, watch: Watch) -> Item:
        """Upload a file that the browser sent, and remove it from the spool."""
        done = item_of(item, self._copy(item, f"/{item.n}", watch))
        self._spool.remove(self._job.id, item.n)
        return done

    def carry(self, item: Item, watch: Watch) -> Item:
        """Copy a file to another storage, then remove it here if it still is the version that was copied and proven."""
        try:
            outcome = self._copy(item, item.path, watch)
        except NotFound:
            if not self._was_carried(item):
                raise
            return replace(item, state=ItemState.DONE, error=None, note="was moved before")
        if outcome.entry is None:
            return replace(item_of(item, outcome), note=f"{outcome.note}; the original was kept")
        self._remove_version(item.path, outcome.entry, watch)
        return item_of(item, outcome)

    def make_folder(self, item: Item, watch: Watch) -> Item:
        """Make a folder at the target."""
        self.open_folder(item, watch)
        return replace(item, state=ItemState.DONE, error=None)

    def open_folder(self, item: Item, watch: Watch) -> Item:
        """Make a folder at the target; more is to be done with it later."""
        target = _target(item)
        patiently(lambda: self.target.make_folder(target), rest=watch.rest)
        return item

    def remove_moved_folder(self, item: Item, watch: Watch) -> Item:
        """Remove a folder whose files have been moved; one that still holds something stays."""
        try:
            if next(iter(self.source.list(item.path)), None) is None:
                return self.remove(item, watch)
        except NotFound:
            return replace(item, state=ItemState.DONE, error=None)
        return replace(item, state=ItemState.SKIPPED, error=None, note="not empty; it was kept")

    def remove(self, item: Item, watch: Watch) -> Item:
        """Remove a file or an empty folder."""
        try:
            patiently(lambda: self.source.remove(item.path), rest=watch.rest)
        except NotFound:
            return replace(item, state=ItemState.DONE, error=None, note="already gone")
        watch.stand(item.size or 0)
        return replace(item, state=ItemState.DONE, error=None)

    def reach(self, item: Item, watch: Watch) -> Item:
        """See that a file that was asked for is on disk now; one that is lost, or whose pool is down, is not."""
        now = patiently(lambda: self.source.stat(item.path), rest=watch.rest)
        if now.online is False:
            raise Offline(f"{paths.display(item.path)} is on tape.")
        if now.online is None:
            raise Offline(
                f"Nothing tells that {paths.display(item.path)} is on disk: it may be lost, or its pool down."
            )
        watch.stand(item.size or 0)
        return replace(item, state=ItemState.DONE, error=None)

    def rename(self, item: Item, watch: Watch) -> Item:
        """Move a file or a folder whole, within one storage."""
        renaming = Renaming(self.target, item, End("", self.target, _target(item)), ticket_of(self._job.id, item.n))
        path, skipped = patiently(lambda: renaming.run(self._job.request.conflict), rest=watch.rest)
        if skipped is not None:
            return replace(item, state=ItemState.SKIPPED, error=None, note=skipped)
        watch.stand(item.size or 0)
        return replace(item, state=ItemState.DONE, error=None, target=path)

    def _was_carried(self, item: Item) -> bool:
        """Whether a process that was killed had moved it: it is gone here, and as large as it was there."""
        there = stat_or_none(self.target, _target(item))
        return there is not None and there.size == item.size and stat_or_none(self.source, item.path) is None

    def _remove_version(self, path: str, copied: Entry, watch: Watch) -> None:
        now = self.source.stat(path)
        if not are_one_version(now, copied):
            raise Changed(f"{paths.display(path)} was written to after it was copied; it was kept.")
        patiently(lambda: self.source.remove(path), rest=watch.rest)

    def _copy(self, item: Item, path: str, watch: Watch) -> Outcome:
        request = self._job.request
        to = request.to.source if request.to is not None else request.source
        source, target = End(request.source, self.source, path), End(to, self.target, _target(item))
        if request.kind == "move" and _is_same_file(source, target):
            raise AlreadyExists(f"{paths.display(item.path)} and its target are the same file.")
        return copy(source, target, conflict=request.conflict, ticket=ticket_of(self._job.id, item.n), watch=watch)


def _is_same_file(source: End, target: End) -> bool:
    here, there = source.file, target.file
    return here is not None and there is not None and here.exists() and there.exists() and here.samefile(there)


def _target(item: Item) -> str:
    if item.target is None:
        raise BadAnswer(f"The plan has no target for {paths.display(item.path)}.")
    return item.target
