"""Copies of remote files kept on this machine, by their remote paths: what is there and still the same is not fetched again."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import BadPath, NotFound
from ctadata_jlab.storage.local import PART_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.session import Session

__all__ = ["Cache", "Cached"]

_MARK = ".ctadata-cache"
"""Lies in a folder that is a cache, and is locked while it is changed: `clear` touches no other folder."""


@dataclass(frozen=True, slots=True)
class Cached:
    """One copy: which file of which source, where it is, its size in bytes, when it was last asked for (epoch seconds)."""

    source: str
    path: str
    file: Path
    size: int
    used: float


class Cache:
    """The folder *folder*, by default ``$SCRATCH/ctadata-cache`` (or in the user's cache folder), with at most *limit* bytes.

    What was not asked for longest goes first; the file that was just asked for stays, however large it is.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, limit: int | None = None) -> None:
        self.folder = _default() if folder is None else Path(folder).expanduser()
        self.limit = limit

    def __repr__(self) -> str:
        return f"Cache({str(self.folder)!r}, limit={self.limit})"

    def fetch(self, session: Session, source: str, path: str) -> Path:
        """Return the copy of the file *path*, which is as the storage has it now; fetched, whole and checked, unless it is there."""
        top = paths.remote(path)
        place = paths.inside(self.folder / source, top)
        with self._changing():
            place.parent.mkdir(parents=True, exist_ok=True)
            foreground.get(session, source, top, place, conflict="replace").require()
            os.utime(place, (time.time(), place.stat().st_mtime))
            self._shrink(place)
        return place

    def info(self) -> list[Cached]:
        """Return what there is, the longest not asked for first."""
        return sorted(self._copies(), key=lambda copy: copy.used)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return sum(copy.size for copy in self._copies())

    def clear(self, path: str | None = None) -> int:
        """Remove all copies, or those of *path* and what is below it; returns the bytes. A folder that is no cache is left alone."""
        top = None if path is None else paths.remote(path)
        if not self.folder.exists():
            return 0
        if not (self.folder / _MARK).exists():
            raise BadPath(
                f"{self.folder} is no cache of this program.", hint="Name the folder that was given to fetch."
            )
        with self._changing():
            doomed = [copy for copy in self._copies() if top is None or _is_below(copy.path, top)]
            for copy in doomed:
                self._remove(copy)
        return sum(copy.size for copy in doomed)

    def _changing(self) -> FileLock:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return FileLock(self.folder / _MARK)

    def _shrink(self, kept: Path) -> None:
        if self.limit is None:
            return
        size = self.size
        for copy in self.info():
            if size <= self.limit:
                return
            if copy.file != kept:
                self._remove(copy)
                size -= copy.size

    def _remove(self, copy: Cached) -> None:
        copy.file.unlink(missing_ok=True)
        for folder in copy.file.parents:
            if folder == self.folder or any(folder.iterdir()):
                return
            folder.rmdir()

    def _copies(self) -> Iterator[Cached]:
        for file in self.folder.rglob("*"):
            if file.is_symlink() or not file.is_file() or file.name == _MARK or PART_SUFFIX in file.suffixes:
                continue
            source, *names = file.relative_to(self.folder).parts
            status = file.stat()
            yield Cached(source, "/" + "/".join(names), file, status.st_size, status.st_atime)


def _default() -> Path:
    scratch = os.environ.get("SCRATCH")
    if scratch:
        if not Path(scratch).is_dir():
            raise NotFound(f"SCRATCH names {scratch}, which is no folder.", hint="Correct SCRATCH, or name a folder.")
        return Path(scratch) / "ctadata-cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ctadata_jlab" / "files"


def _is_below(path: str, top: str) -> bool:
    return top in ("/", path) or path.startswith(top + "/")
