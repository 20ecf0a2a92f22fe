"""What a run does before anything is written: find out its items, and look at the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.transfer import survey
from ctadata_jlab.transfer.compare import local_file
from ctadata_jlab.transfer.job import ItemState, counts_folders, is_from_browser
from ctadata_jlab.transfer.patterns import Patterns
from ctadata_jlab.transfer.plan import plan_copy, plan_delete, plan_measure, plan_move, plan_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.transfer.acts import Acts
    from ctadata_jlab.transfer.job import Item, Job, Question
    from ctadata_jlab.transfer.journal import Journal

__all__ = ["keep_plan", "measure", "question", "require_room"]

_BATCH = 500
_LEFT = (ItemState.WAITING, ItemState.STAGING)
_Totals = dict[str, int]


def keep_plan(
    job: Job, acts: Acts, journal: Journal, report: Callable[[Callable[[], _Totals]], None], check: Callable[[], object]
) -> _Totals:
    """Write the items of *job* into the journal as they are found, a batch at a time; returns how many files and bytes."""
    both = counts_folders(job.request)
    journal.clear(job.id)
    batch: list[Item] = []
    totals = {"files_total": 0, "bytes_total": 0}
    for item in _items(job, acts, check):
        batch.append(item)
        totals["files_total"] += both or item.kind == "file"
        totals["bytes_total"] += item.size or 0
        if len(batch) >= _BATCH:
            journal.mark(job.id, batch, wait=True)
            batch.clear()
        report(lambda: totals)
    journal.mark(job.id, batch, wait=True)
    return totals


def _items(job: Job, acts: Acts, check: Callable[[], object]) -> Iterator[Item]:
    request, tops = job.request, acts.tops
    patterns = Patterns(request.include, request.exclude)
    if request.kind == "stage":
        return plan_stage(acts.source, tops, patterns=patterns, check=check)
    if request.to is None:
        return plan_delete(acts.source, tops, patterns=patterns, check=check)
    to, within = request.to.path, request.to.source == request.source
    if request.kind == "move" and within:
        return plan_move(acts.source, tops, to)
    place = local_file(acts.target, to)
    folds = place is not None and place.is_dir() and paths.folds_names(place)
    return plan_copy(
        acts.source,
        tops,
        to,
        base=request.base,
        folds=folds,
        moving=request.kind == "move",
        same=within,
        patterns=patterns,
        has=survey.Already(acts.source, acts.target, check) if request.sync else lambda *_: False,
        check=check,
    )


def measure(
    job: Job, acts: Acts, report: Callable[[Callable[[], _Totals]], None], check: Callable[[], object]
) -> tuple[_Totals, str]:
    """Return how many files and bytes there are, and that in words."""
    files = folders = size = 0
    patterns = Patterns(job.request.include, job.request.exclude)
    for entry in plan_measure(acts.source, acts.tops, patterns=patterns, check=check):
        files += not entry.is_folder
        folders += entry.is_folder
        size += entry.size or 0
        report(lambda: {"files_total": files, "bytes_total": size})  # noqa: B023 — asked at once
    totals = {"files_total": files, "files_done": files, "bytes_total": size, "bytes_done": size}
    return totals, f"{files} file{'s' * (files != 1)} in {folders} folder{'s' * (folders != 1)}"


def require_room(job: Job, acts: Acts, journal: Journal, check: Callable[[], object]) -> None:
    """Raise `NoSpace` when what is left to do will not fit where it should go."""
    if job.request.to is not None and not _moves_whole(job):
        survey.require_room(lambda: _left(job, journal, "file"), acts.target, job.request.to.path, check)


def question(job: Job, acts: Acts, journal: Journal, check: Callable[[], object]) -> Question | None:
    """Return what the user has to be asked before anything is written; None when nothing."""
    if job.request.to is None or job.request.conflict != "ask":
        return None
    whole = _moves_whole(job)
    source = None if whole or is_from_browser(job.request) else acts.source
    return survey.conflicts(_left(job, journal, None if whole else "file"), source, acts.target, check)


def _left(job: Job, journal: Journal, kind: str | None) -> Iterator[Item]:
    """Yield what is left to do, each item once: while this is read, files that the browser sends become ready."""
    return journal.items(job.id, _LEFT, kind=kind)


def _moves_whole(job: Job) -> bool:
    request = job.request
    return request.kind == "move" and request.to is not None and request.to.source == request.source
