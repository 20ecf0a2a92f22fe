"""The Python API for asyncio: the same methods as `ctadata_jlab.Remote`, awaited.

::

    from ctadata_jlab import aio

    dcache = aio.source("dcache")
    await dcache.get("/lst/DL1/run.h5")

The work is done in threads; the event loop is never held up. Cancelling a task stops its transfer: what has come is kept, and
the same call goes on with it.
"""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, TypeVar

from ctadata_jlab import remote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
    from os import PathLike
    from pathlib import Path

    from ctadata_jlab.foreground import Standing, Summary
    from ctadata_jlab.storage import Checksum, Entry, Receipt, Traits
    from ctadata_jlab.transfer.job import Conflict

    Report = bool | Callable[[Standing], object]

__all__ = ["AsyncRemote", "source"]

T = TypeVar("T")
_BATCH = 1000


def source(name: str | None = None, *, dev: bool = False) -> AsyncRemote:
    """Return the source that the settings call *name*, by default the first; with *dev* its dev instance."""
    return AsyncRemote(remote.source(name, dev=dev))


class AsyncRemote:
    """One source. Each method means what it means in `Remote`, which is there as `blocking`.

    A transfer's *progress* is called on the event loop.
    """

    def __init__(self, blocking: remote.Remote) -> None:
        self.blocking = blocking

    def __repr__(self) -> str:
        return f"ctadata_jlab.aio.source({self.name!r})"

    @property
    def name(self) -> str:
        """What the settings call it."""
        return self.blocking.name

    @property
    def traits(self) -> Traits:
        """What it can do."""
        return self.blocking.traits

    async def list(self, folder: str = "/") -> list[Entry]:
        """Return what *folder* holds, by name."""
        return await asyncio.to_thread(self.blocking.list, folder)

    def walk(self, top: str = "/") -> AsyncIterator[Entry]:
        """Yield everything below *top*."""
        return _each(partial(self.blocking.walk, top))

    def glob(self, pattern: str) -> AsyncIterator[Entry]:
        """Yield what *pattern* means."""
        return _each(partial(self.blocking.glob, pattern))

    async def stat(self, path: str) -> Entry:
        """Return what is known of *path* now."""
        return await asyncio.to_thread(self.blocking.stat, path)

    async def exists(self, path: str) -> bool:
        """Return whether there is something."""
        return await asyncio.to_thread(self.blocking.exists, path)

    async def checksum(self, path: str, algorithm: str | None = None) -> Checksum:
        """Return the checksum of the file *path*."""
        return await _stoppable(self.blocking.checksum, path, algorithm)

    async def read(self, path: str, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes of *path* from *start* to before *end*."""
        return await asyncio.to_thread(self.blocking.read, path, start, end)

    async def write(self, path: str, data: bytes, *, replace: bool = False) -> Receipt:
        """Store *data* as *path*, whole and checked."""
        return await asyncio.to_thread(self.blocking.write, path, data, replace=replace)

    async def open(self, path: str) -> IO[bytes]:
        """Open *path* for reading; its methods wait, so call them by ``asyncio.to_thread``."""
        return await asyncio.to_thread(self.blocking.open, path)

    async def get(
        self,
        path: str,
        to: str | PathLike[str] | None = None,
        *,
        recursive: bool = True,
        conflict: Conflict = "ask",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
    ) -> Summary:
        """Download the file or folder *path*."""
        return await _transfer(
            self.blocking.get,
            progress,
            path,
            to,
            recursive=recursive,
            conflict=conflict,
            include=include,
            exclude=exclude,
        )

    async def put(
        self,
        local: str | PathLike[str],
        path: str,
        *,
        recursive: bool = True,
        conflict: Conflict = "ask",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
    ) -> Summary:
        """Upload the file or folder *local* as *path*."""
        return await _transfer(
            self.blocking.put,
            progress,
            local,
            path,
            recursive=recursive,
            conflict=conflict,
            include=include,
            exclude=exclude,
        )

    async def copy(
        self,
        path: str,
        to: str,
        other: AsyncRemote | None = None,
        *,
        recursive: bool = True,
        conflict: Conflict = "ask",
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
    ) -> Summary:
        """Copy *path* so that it becomes *to*, here or on the *other* source."""
        goal = None if other is None else other.blocking
        return await _transfer(
            self.blocking.copy,
            progress,
            path,
            to,
            goal,
            recursive=recursive,
            conflict=conflict,
            include=include,
            exclude=exclude,
        )

    async def sync(
        self,
        start: str | Path,
        end: str | Path,
        *,
        delete: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: Report = False,
    ) -> Summary:
        """Make the folder *end* like the folder *start*; the one that is a `pathlib.Path` is on this machine."""
        work: Callable[..., Summary] = self.blocking.sync
        return await _transfer(work, progress, start, end, delete=delete, include=include, exclude=exclude)

    async def move(self, path: str, to: str) -> None:
        """Rename *path* to *to*, which must not exist."""
        await asyncio.to_thread(self.blocking.move, path, to)

    async def remove(self, path: str, *, recursive: bool = False) -> None:
        """Remove *path*."""
        await asyncio.to_thread(self.blocking.remove, path, recursive=recursive)

    async def mkdir(self, path: str) -> None:
        """Make the folder *path* and those above it."""
        await asyncio.to_thread(self.blocking.mkdir, path)

    async def stage(self, files: Iterable[str]) -> tuple[str, ...]:
        """Ask for *files* to be brought from tape."""
        return await asyncio.to_thread(self.blocking.stage, tuple(files))


async def _transfer(work: Callable[..., Summary], progress: Report, *arguments: Any, **options: Any) -> Summary:
    told = progress if isinstance(progress, bool) else _on_loop(progress)
    return await _stoppable(work, *arguments, **options, progress=told)


async def _stoppable(work: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """Await *work* in a thread; when the task is cancelled, let it stop where it can go on, then be cancelled."""
    stop = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **options, stop=stop))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([running])
        running.exception()  # it is told to nobody: whoever cancelled knows
        raise


def _on_loop(progress: Callable[[Standing], object]) -> Callable[[Standing], object]:
    loop = asyncio.get_running_loop()

    def report(standing: Standing) -> None:
        loop.call_soon_threadsafe(progress, standing)

    return report


async def _each(begin: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """Yield what an iterator in a thread yields, by batches."""
    iterator = await asyncio.to_thread(begin)
    while batch := await asyncio.to_thread(_batch, iterator):
        for one in batch:
            yield one


def _batch(iterator: Iterator[T]) -> list[T]:
    return list(islice(iterator, _BATCH))
