"""A look at the target before anything is written: what is there already, and whether there is room."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import NoSpace, NotFound
from ctadata_jlab.storage import TellsRoom
from ctadata_jlab.transfer.compare import End, are_identical, local_file
from ctadata_jlab.transfer.disk import free_space, local_errors
from ctadata_jlab.transfer.job import Question
from ctadata_jlab.transfer.part import part_name, part_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.job import Item

__all__ = ["Already", "conflicts", "require_room"]

_EXAMPLES = 5
_FOLDERS = 8
WORTH_ASKING = 1 << 30
"""Bytes: for less, nobody is asked about quotas."""


def conflicts(
    items: Iterable[Item], source: Storage | None, target: Storage, check: Callable[[], object]
) -> Question | None:
    """Return the question that *items* raise: how many of their targets exist and are not the same file already; None for none.

    Without *source* (its bytes are not here yet), every target that exists counts.
    """
    known = _Known(target)
    count = 0
    examples: list[str] = []
    for item in items:
        check()
        there = known.at(item.target) if item.target else None
        if there is None or (source is not None and _is_same(item, there, source, target, check)):
            continue
        count += 1
        if len(examples) < _EXAMPLES:
            examples.append(there.path)
    return Question(count, tuple(examples)) if count else None


def _is_same(item: Item, there: Entry, source: Storage, target: Storage, check: Callable[[], object]) -> bool:
    if item.kind == "folder" or there.is_folder or item.size != there.size:
        return False
    try:
        ours, theirs = source.stat(item.path), target.stat(there.path)
    except NotFound:
        return False
    return are_identical(End("", source, item.path), ours, End("", target, there.path), theirs, check)


class Already:
    """Whether the target has the very bytes of a file: found out with one listing of the target a folder."""

    def __init__(self, source: Storage, target: Storage, check: Callable[[], object] = lambda: None) -> None:
        self._source = source
        self._target = target
        self._known = _Known(target)
        self._check = check

    def __call__(self, entry: Entry, path: str) -> bool:
        """Return it for *entry* of the source and *path* at the target."""
        there = self._known.at(path)
        if there is None:
            return False
        return are_identical(End("", self._source, entry.path), entry, End("", self._target, path), there, self._check)


class _Known:
    """What the target holds, a whole folder asked at a time, the last few remembered for the length of one survey."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._folders: OrderedDict[str, dict[str, Entry]] = OrderedDict()

    def at(self, path: str) -> Entry | None:
        folder = paths.parent(path)
        if folder not in self._folders:
            self._folders[folder] = self._listed(folder)
            if len(self._folders) > _FOLDERS:
                self._folders.popitem(last=False)
        self._folders.move_to_end(folder)
        return self._folders[folder].get(path)

    def _listed(self, folder: str) -> dict[str, Entry]:
        try:
            return {entry.path: entry for entry in self._storage.list(folder)}
        except NotFound:
            return {}


def require_room(
    items: Callable[[], Iterable[Item]], target: Storage, folder: str, check: Callable[[], object] = lambda: None
) -> None:
    """Raise `NoSpace` when *items* will not fit on the disk of *folder*, or in what a storage says that it has left for it."""
    place = local_file(target, folder)
    if place is None:
        _require_quota(items, target, folder, check)
        return
    needed, looked, place_above = 0, "", None
    for item in _checked(items(), check):
        above = paths.parent(item.target or "/")
        if above != looked:
            looked, place_above = above, _folder(target, above)
        needed += (item.size or 0) if place_above is None else _missing(item, place_above, target)
    with local_errors(place):
        free = free_space(place)
    if needed > free:
        raise NoSpace(f"{needed} bytes are needed in {paths.display(folder)}; {free} are free.")


def _require_quota(
    items: Callable[[], Iterable[Item]], target: Storage, folder: str, check: Callable[[], object]
) -> None:
    """Ask the storage only where much is to be stored; what is there already, of the same size, needs nothing."""
    if not isinstance(target, TellsRoom):
        return
    needed = sum(item.size or 0 for item in _checked(items(), check))
    room = target.room(folder) if needed >= WORTH_ASKING else None
    if room is None or needed <= room:
        return
    known = _Known(target)
    needed = sum(_new(item, known) for item in _checked(items(), check))
    if needed > room:
        raise NoSpace(f"{needed} bytes are needed in {paths.display(folder)}; the storage leaves {room} for you.")


def _new(item: Item, known: _Known) -> int:
    there = known.at(item.target) if item.target else None
    return 0 if there is not None and there.size == item.size else item.size or 0


def _checked(items: Iterable[Item], check: Callable[[], object]) -> Iterator[Item]:
    for item in items:
        check()
        yield item


def _folder(target: Storage, path: str) -> str | None:
    """Return the folder *path* of this machine, None where there is none yet."""
    place = local_file(target, path)
    return str(place) if place is not None and place.is_dir() else None


def _missing(item: Item, folder: str, target: Storage) -> int:
    """Return how many bytes of *item* are not in *folder* yet; most often there is nothing, which is seen soonest."""
    name = paths.name(item.target or "/")
    if not item.size:
        return 0
    if not any(os.path.lexists(f"{folder}/{one}") for one in (name, part_name(name))):
        return item.size
    file = local_file(target, item.target or "/")
    if file is None:
        return 0
    with local_errors(file):
        if file.is_file() and file.stat().st_size == item.size:
            return 0
        part = part_names(file)[0]
        return max(0, item.size - (part.stat().st_size if part.is_file() else 0))
