"""Transfers done here and now, while the caller waits: what the shell, the notebook and scripts use.

They go straight through `plan` and `copy`, without the queue. Doing the same again goes on where it was interrupted: files
that are right are left alone, and the part of a download is continued.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadPath, NotFound, Unsupported
from ctadata_jlab.foreground.crew import Crew
from ctadata_jlab.foreground.places import chosen, entries, landing, shared_session, upload_path
from ctadata_jlab.foreground.rehearsal import rehearse
from ctadata_jlab.foreground.selection import Selection
from ctadata_jlab.foreground.standing import Result, Standing, Summary, readable_size
from ctadata_jlab.foreground.tickets import Tickets
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import survey
from ctadata_jlab.transfer.copy import End, copy
from ctadata_jlab.transfer.disk import local_errors
from ctadata_jlab.transfer.haul import Haul, may_haul
from ctadata_jlab.transfer.job import Item, ItemState, new_id
from ctadata_jlab.transfer.plan import plan_delete
from ctadata_jlab.transfer.volley import Volley, may_volley

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.storage import Entry
    from ctadata_jlab.transfer.job import Conflict, Place
    from ctadata_jlab.transfer.progress import Watch

__all__ = [
    "Result",
    "Selection",
    "Standing",
    "Summary",
    "chosen",
    "copy_between",
    "doomed",
    "entries",
    "get",
    "landing",
    "put",
    "readable_size",
    "remove",
    "shared_session",
    "upload_path",
]


def get(
    session: Session,
    source: str,
    path: str,
    target: Path,
    *,
    recursive: bool = False,
    conflict: Conflict = "ask",
    only: Selection | None = None,
    report: Callable[[Standing], object] = lambda _: None,
    stop: threading.Event | None = None,
) -> Summary:
    """Download *path* of the source called *source*: it becomes exactly *target*, anywhere on this machine.

    A folder wants *recursive*; *only* says which of what is in it, and whether it is a sync. A file that fails does not stop the
    others; a folder that cannot be listed stops all before anything is written. *report* is called in the caller's thread, a few
    times a second. Ctrl-C leaves parts to go on with, and so does *stop* when it is set (by another thread; raises `Cancelled`).
    """
    only = only or Selection()
    origin, top = session.source(source), paths.remote(path)
    is_folder = _wants(origin.storage.stat(top), recursive=recursive)
    with local_errors(target):
        place = target.expanduser().resolve()
    here, base = (Local(place), "/") if is_folder else (Local(place.parent), "/" + place.name)
    with local_errors(place):
        folds = here.root.is_dir() and paths.folds_names(here.root)
    items = only.plan(origin.storage, top, here, base, folds=folds)
    survey.require_room(lambda: _waiting(items), here, "/")
    conflict = only.conflict(conflict)
    act = _act(only, End(source, origin.storage, "/"), End("local", here, "/"), conflict)
    if is_folder and not only.rehearsal:
        here.make_folder("/")
    haul = partial(Haul, origin.storage, here) if may_haul(origin.storage, here) and not only.rehearsal else None
    return Crew(_real(items, only), here, act, _hands(session, origin), report, stop, haul).work(str(place))


def put(
    session: Session,
    source: str,
    local: Path,
    path: str,
    *,
    recursive: bool = False,
    conflict: Conflict = "ask",
    only: Selection | None = None,
    report: Callable[[Standing], object] = lambda _: None,
    stop: threading.Event | None = None,
) -> Summary:
    """Upload *local*, a file or (with *recursive*) a folder, as exactly *path* of the source called *source*.

    Missing folders are made. Otherwise as `get`; an interrupted file is sent again from its start, finished ones are left alone.
    Links in a folder are followed inside it; those that lead out of it are refused, by name.
    """
    only = only or Selection()
    origin, target = session.source(source), paths.remote(path)
    with local_errors(local):
        place = local.expanduser().resolve()
    here, top = Local(Path(place.anchor)), "/" + place.relative_to(place.anchor).as_posix()
    _wants(here.stat(top), recursive=recursive)
    items = only.plan(here, top, origin.storage, target)
    survey.require_room(lambda: _waiting(items), origin.storage, paths.parent(target))
    conflict = only.conflict(conflict)
    ends = End("local", here, "/"), End(source, origin.storage, "/")
    try:
        with _ticketed(session, origin, only) as tickets:
            act = _act(only, *ends, conflict, tickets)
            haul = None
            if tickets is not None and may_volley(here, origin.storage):
                haul = partial(Volley, tickets.of, here, origin.storage, settled=tickets.done)
            return Crew(_real(items, only), origin.storage, act, _hands(session, origin), report, stop, haul).work(
                target
            )
    finally:
        origin.browse.forget(None)


def copy_between(
    session: Session,
    start: Place,
    end: Place,
    *,
    recursive: bool = False,
    conflict: Conflict = "ask",
    only: Selection | None = None,
    report: Callable[[Standing], object] = lambda _: None,
    stop: threading.Event | None = None,
) -> Summary:
    """Copy *start* of one source so that it becomes exactly *end* of another, or of the same; the bytes come through here.

    Otherwise as `get`.
    """
    only = only or Selection()
    origin, goal = session.source(start.source), session.source(end.source)
    top, base = paths.remote(start.path), paths.remote(end.path)
    _wants(origin.storage.stat(top), recursive=recursive)
    same = start.source == end.source
    if same and (base + "/").startswith(top.rstrip("/") + "/"):
        raise BadPath(f"{paths.display(top)} cannot be copied into itself.")
    items = only.plan(origin.storage, top, goal.storage, base)
    ends = End(start.source, origin.storage, "/"), End(end.source, goal.storage, "/")
    hands = min(_hands(session, origin), _hands(session, goal))
    try:
        with _ticketed(session, goal, only) as tickets:
            act = _act(only, *ends, only.conflict(conflict), tickets)
            return Crew(_real(items, only), goal.storage, act, hands, report, stop).work(base)
    finally:
        goal.browse.forget(None)


def doomed(session: Session, source: str, path: str) -> list[Item]:
    """Return everything that removing *path* would remove, to be shown before it is done."""
    return list(plan_delete(session.storage(source), [path]))


def remove(
    session: Session, source: str, items: Sequence[Item], report: Callable[[Standing], object] = lambda _: None
) -> Summary:
    """Remove *items* as `doomed` returned them, files first; a folder into which something has come meanwhile stays."""
    origin = session.source(source)

    def act(item: Item, watch: Watch) -> Result:
        watch.check()
        with contextlib.suppress(NotFound):
            origin.storage.remove(item.path)
        return Result(item.path, item.path, ItemState.DONE, item.size or 0)

    try:
        files = [item for item in items if item.kind == "file"]
        done = Crew(files, origin.storage, act, _hands(session, origin), report).work("")
        if done.failed:
            return done
        folders = [replace(item, kind="file") for item in reversed(items) if item.kind == "folder"]
        also = Crew(folders, origin.storage, act, 1, lambda _: None).work("")
        return Summary("", (*done.results, *also.results), also.left)
    finally:
        origin.browse.forget(None)


def _wants(entry: Entry, *, recursive: bool) -> bool:
    """Return whether *entry* is a folder, which nobody gets without asking for it."""
    if entry.is_folder and not recursive:
        raise Unsupported(
            f"{paths.display(entry.path)} is a folder.", hint="Ask for it recursively (-r, or recursive=True)."
        )
    return entry.is_folder


def _waiting(items: Iterable[Item]) -> Iterator[Item]:
    return (item for item in items if item.state is ItemState.WAITING)


def _hands(session: Session, origin: Source) -> int:
    return max(1, min(session.config.transfers.files_at_once, origin.storage.traits.connections))


@contextlib.contextmanager
def _ticketed(session: Session, target: Source, only: Selection) -> Iterator[Tickets | None]:
    """Give the tickets of a transfer to *target*, after what killed ones have left there was swept; None where nothing is written."""
    if only.rehearsal or target.kind == "local":
        yield None
        return
    with Tickets(session.config.state / "uploads", target.name, new_id(time.time())) as tickets:
        tickets.sweep(target.storage)
        yield tickets
        tickets.sweep(target.storage)  # what was kept as all there is, now that the same file has been stored


def _act(
    only: Selection, source: End, target: End, conflict: Conflict, tickets: Tickets | None = None
) -> Callable[[Item, Watch], Result]:
    """Return what is done with each file."""
    if only.rehearsal:
        return partial(rehearse, source, target, conflict)
    return partial(_copy, source, target, conflict, new_id(time.time()), tickets)


def _real(items: Sequence[Item], only: Selection) -> Sequence[Item]:
    """Return what is worked off: of a rehearsal no folders, since these would be made."""
    return [item for item in items if item.kind == "file"] if only.rehearsal else items


def _copy(
    source: End,
    target: End,
    conflict: Conflict,
    name: str,
    tickets: Tickets | None,
    item: Item,
    watch: Watch,
) -> Result:
    start, end = replace(source, path=item.path), replace(target, path=item.target or "/")
    if item.state is ItemState.SKIPPED:
        watch.stand(item.size or 0)
        return Result(item.path, _called(target, end.path), item.state, item.size or 0, item.note or "")
    if start.file is not None and not start.file.is_file():
        raise Unsupported(f"{paths.display(item.path)} is not a regular file.", hint="Leave it out.")
    ticket = f"{name}-{item.n}" if tickets is None else tickets.of(item)
    try:
        outcome = copy(start, end, conflict=conflict, ticket=ticket, watch=watch)
    except AlreadyExists as error:
        raise AlreadyExists(error.message, hint=f"{error.hint} (conflict: skip, replace, rename or newer)") from error
    if tickets is not None:
        tickets.done(ticket)
    file = _called(target, outcome.path)
    return Result(item.path, file, outcome.state, outcome.size, outcome.note)


def _called(end: End, path: str) -> str:
    """Return how people call *path* of that end: on this machine, the file's name."""
    file = replace(end, path=path).file
    return path if file is None else str(file)
