"""Whether the target has the file already, and what to do when it has another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, NotFound
from ctadata_jlab.storage import Checksum, Entry, HasLocalPaths, Storage
from ctadata_jlab.transfer.checksum import KNOWN, Digests
from ctadata_jlab.transfer.disk import local_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.transfer.job import Conflict

__all__ = [
    "ALREADY",
    "Decision",
    "End",
    "are_identical",
    "are_one_version",
    "decide",
    "local_file",
    "stat_or_none",
    "strong",
    "with_checksum",
]

ALREADY = "already there"
"""What is said of a file whose target has the very bytes."""
_CHUNK = 1024 * 1024
_SAME_TIME = 2.0
"""Seconds: the coarsest clock of a file system in use."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a copy: the source's name, its storage, and a path in it."""

    name: str
    storage: Storage
    path: str

    @property
    def file(self) -> Path | None:
        """The file on this machine, None where the storage has none."""
        return local_file(self.storage, self.path)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a file whose target exists: not copied (and why), or copied to `path`, replacing that version or nothing."""

    path: str
    replace: Entry | None = None
    skip: str | None = None


def local_file(storage: Storage, path: str) -> Path | None:
    """Return the file on this machine that *path* means, None where the storage has none."""
    return storage.local(path) if isinstance(storage, HasLocalPaths) else None


def stat_or_none(storage: Storage, path: str) -> Entry | None:
    """Return what is at *path*, None when there is nothing."""
    try:
        return storage.stat(path)
    except NotFound:
        return None


def are_identical(
    source: End, entry: Entry, target: End, there: Entry, check: Callable[[], object] = lambda: None
) -> bool:
    """Whether both ends hold the same bytes: size and checksum where both can be had without moving them, else size and time."""
    if there.is_folder or entry.size is None or entry.size != there.size:
        return False
    entry, there = with_checksum(source, entry), with_checksum(target, there)
    for algorithm in _algorithms(entry, there):
        ours, theirs = _checksum(source, entry, algorithm, check), _checksum(target, there, algorithm, check)
        if ours is not None and theirs is not None:
            return ours.matches(theirs)
    if entry.modified is None or there.modified is None:
        return False
    return abs((entry.modified - there.modified).total_seconds()) <= _SAME_TIME


def with_checksum(end: End, entry: Entry) -> Entry:
    """Return *entry* with its storage's checksum. Asked only where it decides: it may cost the server a look at all bytes."""
    if entry.checksum is not None or end.file is not None or not end.storage.traits.checksums:
        return entry
    with end.storage.open(entry.path, expect=entry) as reader:
        return reader.entry


def strong(version: str | None) -> str | None:
    """Return *version* without the mark of a weak entity tag, which some servers take off when a file has rested a while."""
    return None if version is None else version.removeprefix("W/")


def are_one_version(one: Entry, other: Entry) -> bool:
    """Whether both speak of the same version of one file: by version, else by time; never with two sizes."""
    if one.is_folder != other.is_folder or (None not in {one.size, other.size} and one.size != other.size):
        return False
    if one.version is not None and other.version is not None:
        return strong(one.version) == strong(other.version)
    return one.modified is None or other.modified is None or one.modified == other.modified


def decide(conflict: Conflict, entry: Entry, target: End, there: Entry) -> Decision:
    """Return what the user's choice means for *entry*, whose target holds *there*, another file."""
    if conflict == "skip":
        return Decision(target.path, skip="exists already")
    if conflict == "rename":
        return Decision(_free_path(target))
    if there.is_folder:
        raise AlreadyExists(f"{paths.display(target.path)} is a folder.", hint="Rename one of the two.")
    if conflict == "replace":
        return Decision(target.path, replace=there)
    if conflict == "newer":
        newer = _is_newer(entry, there)
        return Decision(target.path, replace=there) if newer else Decision(target.path, skip="not newer")
    raise AlreadyExists(f"There is already {paths.display(target.path)}.")


def _algorithms(*entries: Entry) -> list[str]:
    return [entry.checksum.algorithm for entry in entries if entry.checksum and entry.checksum.algorithm in KNOWN]


def _checksum(end: End, entry: Entry, algorithm: str, check: Callable[[], object]) -> Checksum | None:
    if entry.checksum is not None and entry.checksum.algorithm == algorithm:
        return entry.checksum
    file = end.file
    return None if file is None else _of_file(file, algorithm, check)


def _of_file(file: Path, algorithm: str, check: Callable[[], object]) -> Checksum | None:
    digests = Digests([algorithm])
    with local_errors(file), file.open("rb", buffering=0) as stream:
        while data := stream.read(_CHUNK):
            check()
            digests.update(data)
    return digests.checksum(algorithm)


def _is_newer(entry: Entry, there: Entry) -> bool:
    if entry.modified is None or there.modified is None:
        raise AlreadyExists(
            f"It is not known which {paths.display(entry.name)} is newer.", hint="Choose to replace, rename or skip it."
        )
    return entry.modified - there.modified > dt.timedelta(seconds=_SAME_TIME)


def _free_path(target: End) -> str:
    folder, name = paths.parent(target.path), paths.name(target.path)
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    for number in range(1, 10_000):
        path = paths.join(folder, paths.shortened(stem, suffix=f" ({number}){dot}{suffix}"))
        if stat_or_none(target.storage, path) is None:
            return path
    raise AlreadyExists(f"No name is free for {paths.display(target.path)}.")
