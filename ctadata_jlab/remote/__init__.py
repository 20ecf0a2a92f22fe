"""The Python API: a source by its name, and what one does with it.

::

    import ctadata_jlab

    dcache = ctadata_jlab.source("dcache")
    dcache.get("/lst/DL1/run.h5")

Everything here waits until it is done; `ctadata_jlab.aio` is the same for asyncio.
"""

from __future__ import annotations

import io
from operator import attrgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, overload

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import NotFound, Unsupported
from ctadata_jlab.foreground import Selection
from ctadata_jlab.remote.bar import shown
from ctadata_jlab.remote.glob import glob
from ctadata_jlab.remote.mirror import Way, mirror
from ctadata_jlab.remote.reading import Reading, read_range
from ctadata_jlab.remote.summing import checksum_of
from ctadata_jlab.remote.writing import Draft, Writing, as_text
from ctadata_jlab.transfer.job import Place
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from os import PathLike

    from ctadata_jlab.foreground import Standing, Summary
    from ctadata_jlab.session import Session
    from ctadata_jlab.storage import Checksum, Entry, Receipt, Traits
    from ctadata_jlab.transfer.job import Conflict

    Report = bool | Callable[[Standing], object]

__all__ = ["Remote", "source", "sources"]

BUFFER = 64 * 1024


def source(name: str | None = None, *, dev: bool = False) -> Remote:
    """Return the source that the settings call *name*, by default the first; with *dev* its dev instance.

    Raises `NotFound` naming the sources that there are. Nothing is asked yet: the login is looked for when it is needed.
    """
    session = foreground.shared_session()
    return Remote(session, foreground.chosen(session, name, dev=dev).name)


def sources() -> list[str]:
    """Return the names of all sources; ``local`` is the folder that Python works in."""
    return list(foreground.shared_session().sources)


