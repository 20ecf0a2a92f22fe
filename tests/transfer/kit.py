"""What the tests of transfers share: storages that fail on demand, and waiting for a job."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.engine import Engine
from ctadata_jlab.transfer.job import FINAL, Job, JobRequest, JobState, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Body, Entry, Reader, Receipt


class Faulty(Memory):
    """A memory that asks `before(verb, path)` first, pours through `pouring`, and counts."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        super().__init__(files)
        self.before: Callable[[str, str], None] = lambda verb, path: None
        self.after_put: Callable[[str], None] = lambda path: None
        self.pouring: Callable[[Reader, int, int | None, Callable[[bytes], object]], None] | None = None
        self.calls: list[tuple[str, str]] = []
        self.poured: list[tuple[str, int, int | None]] = []

    def _note(self, verb: str, path: str) -> None:
        self.calls.append((verb, path))
        self.before(verb, path)

    def list(self, folder: str) -> Iterator[Entry]:
        self._note("list", folder)
        return super().list(folder)

    def stat(self, path: str) -> Entry:
        if hasattr(self, "calls"):
            self._note("stat", path)
        return super().stat(path)

    def open(self, path: str, expect: Entry | None = None) -> Any:
        self._note("open", path)
        return _Pouring(self, super().open(path, expect))

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        self._note("put", path)
        receipt = super().put(path, body, replace=replace, ticket=ticket)
        self.after_put(path)
        return receipt

    def make_folder(self, path: str) -> None:
        if hasattr(self, "calls"):
            self._note("make_folder", path)
        super().make_folder(path)

    def move(self, source: str, target: str) -> None:
        self._note("move", source)
        super().move(source, target)

    def remove(self, path: str) -> None:
        self._note("remove", path)
        super().remove(path)

    def count(self, verb: str) -> int:
        return sum(said == verb for said, _ in self.calls)


class _Pouring:
    def __init__(self, storage: Faulty, reader: Reader) -> None:
        self._storage, self._reader, self.entry = storage, reader, reader.entry

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        self._storage.poured.append((self.entry.path, start, end))
        if self._storage.pouring is not None:
            self._storage.pouring(self._reader, start, end, sink)
        else:
            self._reader.pour(start, end, sink)

    def __enter__(self) -> _Pouring:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Bench:
    """An engine over named storages, and what one does with it."""

    def __init__(self, folder: Path, storages: dict[str, Any], **options: Any) -> None:
        self.storages = storages
        self.engine = Engine(folder, storages.__getitem__, **options)
        self.told: list[Job] = []
        self.changed = threading.Condition()
        self.engine.listeners.append(self._hear)

    def _hear(self, job: Job) -> None:
        with self.changed:
            self.told.append(job)
            self.changed.notify_all()

    def __enter__(self) -> Bench:
        self.engine.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.stop(5)

    def run(
        self,
        kind: str,
        source: str,
        tops: str | tuple[str, ...],
        to: str | None = None,
        path: str = "/",
        conflict: str = "ask",
        **more: Any,
    ) -> Job:
        """Submit a job and wait until it has ended or asks."""
        return self.settled(self.submit(kind, source, tops, to, path, conflict, **more).id)

    def submit(
        self,
        kind: str,
        source: str,
        tops: str | tuple[str, ...],
        to: str | None = None,
        path: str = "/",
        conflict: str = "ask",
        **more: Any,
    ) -> Job:
        paths = (tops,) if isinstance(tops, str) else tops
        return self.engine.submit(JobRequest(kind, source, paths, Place(to, path) if to else None, conflict, **more))  # type: ignore[arg-type]

    def settled(self, job_id: str, timeout: float = 30) -> Job:
        """Wait until the job has ended, is blocked or paused."""
        return self.until(
            job_id, lambda job: job.state in FINAL or job.state in {JobState.BLOCKED, JobState.PAUSED}, timeout
        )

    def until(self, job_id: str, holds: Callable[[Job], bool], timeout: float = 30) -> Job:
        wait_for(lambda: holds(self.engine.job(job_id)), timeout)
        return self.engine.job(job_id)

    def states(self, job_id: str) -> dict[str, str]:
        return {item.path: item.state.value for item in self.engine.items(job_id, limit=100_000)}


def wait_for(holds: Callable[[], object], timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)
