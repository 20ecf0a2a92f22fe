"""The workspace: a folder of this machine, which nothing leaves."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import (
    AlreadyExists,
    BadPath,
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    NoSpace,
    NotFound,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.storage import Entry, Receipt, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from ctadata_jlab.storage import Body, Reader

__all__ = ["PART_SUFFIX", "Local", "rename_new", "sync_folder"]

PART_SUFFIX = ".ctapart"
"""What unfinished files end with; they are this package's own and never listed."""
_CHUNK = 1 << 20


class Local:
    """The folder *root* of this machine. Symbolic links are followed as long as they stay inside it."""

    traits = Traits(writable=True, resumes=True, replaces_atomically=True, extras=frozenset({"local"}))

    def __init__(self, root: Path) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"Local({str(self.root)!r})"

    def local(self, path: str) -> Path:
        """Return the file on this machine that *path* means."""
        return paths.inside(self.root, path)

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield the files and folders in *folder*; a link that leads outside is shown as a file, which `open` then refuses."""
        place = self.local(folder)
        with _mapped(folder):
            if not place.is_dir():
                raise NotFound(f"There is no folder {paths.display(folder)} in {self.root}.")
            with os.scandir(place) as entries:
                for entry in entries:
                    if not _is_ours(entry.name):
                        yield self._listed(paths.remote(folder), entry)

    def _listed(self, folder: str, entry: os.DirEntry[str]) -> Entry:
        path = f"{folder.rstrip('/')}/{entry.name}"
        if entry.is_symlink() and not self._stays_inside(path):
            return _entry(path, entry.stat(follow_symlinks=False), is_folder=False)
        return _entry(path, entry.stat(), is_folder=entry.is_dir())

    def _stays_inside(self, path: str) -> bool:
        try:
            return self.local(path).exists()
        except BadPath:
            return False

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*."""
        place = self.local(path)
        with _mapped(path):
            return _entry(paths.remote(path), place.stat(), is_folder=place.is_dir())

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version *expect*."""
        place = self.local(path)
        with _mapped(path):
            if not place.is_file():
                kind = "a folder" if place.is_dir() else "not a regular file"
                raise (NotFound if not place.exists() else Unsupported)(f"{paths.display(path)} is {kind}.")
            return _LocalReader(place, paths.remote(path), expect)

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Write *body* beside its place, then rename it there."""
        place = self.local(path)
        part = place.with_name(paths.shortened(f"{place.name}.{ticket}", ".", PART_SUFFIX))
        with _mapped(path):
            place.parent.mkdir(parents=True, exist_ok=True)
            self._may_replace(path, place, replace)
            part.unlink(missing_ok=True)  # what a killed process left under the same ticket
            try:
                _write(part, body)
                body.read(0)  # the last moment at which it may be stopped
                if replace is False:
                    rename_new(part, place)
                else:
                    part.replace(place)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(place.parent)
            entry = _entry(paths.remote(path), place.stat(), is_folder=False)
        return Receipt(entry, verified_by=None, commit="rename" if replace is False else "replace")

    def _may_replace(self, path: str, place: Path, replace: Entry | bool) -> None:
        if place.is_dir():
            raise AlreadyExists(f"{paths.display(path)} is a folder.")
        if replace is False and place.exists():
            raise AlreadyExists(f"{paths.display(path)} exists already.")
        if isinstance(replace, Entry) and (not place.exists() or self.stat(path).version != replace.version):
            raise Changed(f"{paths.display(path)} is no longer the version that was seen.")

    def make_folder(self, path: str) -> None:
        """Make *path* and the folders above it."""
        with _mapped(path):
            self.local(path).mkdir(parents=True, exist_ok=True)

    def move(self, source: str, target: str) -> None:
        """Rename *source* to *target*, never onto something."""
        start, end = self.local(source), self.local(target)
        with _mapped(source):
            if end.exists() and not (start.exists() and end.samefile(start)):
                raise AlreadyExists(f"{paths.display(target)} exists already.")
            if start.is_dir():
                start.rename(end)
            else:
                rename_new(start, end)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; a symbolic link itself, never what it points at."""
        place = self.local(path)
        if paths.remote(path) == "/":
            raise BadPath("The root folder cannot be removed.")
        with _mapped(path):
            if place.is_dir() and not place.is_symlink():
                place.rmdir()
            else:
                place.unlink()

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Nothing here is ever on tape."""
        return ()


class _LocalReader:
    """A file held open, so that what is read is one version whatever happens to its name."""

    def __init__(self, place: Path, path: str, expect: Entry | None) -> None:
        self._fd = os.open(place, os.O_RDONLY)
        self.entry = _entry(path, os.fstat(self._fd), is_folder=False)
        if expect is not None and expect.version is not None and expect.version != self.entry.version:
            os.close(self._fd)
            raise Changed(f"{paths.display(path)} is no longer the version that was seen.")

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        stop = self.entry.size or 0 if end is None else end
        position = start
        with _mapped(self.entry.path):
            while position < stop:
                data = os.pread(self._fd, min(_CHUNK, stop - position), position)
                if not data:
                    raise Changed(f"{paths.display(self.entry.path)} became shorter while it was read.")
                sink(data)
                position += len(data)
            if _entry(self.entry.path, os.fstat(self._fd), is_folder=False).version != self.entry.version:
                raise Changed(f"{paths.display(self.entry.path)} was written to while it was read.")

    def __enter__(self) -> _LocalReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


def rename_new(source: Path, target: Path) -> None:
    """Give the file *source* the name *target*, or raise FileExistsError; never replaces, also not in a race.

    Where the file system has no hard links, an exclusive empty file reserves the name first.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EACCES, errno.ENOSYS, errno.EXDEV}:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        source.replace(target)
    else:
        source.unlink()


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(part: Path, body: Body) -> None:
    body.rewind()
    written = 0
    with part.open("xb") as file:
        while data := body.read(_CHUNK):
            written += file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if written != body.size:
        raise Corrupted(f"{body.size} bytes were announced, {written} came.")


def _entry(path: str, status: os.stat_result, *, is_folder: bool) -> Entry:
    return Entry(
        path=path,
        kind="folder" if is_folder else "file",
        size=None if is_folder else status.st_size,
        modified=datetime.fromtimestamp(status.st_mtime, timezone.utc),
        version=None if is_folder else f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}",
        online=True,
    )


def _is_ours(name: str) -> bool:
    return name.startswith(".") and name.endswith((PART_SUFFIX, PART_SUFFIX + ".json"))


@contextmanager
def _mapped(path: str) -> Iterator[None]:
    try:
        yield
    except CtaDataError:
        raise
    except OSError as error:
        raise _translated(error, paths.display(path)) from error


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _translated(error: OSError, path: str) -> CtaDataError:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotFound(f"There is no {path}.")
    if isinstance(error, FileExistsError):
        return AlreadyExists(f"{path} exists already.")
    if isinstance(error, PermissionError):
        return Forbidden(f"This machine does not allow it: {path}.", hint="Check the permissions of the folder.")
    if error.errno in _FULL:
        return NoSpace(f"The disk or your quota is full: {path}.")
    if error.errno == errno.ENOTEMPTY:
        return Unsupported(f"The folder is not empty: {path}.", hint="Delete it together with what it holds.")
    if error.errno == errno.ENAMETOOLONG:
        return BadPath(f"The name is too long for this file system: {path}.")
    return Unreachable(f"The file system failed at {path}: {error.strerror or error}.")
