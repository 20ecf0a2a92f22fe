"""From what the user named to single files: what a job has to do, found out by asking the storage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadAnswer, BadPath, CtaDataError
from ctadata_jlab.transfer.compare import ALREADY
from ctadata_jlab.transfer.job import Item, ItemState
from ctadata_jlab.transfer.links import Links, is_link
from ctadata_jlab.transfer.patterns import EVERYTHING
from ctadata_jlab.transfer.tape import ON_DISK, to_be_brought
from ctadata_jlab.transfer.walk import about, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.patterns import Patterns

__all__ = ["plan_copy", "plan_delete", "plan_measure", "plan_move", "plan_stage"]


def plan_copy(
    source: Storage,
    tops: Sequence[str],
    to: str,
    *,
    base: str | None = None,
    folds: bool = False,
    moving: bool = False,
    same: bool = False,
    patterns: Patterns = EVERYTHING,
    has: Callable[[Entry, str], bool] = lambda *_: False,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Item]:
    """Yield an item for every file and folder at or below *tops*, each landing in the folder *to*; folders before what they hold.

    With *base*, each lands at *to* as it is seen from there. With *folds* the target ignores case and Unicode form. Two items
    that would have one name at the target fail the plan, by name. With *moving*, links to folders are refused: what they lead to
    is not this tree's to remove. With *same*, *to* is in the source itself, and a folder cannot be put into itself. Items of
    which the target *has* the very bytes are `SKIPPED`.
    """
    names = _Names(folds)
    chosen = list(dict.fromkeys(paths.remote(top) for top in tops))
    chosen = _outermost(chosen) if moving or base is not None else chosen
    for top in chosen if same else ():
        _not_into_itself(top, _landing(top, top, base, to))
    n = 0
    for top in chosen:
        if top == "/" and base is None:
            raise BadPath("The root has no name to land under; choose what is in it.")
        links = Links(source, top, moving=moving)
        for entry in _below(source, top, links.may_take, patterns, check):
            target = _landing(entry.path, top, base, to)
            names.add(target)
            item = _item(n, entry, target)
            n += 1
            is_there = not entry.is_folder and has(entry, target)
            yield replace(item, state=ItemState.SKIPPED, note=ALREADY) if is_there else item
        links.refuse()


def _landing(path: str, top: str, base: str | None, to: str) -> str:
    return paths.join(to, paths.relative(path, paths.parent(top) if base is None else base))


def _item(n: int, entry: Entry, target: str) -> Item:
    """Return *entry* as an item, with all that its listing told: it need not be asked again for a copy that can be proven."""
    modified = None if entry.modified is None else entry.modified.timestamp()
    checksum = None if entry.checksum is None else str(entry.checksum)
    place = (n, entry.path, target, entry.kind, entry.size, entry.version)
    return Item(*place, modified=modified, checksum=checksum, online=entry.online)


def plan_move(source: Storage, tops: Sequence[str], to: str) -> Iterator[Item]:
    """Yield one item for each of *tops*: within one storage, a folder moves whole."""
    names = _Names(folds=False)
    for n, top in enumerate(_outermost(tops)):
        target = paths.join(to, paths.name(top))
        _not_into_itself(top, target)
        names.add(target)
        entry = source.stat(top)
        yield Item(n, entry.path, target, entry.kind, entry.size, entry.version)


def plan_delete(
    source: Storage,
    tops: Sequence[str],
    *,
    patterns: Patterns = EVERYTHING,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Item]:
    """Yield an item for everything at or below *tops*, folders before what they hold: to be removed from the last to the first.

    A link to a folder is removed as a link; what it leads to stays. Where *patterns* leave something out, all folders stay.
    """
    n = 0
    for entry in _everything(source, _outermost(tops), patterns, check):
        kind = "file" if entry.is_folder and is_link(source, entry.path) else entry.kind
        if kind == "file" or patterns.is_everything:
            yield Item(n, entry.path, None, kind, entry.size, entry.version)
            n += 1


def plan_measure(
    source: Storage,
    tops: Sequence[str],
    *,
    patterns: Patterns = EVERYTHING,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Entry]:
    """Yield every file and folder at or below *tops*."""
    return _everything(source, _outermost(tops), patterns, check)


def plan_stage(
    source: Storage,
    tops: Sequence[str],
    *,
    patterns: Patterns = EVERYTHING,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Item]:
    """Yield every file at or below *tops*, ready to be asked for: many at once, before any is looked at by itself.

    What the listing says to be on disk is `SKIPPED`.
    """
    files = (entry for entry in _everything(source, _outermost(tops), patterns, check) if not entry.is_folder)
    for n, entry in enumerate(files):
        item = Item(n, entry.path, None, "file", entry.size, entry.version, online=entry.online)
        is_there = entry.online is True
        yield replace(item, state=ItemState.SKIPPED, note=ON_DISK) if is_there else to_be_brought(item)


def _everything(
    source: Storage, tops: Iterable[str], patterns: Patterns, check: Callable[[], object]
) -> Iterator[Entry]:
    for top in tops:
        yield from _below(source, top, lambda entry: not is_link(source, entry.path), patterns, check, links=True)


def _below(
    source: Storage,
    top: str,
    may_take: Callable[[Entry], bool],
    patterns: Patterns,
    check: Callable[[], object],
    *,
    links: bool = False,
) -> Iterator[Entry]:
    """Yield *top* and what is below it as far as *patterns* mean it.

    What one may not take is not entered, and yielded only with *links*.
    """
    check()
    entry = source.stat(top)
    if patterns.takes(entry, top):
        yield entry
    if not entry.is_folder or not may_take(entry):
        return

    def enter(found: Entry) -> bool:
        return patterns.enters(found, top) and may_take(found)

    for found in walk(source, top, enter=enter, check=check):
        _is_sound(found, top)
        if patterns.takes(found, top) and (links or found.is_folder or may_take(found)):
            yield found


def _is_sound(entry: Entry, top: str) -> None:
    """Refuse an answer that names something outside of what was asked for."""
    try:
        sound = bool(paths.relative(entry.path, top)) and paths.remote(entry.path) == entry.path
    except CtaDataError as error:
        raise about(error, f"The listing of {paths.display(top)} is not usable: {error.message}") from error
    if not sound:
        raise BadAnswer(f"The listing of {paths.display(top)} holds {paths.display(entry.path)}.")


def _not_into_itself(top: str, target: str) -> None:
    if (target + "/").startswith(top.rstrip("/") + "/"):
        raise BadPath(f"{paths.display(top)} cannot be put into itself.")


def _outermost(tops: Sequence[str]) -> list[str]:
    """Return *tops* without those that lie inside another."""
    kept: list[str] = []
    for top in sorted({paths.remote(top) for top in tops}, key=lambda top: top.rstrip("/") + "/"):
        if not kept or not (top + "/").startswith(kept[-1].rstrip("/") + "/"):
            kept.append(top)
    return kept


class _Names:
    """The names given so far; remembers hashes, so that a large plan stays small."""

    def __init__(self, folds: bool) -> None:
        self._folds = folds
        self._seen: set[int] = set()

    def add(self, target: str) -> None:
        """Note *target*, or raise `AlreadyExists` when it cannot be told from an earlier one."""
        key = hash(paths.fold(target) if self._folds else target)
        if key in self._seen:
            why = ", because the target does not tell upper from lower case" if self._folds else ""
            raise AlreadyExists(f"Two files would be called {paths.display(target)}{why}.", hint="Rename one of them.")
        self._seen.add(key)