class Remote:
    """One source: files and folders by paths such as ``/lst/DL1/run.h5``, with or without the first slash.

    Thread-safe. Every method raises only errors of `ctadata_jlab.errors`, each with a hint. What transfers take in common:

    - *conflict*: what to do with another file of the target's name: ``ask`` (raise `AlreadyExists`), ``skip``, ``replace``,
      ``rename`` (the new one gets a free name), ``newer`` (replace only what is older). Identical files are no conflict.
    - *progress*: ``True`` shows a bar; a function is called with a `Standing` a few times a second.
    - *include*, *exclude*: patterns as in gitignore, of what is taken of a folder: ``include=["*.h5"]``.
    - *stop*: an event that another thread may set to stop; what has come is kept, and doing the same again goes on with it.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._source = session.source(name)
        self._storage = self._source.storage

    def __repr__(self) -> str:
        return f"ctadata_jlab.source({self.name!r})"

    def __reduce__(self) -> tuple[Callable[[str], Remote], tuple[str]]:
        return source, (self.name,)  # elsewhere it has the settings and the login of that place

    @property
    def name(self) -> str:
        """What the settings call it."""
        return self._source.name

    @property
    def traits(self) -> Traits:
        """What it can do."""
        return self._storage.traits

    # -- looking

    def list(self, folder: str = "/") -> list[Entry]:
        """Return what *folder* holds, by name. Asked anew each time; `NotFound` if it is missing or a file."""
        return sorted(self._storage.list(paths.remote(folder)), key=attrgetter("path"))

    def walk(self, top: str = "/") -> Iterator[Entry]:
        """Yield everything below *top*, each folder before what it holds; a folder that cannot be listed ends it with that error."""
        return walk(self._storage, paths.remote(top))

    def glob(self, pattern: str) -> Iterator[Entry]:
        """Yield what *pattern* means: ``*``, ``?`` and ``[…]`` in names, ``**`` for any number of folders."""
        return glob(self._storage, pattern)

    def stat(self, path: str) -> Entry:
        """Return what is known of *path* now: kind, size in bytes, time, version, whether it is online."""
        return self._storage.stat(paths.remote(path))

    def exists(self, path: str) -> bool:
        """Return whether there is something; raises when that cannot be known."""
        try:
            self.stat(path)
        except NotFound:
            return False
        return True

    def checksum(self, path: str, algorithm: str | None = None, *, stop: threading.Event | None = None) -> Checksum:
        """Return the checksum of the file *path*: the stored one, or (another *algorithm*, none stored) computed by reading it all."""
        return checksum_of(self._storage, paths.remote(path), algorithm, stop)

    # -- bytes

    def read(self, path: str, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes of *path* from *start* to before *end*, as in a slice; the whole file is checked by its stored checksum."""
        return read_range(self._storage, paths.remote(path), start, end)

    def write(self, path: str, data: bytes, *, replace: bool = False) -> Receipt:
        """Store *data* as *path*, whole and checked; folders above it are made. `AlreadyExists` unless *replace*."""
        draft = Draft(self._storage, path, replace=replace)
        try:
            draft.file.write(data)
            return draft.store()
        finally:
            draft.discard()
            self._source.browse.forget(None)

    @overload
    def open(self, path: str, mode: Literal["rb", "wb", "xb"] = "rb") -> IO[bytes]: ...

    @overload
    def open(
        self, path: str, mode: Literal["r", "rt", "w", "wt", "x", "xt"], *, encoding: str = "utf-8"
    ) -> IO[str]: ...

    def open(self, path: str, mode: str = "rb", *, encoding: str = "utf-8") -> IO[Any]:
        """Open *path* as Python's ``open`` does, bytes by default.

        Reading fetches only what is read, by blocks, and ahead when it goes straight on. Writing (``w`` replaces, ``x`` does
        not) stores the file whole when it is closed, or not at all when the ``with`` block ends by an exception.
        """
        way = mode.replace("t", "").replace("b", "")
        if way not in {"r", "w", "x"}:
            raise Unsupported(f"A file here cannot be opened with the mode {mode!r}.", hint="Use r, w or x, and b.")
        if way == "r":
            raw: Any = io.BufferedReader(Reading(self._storage, paths.remote(path)), BUFFER)
        else:
            raw = Writing(self._storage, path, mode=way + "b")
        return raw if "b" in mode else as_text(raw, encoding)

    # -- transfers

    def get(
        self,
        path: str,
        to: str | PathLike[str] | None = None,
        *,
        recursive: bool = True,
        conflict: Conflict = "ask",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
        stop: threading.Event | None = None,
    ) -> Summary:
        """Download the file or folder *path* under its own name into the current folder, or to *to*: a folder, or a file's new name."""
        top = paths.remote(path)
        is_folder = self.stat(top).is_folder
        target = foreground.landing(top, None if to is None else str(to), is_folder=is_folder)
        with shown(progress, paths.name(top)) as report:
            return foreground.get(
                self._session,
                self.name,
                top,
                target,
                recursive=recursive,
                conflict=conflict,
                only=Selection(tuple(include), tuple(exclude)),
                report=report,
                stop=stop,
            ).require()

    def put(
        self,
        local: str | PathLike[str],
        path: str,
        *,
        recursive: bool = True,
        conflict: Conflict = "ask",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
        stop: threading.Event | None = None,
    ) -> Summary:
        """Upload the file or folder *local* as *path*; ``folder/`` is completed by its name, folders above it are made."""
        place = Path(local)
        target = paths.join(path, place.resolve().name) if path.endswith("/") else paths.remote(path)
        with shown(progress, place.name) as report:
            return foreground.put(
                self._session,
                self.name,
                place,
                target,
                recursive=recursive,
                conflict=conflict,
                only=Selection(tuple(include), tuple(exclude)),
                report=report,
                stop=stop,
            ).require()

    def copy(
        self,
        path: str,
        to: str,
        other: Remote | None = None,
        *,
        recursive: bool = True,
        conflict: Conflict = "ask",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
        stop: threading.Event | None = None,
    ) -> Summary:
        """Copy *path* so that it becomes *to* (``folder/`` is completed), here or on the *other* source."""
        top, goal = paths.remote(path), other or self
        target = paths.join(to, paths.name(top)) if to.endswith("/") else paths.remote(to)
        with shown(progress, paths.name(top)) as report:
            return foreground.copy_between(
                self._session,
                Place(self.name, top),
                Place(goal.name, target),
                recursive=recursive,
                conflict=conflict,
                only=Selection(tuple(include), tuple(exclude)),
                report=report,
                stop=stop,
            ).require()

    @overload
    def sync(
        self,
        start: str,
        end: Path,
        *,
        delete: bool = ...,
        include: Sequence[str] = ...,
        exclude: Sequence[str] = ...,
        progress: Report = ...,
        stop: threading.Event | None = ...,
    ) -> Summary: ...

    @overload
    def sync(
        self,
        start: Path,
        end: str,
        *,
        delete: bool = ...,
        include: Sequence[str] = ...,
        exclude: Sequence[str] = ...,
        progress: Report = ...,
        stop: threading.Event | None = ...,
    ) -> Summary: ...

    def sync(
        self,
        start: str | Path,
        end: str | Path,
        *,
        delete: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
        stop: threading.Event | None = None,
    ) -> Summary:
        """Make the folder *end* like the folder *start*; the one that is a `pathlib.Path` is on this machine.

        Files that differ are replaced, whichever is newer. What *start* does not have stays, or with *delete* is removed, but
        only after everything else has succeeded. *delete* and patterns exclude each other: what is left out would be removed.
        """
        way = Way.between(self._session, self.name, start, end)
        only = Selection(tuple(include), tuple(exclude), sync=True)
        with shown(progress, way.title) as report:
            return mirror(self._session, way, only, delete=delete, report=report, stop=stop)

    # -- changes

    def move(self, path: str, to: str) -> None:
        """Rename *path* to *to* (``folder/`` is completed), which must not exist."""
        top = paths.remote(path)
        self._storage.move(top, paths.join(to, paths.name(top)) if to.endswith("/") else paths.remote(to))
        self._source.browse.forget(None)

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """Remove the file or empty folder *path*; with *recursive* all that is in it, file by file."""
        top = paths.remote(path)
        if recursive:
            foreground.remove(self._session, self.name, foreground.doomed(self._session, self.name, top)).require()
        else:
            self._storage.remove(top)
            self._source.browse.forget(None)

    def mkdir(self, path: str) -> None:
        """Make the folder *path* and those above it; no error if it exists."""
        self._storage.make_folder(paths.remote(path))
        self._source.browse.forget(None)

    def stage(self, files: Iterable[str]) -> tuple[str, ...]:
        """Ask for *files* to be brought from tape; returns those that are on their way. Never waits for them."""
        wanted = [paths.remote(file) for file in files]
        return tuple(self._storage.stage(wanted)) if wanted else ()
