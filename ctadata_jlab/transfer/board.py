"""All jobs as they are now: one method makes a change, one thread tells of it."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import Misconfigured, NotFound
from ctadata_jlab.transfer.job import FINAL, ItemState, Job, JobState, counts_folders, require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.transfer.job import Item
    from ctadata_jlab.transfer.journal import Journal

__all__ = ["Board", "Herald"]

_LOG = logging.getLogger(__name__)
_LAST_WORDS = 2.0
"""Seconds that listeners get for what is left to be told."""
_SEQ_AFTER_START = 10_000_000
"""More than one run of the engine can report: `seq` grows across restarts, though progress is not written down."""


class Herald:
    """Tells the listeners about jobs, in order, from a thread of its own: a slow listener delays nobody's bytes."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Job], None]] = []
        self._news: queue.Queue[Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="ctadata-herald", daemon=True)
        self._thread.start()

    def tell(self, job: Job) -> None:
        """Have every listener called with *job*."""
        self._news.put(job)

    def close(self) -> None:
        """Tell what is left, and end."""
        self._news.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        while (job := self._news.get()) is not None:
            for listener in list(self.listeners):
                try:
                    listener(job)
                except Exception:  # noqa: BLE001, PERF203 — a thread's top: one listener's fault must not silence the others
                    _LOG.exception("A listener of transfers failed")


class Board:
    """The jobs of one journal. `lock` makes several steps one; every change of state is on disk before it is told."""

    def __init__(self, journal: Journal, herald: Herald, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._journal = journal
        self._herald = herald
        self._clock = clock
        self._jobs: dict[str, Job] = {}

    def load(self, *, bump: bool) -> None:
        """Read all jobs from the journal; *bump* when this engine is going to change them."""
        with self.lock:
            jobs = {job.id: self.counted(job) for job in self._journal.jobs()}
            if bump:
                jobs = {id_: replace(job, seq=job.seq + _SEQ_AFTER_START) for id_, job in jobs.items()}
            self._jobs = jobs

    def all(self) -> list[Job]:
        """Return all jobs, newest first."""
        with self.lock:
            return sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)

    def get(self, job_id: str) -> Job:
        """Return one job."""
        with self.lock:
            try:
                return self._jobs[job_id]
            except KeyError:
                raise NotFound(f"There is no transfer {job_id}.", hint="Reload the list of transfers.") from None

    def add(self, job: Job, items: Sequence[Item], listed: Sequence[str] = ()) -> Job:
        """Keep a new job; *listed* are its paths if they are too many to be kept at hand."""
        with self.lock:
            job = replace(job, order=max((one.order for one in self._jobs.values()), default=0.0) + 1)
            self._journal.add(job, items, listed)
            self._jobs[job.id] = job
            self._herald.tell(job)
        self._journal.note(job.id, self._clock(), f"{job.request.kind}: {job.title}")
        return job

    def change(self, job_id: str, state: JobState, **facts: Any) -> Job:
        """Make the job *state* with these *facts*, durably; raises if it may not become that."""
        with self.lock:
            old = self.get(job_id)
            if state is not old.state:
                require(old.state, state)
            ended = self._clock() if state in FINAL else None
            new = replace(
                old, **{"reason": None, "until": None, **facts, "state": state, "ended": ended, "seq": old.seq + 1}
            )
            if state is not JobState.RUNNING:
                new = replace(new, speed=None)
            self._journal.save(new)
            self._jobs[job_id] = new
            self._herald.tell(new)
        why = f" ({new.reason})" if new.reason else ""
        self._journal.note(job_id, self._clock(), f"{state.value}{why}{': ' + new.error.message if new.error else ''}")
        return new

    def amend(self, job_id: str, **facts: Any) -> Job:
        """Change *facts* of a job that say nothing of its state, durably."""
        with self.lock:
            old = self.get(job_id)
            self._jobs[job_id] = new = replace(old, **facts, seq=old.seq + 1)
            self._journal.save(new)
            self._herald.tell(new)
        return new

    def queue(self) -> list[Job]:
        """Return the jobs that have not ended in the order in which they get their turns."""
        with self.lock:
            left = [job for job in self._jobs.values() if job.state not in FINAL]
            return sorted(left, key=lambda job: (job.order, job.id))

    def place(self, job_id: str, before: str | None) -> Job:
        """Let a job have its turn before another one, or (None) after all others."""
        with self.lock:
            line = [job.id for job in self.queue()]
            if any(self.get(one).state in FINAL for one in (job_id, before or job_id)):
                raise Misconfigured("A transfer that has ended is in no queue.", hint="Reload the list of transfers.")
            if before != job_id:
                line.remove(job_id)
                line.insert(len(line) if before is None else line.index(before), job_id)
            for order, identity in enumerate(line, start=1):
                if self._jobs[identity].order != order:
                    self.amend(identity, order=float(order))
            return self.get(job_id)

    def report(self, job_id: str, **facts: Any) -> None:
        """Tell how far the job is; nothing of this is written down."""
        with self.lock:
            old = self._jobs.get(job_id)
            if old is not None and old.state not in FINAL:
                self._jobs[job_id] = new = replace(old, **facts, seq=old.seq + 1)
                self._herald.tell(new)

    def forget(self, job_id: str) -> None:
        """Remove a job that has ended."""
        with self.lock:
            self._journal.forget(job_id)
            self._jobs.pop(job_id, None)

    def counted(self, job: Job) -> Job:
        """Return *job* with what its items say."""
        tally = self._journal.tally(job.id)
        if not tally:
            done = job.files_total if job.state is JobState.DONE else 0
            return replace(job, files_done=done, bytes_done=job.bytes_total if done else 0)
        kinds = {"file", "folder"} if counts_folders(job.request) else {"file"}

        def count(*states: ItemState, what: int = 0) -> int:
            return sum(tally.get((state, kind), (0, 0))[what] for state in states for kind in kinds)

        return replace(
            job,
            files_done=count(ItemState.DONE),
            files_skipped=count(ItemState.SKIPPED),
            files_failed=count(ItemState.FAILED),
            bytes_done=count(ItemState.DONE, ItemState.SKIPPED, what=1),
        )
