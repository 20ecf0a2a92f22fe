"""The queue of transfers: it takes jobs, works them off a few at a time, and goes on where a dead process stopped."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

from ctadata_jlab.errors import AlreadyExists, Misconfigured
from ctadata_jlab.transfer.board import Board, Herald
from ctadata_jlab.transfer.dispatcher import Dispatcher
from ctadata_jlab.transfer.drops import Drop, Spool
from ctadata_jlab.transfer.job import (
    FINAL,
    Conflict,
    Item,
    ItemState,
    Job,
    JobRequest,
    JobState,
    is_from_browser,
    logins_of,
)
from ctadata_jlab.transfer.journal import Journal
from ctadata_jlab.transfer.lease import Lease
from ctadata_jlab.transfer.orphans import interrupted
from ctadata_jlab.transfer.outage import TAPE_FIRST, TAPE_LONGEST, Outages
from ctadata_jlab.transfer.report import report
from ctadata_jlab.transfer.run import Desk
from ctadata_jlab.transfer.shares import Shares
from ctadata_jlab.transfer.submission import accepted
from ctadata_jlab.transfer.throttle import Throttle, sensible

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.storage import Storage

__all__ = ["Drop", "Engine"]

_SPOOL_LIMIT = 2 * 1024**3


class Engine:
    """The queue kept in *folder*. *storage* names → storages. One engine owns the queue; others can only look, and take over when it dies.

    `listeners` are called with a `Job` at each change and at most four times a second while bytes move, from a thread of their own.
    """

    def __init__(
        self,
        folder: Path,
        storage: Callable[[str], Storage],
        *,
        files_at_once: int = 4,
        jobs_at_once: int = 2,
        rate: int | None = None,
        spool: Path | None = None,
        spool_limit: int = _SPOOL_LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.notice = ""
        """What the user should know of the place where the queue is kept."""
        self.files_at_once, self.jobs_at_once = files_at_once, jobs_at_once
        self._storage = storage
        self._clock = clock
        self._journal = Journal(folder)
        self._herald = Herald()
        self._board = Board(self._journal, self._herald, clock)
        self._spool = Spool(spool or folder / "spool", spool_limit)
        self._throttle = Throttle(rate)
        desk = Desk(
            self._board,
            self._journal,
            storage,
            self._spool,
            Shares(files_at_once),
            self._throttle,
            outages=Outages(),
            tape=Outages(TAPE_FIRST, TAPE_LONGEST),
        )
        self._dispatcher = Dispatcher(desk, Lease(folder), jobs_at_once)

    @property
    def listeners(self) -> list[Callable[[Job], None]]:
        """Who is told of every change."""
        return self._herald.listeners

    @property
    def read_only(self) -> str:
        """Who owns the queue, in words, when it is not this engine; else empty."""
        return self._dispatcher.owner

    def start(self) -> None:
        """Take the queue, unless another engine owns it, and go on with what was interrupted."""
        self._dispatcher.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Stop where everything is; it goes on at the next start."""
        self._dispatcher.stop(timeout)
        self._herald.close()
        self._journal.close()

    # --- looking

    def jobs(self) -> list[Job]:
        """Return all jobs, newest first."""
        self._refresh()
        return self._board.all()

    def job(self, job_id: str) -> Job:
        """Return one job, or raise `NotFound`."""
        self._refresh()
        return self._board.get(job_id)

    def items(self, job_id: str, state: ItemState | None = None, after: int = -1, limit: int = 200) -> list[Item]:
        """Return the next items of a job after number *after*."""
        self.job(job_id)
        return self._journal.page(job_id, state, after=after, limit=limit)

    def log(self, job_id: str) -> str:
        """Return what was asked of a job and what happened to it, a line each, without secrets."""
        return report(self.job(job_id), self._journal.log(job_id))

    # --- steering

    def submit(self, request: JobRequest) -> Job:
        """Take a job into the queue; it is on disk when this returns. `Busy` when another engine owns the queue."""
        self._dispatcher.require_lease()
        job = self._board.add(*accepted(request, self._storage, self._clock()))
        self._dispatcher.nudge()
        return job

    def pause(self, job_id: str) -> Job:
        """Stop a job until `resume`; what has arrived is kept."""
        return self._dispatcher.steer(job_id, JobState.PAUSED)

    def resume(self, job_id: str) -> Job:
        """Let a paused job, or one that is blocked, go on."""
        return self._dispatcher.steer(job_id, JobState.WAITING)

    def cancel(self, job_id: str) -> Job:
        """Stop a job for good; part files are kept, so that `retry` need not fetch them again."""
        job = self._dispatcher.steer(job_id, JobState.CANCELLED)
        self._dispatcher.sweep(job)
        return job

    def retry(self, job_id: str) -> Job:
        """Try again what failed, or was not done; what is done stays done."""
        self._dispatcher.require_lease()
        with self._board.lock:
            job = self._board.get(job_id)
            if job.state not in {JobState.FAILED, JobState.CANCELLED}:
                raise Misconfigured("Only a transfer that failed or was cancelled can be tried again.")
            self._journal.reset(job_id, (ItemState.FAILED,), ItemState.WAITING)
            counted = self._board.counted(job)
            facts = {"files_failed": counted.files_failed, "bytes_done": counted.bytes_done}
            return self._dispatcher.steer(job_id, JobState.WAITING, error=None, note=None, **facts)

    def answer(self, job_id: str, choice: str) -> Job:
        """Answer the question of a blocked job: ``skip``, ``replace``, ``rename`` or ``newer``."""
        if choice == "ask" or choice not in get_args(Conflict):
            raise Misconfigured("The answer must be skip, replace, rename or newer.")
        with self._board.lock:
            job = self._board.get(job_id)
            if job.state is not JobState.BLOCKED or job.reason != "question":
                raise Misconfigured("This transfer asks nothing.", hint="Reload the list of transfers.")
            request = replace(job.request, conflict=cast("Conflict", choice))
            return self._dispatcher.steer(job_id, JobState.WAITING, request=request, question=None)

    def reorder(self, job_id: str, before: str | None = None) -> Job:
        """Let a job have its turn before job *before*, or (None) after all others; who is at work stays at work."""
        self._dispatcher.require_lease()
        job = self._board.place(job_id, before)
        self._dispatcher.nudge()
        return job

    def limit(self, job_id: str, rate: int | None) -> Job:
        """Let a job move at most *rate* bytes a second, None: as fast as it goes; at once, also while it moves."""
        self._dispatcher.require_lease()
        job = self._board.amend(job_id, limit=sensible(rate))
        self._dispatcher.limit(job_id, rate)
        return job

    @property
    def overall_limit(self) -> int | None:
        """How many bytes a second all jobs together may move."""
        return self._throttle.rate

    def limit_all(self, rate: int | None) -> None:
        """Let all jobs together move at most *rate* bytes a second; remembered until it is changed."""
        self._dispatcher.require_lease()
        self._journal.set("limit", sensible(rate))
        self._throttle.limit(rate)

    def forget(self, job_id: str) -> None:
        """Remove a job that has ended from the list."""
        self._dispatcher.require_lease()
        with self._board.lock:
            job = self._board.get(job_id)
            if job.state not in FINAL or self._dispatcher.is_at_work(job_id):
                raise Misconfigured("Only a transfer that has ended can be forgotten.", hint="Cancel it first.")
            left = interrupted(self._journal, job_id, failed=True)
            self._board.forget(job_id)
        self._dispatcher.sweep_orphans(job, left)
        if is_from_browser(job.request):
            self._spool.sweep(job_id)

    def wake(self, source: str) -> None:
        """Let jobs go on that waited for a login to *source*."""
        for job in self._dispatcher.blocked("login"):
            if source in logins_of(job):
                self._dispatcher.unblock(job)

    def receive(self, job_id: str, n: int) -> Drop:
        """Return what takes the bytes of file *n* of an upload from the browser."""
        self._dispatcher.require_lease()
        _, item = self._receiving(job_id, n)
        modified = float(item.version) if item.version else None
        if item.state is not ItemState.WAITING:
            raise AlreadyExists("This file has been received already.")
        return self._spool.receive(job_id, n, item.size or 0, lambda: self._received(job_id, n), modified)

    def _receiving(self, job_id: str, n: int) -> tuple[Job, Item]:
        """Return the job and the item if it still wants file *n*, or raise why not."""
        job, item = self._board.get(job_id), self._journal.item(job_id, n)
        if not is_from_browser(job.request) or item.kind != "file":
            raise Misconfigured("This transfer does not take files from the browser.")
        if job.state in FINAL:
            raise Misconfigured("This transfer has ended.", hint="Start the upload again.")
        return job, item

    def _received(self, job_id: str, n: int) -> None:
        job, item = self._receiving(job_id, n)
        self._journal.mark(job_id, [replace(item, state=ItemState.STAGING)], wait=True)
        if job.state is JobState.BLOCKED and job.reason == "upload":
            self._dispatcher.unblock(job)

    def _refresh(self) -> None:
        """Another engine works: what it has written is what there is to see."""
        with self._board.lock:
            if not self._dispatcher.owns:
                self._board.load(bump=False)
