"""From what the user named to single files: what a job has to do, found out by asking the storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadAnswer, BadPath, CtaDataError, Unsupported
from ctadata_jlab.storage import Entry, HasLocalPaths, Storage
from ctadata_jlab.transfer.job import Item
from ctadata_jlab.transfer.walk import about, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["is_link", "plan_copy", "plan_delete", "plan_measure", "plan_move"]


def plan_copy(
    source: Storage,
    tops: Sequence[str],
    to: str,
    *,
    folds: bool = False,
    moving: bool = False,
    same: bool = False,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Item]:
    """Yield an item for every file and folder at or below *tops*, each landing in the folder *to*; folders before what they hold.

    With *folds* the target ignores case and Unicode form. Two items that would have one name at the target fail the plan, by name.
    With *moving*, links to folders are refused: what they lead to is not this tree's to remove. With *same*, *to* is in the
    source itself, and a folder cannot be put into itself.
    """
    names = _Names(folds)
    chosen = _outermost(tops) if moving else list(dict.fromkeys(paths.remote(top) for top in tops))
    for top in chosen if same else ():
        _not_into_itself(top, paths.join(to, paths.name(top)))
    for n, (entry, target) in enumerate(_landings(source, chosen, to, moving=moving, check=check)):
        names.add(target)
        yield Item(n, entry.path, target, entry.kind, entry.size, entry.version)


def plan_move(source: Storage, tops: Sequence[str], to: str) -> Iterator[Item]:
    """Yield one item for each of *tops*: within one storage, a folder moves whole."""
    names = _Names(folds=False)
    for n, top in enumerate(_outermost(tops)):
        target = paths.join(to, paths.name(top))
        _not_into_itself(top, target)
        names.add(target)
        entry = source.stat(top)
        yield Item(n, entry.path, target, entry.kind, entry.size, entry.version)


def plan_delete(source: Storage, tops: Sequence[str], *, check: Callable[[], object] = lambda: None) -> Iterator[Item]:
    """Yield an item for everything at or below *tops*, folders before what they hold: to be removed from the last to the first.

    A link to a folder is removed as a link; what it leads to stays.
    """
    for n, entry in enumerate(_everything(source, _outermost(tops), check)):
        kind = "file" if is_link(source, entry.path) else entry.kind
        yield Item(n, entry.path, None, kind, entry.size, entry.version)


def plan_measure(
    source: Storage, tops: Sequence[str], *, check: Callable[[], object] = lambda: None
) -> Iterator[Entry]:
    """Yield every file and folder at or below *tops*."""
    return _everything(source, _outermost(tops), check)


def is_link(storage: Storage, path: str) -> bool:
    """Whether *path* is a symbolic link of this machine."""
    return isinstance(storage, HasLocalPaths) and storage.local(path).is_symlink()


def _landings(
    source: Storage, tops: Sequence[str], to: str, *, moving: bool, check: Callable[[], object]
) -> Iterator[tuple[Entry, str]]:
    for top in tops:
        above = paths.parent(top)
        if top == "/":
            raise BadPath("The root has no name to land under; choose what is in it.")

        def enter(entry: Entry) -> bool:
            return _may_enter(source, entry, moving=moving)

        for entry in _below(source, top, enter, check):
            yield entry, paths.join(to, paths.relative(entry.path, above))


def _everything(source: Storage, tops: Iterable[str], check: Callable[[], object]) -> Iterator[Entry]:
    for top in tops:
        yield from _below(source, top, lambda entry: not is_link(source, entry.path), check)


def _below(source: Storage, top: str, enter: Callable[[Entry], bool], check: Callable[[], object]) -> Iterator[Entry]:
    check()
    entry = source.stat(top)
    yield entry
    if entry.is_folder and enter(entry):
        for found in walk(source, top, enter=enter, check=check):
            _is_sound(found, top)
            yield found


def _is_sound(entry: Entry, top: str) -> None:
    """Refuse an answer that names something outside of what was asked for."""
    try:
        sound = bool(paths.relative(entry.path, top)) and paths.remote(entry.path) == entry.path
    except CtaDataError as error:
        raise about(error, f"The listing of {paths.display(top)} is not usable: {error.message}") from error
    if not sound:
        raise BadAnswer(f"The listing of {paths.display(top)} holds {paths.display(entry.path)}.")


def _may_enter(source: Storage, entry: Entry, *, moving: bool) -> bool:
    if not isinstance(source, HasLocalPaths) or not (file := source.local(entry.path)).is_symlink():
        return True
    if moving:
        raise Unsupported(f"{paths.display(entry.path)} is a link to a folder and cannot be moved to another storage.")
    if file.resolve() in file.parents:
        raise BadPath(f"{paths.display(entry.path)} is a link to a folder that holds it.")
    return True


def _not_into_itself(top: str, target: str) -> None:
    if (target + "/").startswith(top.rstrip("/") + "/"):
        raise BadPath(f"{paths.display(top)} cannot be put into itself.")


def _outermost(tops: Sequence[str]) -> list[str]:
    """Return *tops* without those that lie inside another."""
    kept: list[str] = []
    for top in sorted({paths.remote(top) for top in tops}):
        if not any((top + "/").startswith(outer.rstrip("/") + "/") for outer in kept):
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
