"""A session, sources and a queue that tests hold in their hands."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.config import Config
from ctadata_jlab.errors import AlreadyExists, CtaDataError, Misconfigured, NotFound
from ctadata_jlab.storage import Traits
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.job import FINAL, Item, ItemState, Job, JobRequest, JobState

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Entry
    from ctadata_jlab.storage.memory import MemoryReader


class Flaky(Memory):
    """Memory that fails on demand, and that counts its open listings."""

    def __init__(self, files: Mapping[str, bytes] | None = None, *, writable: bool = True) -> None:
        self.error: BaseException | None = None
        """Raised by everything that is asked."""
        self.rows: Callable[[], Iterator[Entry]] | None = None
        """Instead of what is really there."""
        self.broken_after: int | None = None
        """How many bytes of a file come before `Unreachable`."""
        self.forgotten: list[str | None] = []
        self.offline: set[str] = set()
        super().__init__(files)
        self.traits = Traits(writable=writable, resumes=True, checksums=("adler32",))

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    def forget(self, path: str | None = None) -> None:
        self.forgotten.append(path)

    def list(self, folder: str) -> Iterator[Entry]:
        self._fail()
        return super().list(folder) if self.rows is None else self.rows()

    def stat(self, path: str) -> Entry:
        self._fail()
        entry = super().stat(path)
        return replace(entry, online=False) if entry.path in self.offline else entry

    def open(self, path: str, expect: Entry | None = None) -> MemoryReader:
        reader = super().open(path, expect)
        if self.broken_after is not None:
            reader.pour = _breaking(reader.pour, self.broken_after)  # type: ignore[method-assign]
        return reader


def _breaking(pour: Callable[..., None], after: int) -> Callable[..., None]:
    from ctadata_jlab.errors import Unreachable

    def broken(start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        pour(start, start + after, sink)
        raise Unreachable("The pool broke off.")

    return broken


@dataclass
class FakeSession:
    sources: dict[str, Source]
    engine: FakeEngine
    config: Config = field(default_factory=Config)
    closed: bool = False

    def source(self, name: str) -> Source:
        if name not in self.sources:
            raise NotFound(f"There is no source {name}.")
        return self.sources[name]

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeDrop:
    """What was written, and how it ended."""

    size: int = 0
    largest: int = 0
    ended: str = ""
    pause: threading.Event | None = None
    chunks: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        if self.pause is not None:
            self.pause.wait(10)
        self.size += len(data)
        self.largest = max(self.largest, len(data))
        if self.size < 1 << 20:
            self.chunks.append(bytes(data))

    def finish(self) -> None:
        self.ended = "finished"

    def __enter__(self) -> FakeDrop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended = self.ended or "aborted"


class FakeEngine:
    """Keeps jobs and moves none by itself."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Job], None]] = []
        self.kept: dict[str, Job] = {}
        self.of: dict[str, list[Item]] = {}
        self.drops: list[FakeDrop] = []
        self.error: CtaDataError | None = None
        self.held: threading.Event | None = None
        self.started = self.stopped = False
        self.woken: list[str] = []
        self._ids = itertools.count(1)

    def start(self) -> None:
        self.started = True

    def stop(self, timeout: float) -> None:
        self.stopped = True

    def submit(self, request: JobRequest) -> Job:
        n = next(self._ids)
        job = Job(f"J{n}", request, request.paths[0] if request.paths else "files", created=1.0 * n)
        self.of[job.id] = [
            Item(i, one.path, f"{request.to.path}/{one.path}" if request.to else None, size=one.size)
            for i, one in enumerate(request.manifest)
        ]
        return self._set(job)

    def jobs(self) -> list[Job]:
        return list(self.kept.values())[::-1]

    def job(self, identity: str) -> Job:
        if identity not in self.kept:
            raise NotFound(f"There is no job {identity}.")
        return self.kept[identity]

    def items(self, identity: str, state: ItemState | None = None, after: int = -1, limit: int = 200) -> list[Item]:
        self.job(identity)
        found = [one for one in self.of[identity] if one.n > after and (state is None or one.state is state)]
        return found[:limit]

    def log(self, identity: str) -> str:
        return f"{self.job(identity).id} was made, naïvely\n"

    def pause(self, identity: str) -> Job:
        return self.move(identity, state=JobState.PAUSED)

    def resume(self, identity: str) -> Job:
        return self.move(identity, state=JobState.WAITING)

    def cancel(self, identity: str) -> Job:
        return self.move(identity, state=JobState.CANCELLED)

    retry = resume

    def answer(self, identity: str, choice: str) -> Job:
        return self.move(identity, note=f"answered {choice}")

    folder, notice, read_only = Path("/state"), "", ""
    files_at_once, jobs_at_once = 4, 2
    overall_limit: int | None = None

    def limit_all(self, rate: int | None) -> None:
        self.overall_limit = rate

    def limit(self, identity: str, rate: int | None) -> Job:
        return self.move(identity, limit=rate)

    def reorder(self, identity: str, before: str | None) -> Job:
        return self.move(identity, order=0.5 if before else 9.0)

    def forget(self, identity: str) -> None:
        if self.job(identity).state not in FINAL:
            raise Misconfigured("The job still runs.", hint="Cancel it first.")
        del self.kept[identity]

    def wake(self, source: str) -> None:
        self.woken.append(source)

    def receive(self, identity: str, n: int) -> FakeDrop:
        if self.error is not None:
            raise self.error
        if self.of[identity][n].state is not ItemState.WAITING:
            raise AlreadyExists("This file has been received.")
        self.drops.append(FakeDrop(pause=self.held))
        return self.drops[-1]

    def move(self, identity: str, **changes: object) -> Job:
        """Change a job as the workers would, and tell the listeners."""
        job = self.job(identity)
        return self._set(replace(job, seq=job.seq + 1, **changes))  # type: ignore[arg-type]

    def _set(self, job: Job) -> Job:
        self.kept[job.id] = job
        for listener in self.listeners:
            listener(job)
        return job
