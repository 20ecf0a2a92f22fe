"""One folder made like another: what differs is replaced, what is too much is removed if that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import BadPath, Misconfigured, NotFound
from ctadata_jlab.foreground.standing import Result, Standing, Summary
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import ItemState
from ctadata_jlab.transfer.links import is_link
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from ctadata_jlab.foreground import Selection
    from ctadata_jlab.session import Session
    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.job import Conflict

__all__ = ["Way", "mirror"]


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where: a folder of a source, and one of this machine."""

    source: str
    path: str
    local: Path
    is_down: bool
    storage: Storage

    @classmethod
    def between(cls, session: Session, source: str, start: str | Path, end: str | Path) -> Way:
        """Return the way between two folders, of which one is a `Path`, or raise `BadPath`."""
        storage = session.storage(source)
        if isinstance(start, Path) == isinstance(end, Path):
            raise BadPath(
                "One of the two folders must be of this machine, the other of the source.",
                hint="Write the one of this machine as pathlib.Path(…).",
            )
        if isinstance(end, Path):
            return cls(source, paths.remote(str(start)), end.expanduser(), is_down=True, storage=storage)
        return cls(source, paths.remote(end), Path(start).expanduser(), is_down=False, storage=storage)

    @property
    def title(self) -> str:
        """What a bar calls it."""
        return paths.name(self.path) or self.source


def mirror(
    session: Session,
    way: Way,
    only: Selection,
    *,
    delete: bool,
    conflict: Conflict = "ask",
    report: Callable[[Standing], object],
    stop: threading.Event | None,
) -> Summary:
    """Do it; return what was copied and left. Nothing is removed when anything failed."""
    _require_folder(way)
    if delete and (only.include or only.exclude):
        raise Misconfigured("A sync that deletes takes whole folders.", hint="Leave out the patterns, or `delete`.")
    act = foreground.get if way.is_down else foreground.put
    ends = (way.path, way.local) if way.is_down else (way.local, way.path)
    done = act(session, way.source, *ends, recursive=True, conflict=conflict, only=only, report=report, stop=stop)
    done.require()
    if delete and only.rehearsal:
        return _and_doomed(done, way, report)
    if delete:
        _remove_what_is_too_much(session, way)
    return done


def _require_folder(way: Way) -> None:
    if way.is_down and not way.storage.stat(way.path).is_folder:
        raise BadPath(f"{paths.display(way.path)} is a file; only folders are synchronised.", hint="Use get.")
    if not way.is_down and not way.local.is_dir():
        raise NotFound(f"There is no folder {paths.display(str(way.local))} here.", hint="Check its name.")


def _remove_what_is_too_much(session: Session, way: Way) -> None:
    end, surplus = _surplus(way)
    for entry in surplus:
        end.remove(entry.path)
    if not way.is_down:
        session.source(way.source).browse.forget(None)


def _and_doomed(done: Summary, way: Way, report: Callable[[Standing], object]) -> Summary:
    """Return *done* and what would be removed; tells it, too."""
    _, surplus = _surplus(way)
    gone = tuple(Result(entry.path, entry.path, ItemState.WAITING, 0, "removed") for entry in surplus)
    report(Standing(0, 0, 0, 0, finished=gone))
    return Summary(done.target, (*done.results, *gone), done.left)


def _surplus(way: Way) -> tuple[Storage, list[Entry]]:
    """Return the end that is made like the other, and what only that has, in the order in which it is removed."""
    here: Storage = Local(way.local.resolve())
    left, right = (way.storage, way.path), (here, "/")
    (start, top), (end, base) = (left, right) if way.is_down else (right, left)
    wanted = {paths.relative(entry.path, top) for entry in walk(start, top)}
    surplus = [entry for entry in _all_below(end, base) if paths.relative(entry.path, base) not in wanted]
    return end, sorted(surplus, key=lambda entry: entry.path, reverse=True)


def _all_below(storage: Storage, top: str) -> list[Entry]:
    return list(walk(storage, top, enter=lambda entry: not is_link(storage, entry.path)))
