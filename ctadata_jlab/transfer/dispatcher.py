"""Whose turn it is: starts runs, keeps the lease, and looks whether blocked jobs can go on."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import Busy, CtaDataError, NotLoggedIn
from ctadata_jlab.transfer import orphans
from ctadata_jlab.transfer.job import Job, JobState, is_from_browser
from ctadata_jlab.transfer.lease import BEAT
from ctadata_jlab.transfer.outage import Gone, require_answers
from ctadata_jlab.transfer.run import Desk, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ctadata_jlab.transfer.job import Item
    from ctadata_jlab.transfer.lease import Lease

__all__ = ["LOOK", "Dispatcher"]

LOOK = 30.0
"""Seconds between two looks whether a blocked job can go on."""
_AT_WORK = (JobState.PLANNING, JobState.RUNNING)


class Dispatcher:
    """Gives jobs that wait their turn, *jobs_at_once* of them, as they stand in the queue; measuring is quick and never waits."""

    def __init__(self, desk: Desk, lease: Lease, jobs_at_once: int) -> None:
        self._desk = desk
        self._board = desk.board
        self._lease = lease
        self._jobs_at_once = jobs_at_once
        self._runs: dict[str, Run] = {}
        self._turn = threading.Condition(desk.board.lock)
        self._stopping = False
        self._probing: set[str] = set()
        self.owns = False
        """Whether the queue is this engine's: it has the lease, and has read what is in the queue."""
        self._thread = threading.Thread(target=self._main, name="ctadata-queue", daemon=True)

    def start(self) -> None:
        """Take the queue, unless another engine owns it, and go on with what was interrupted."""
        self._lease.hold()
        self._take_over()
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Stop all runs where they are."""
        deadline = time.monotonic() + timeout
        with self._turn:
            self._stopping = True
            runs = list(self._runs.values())
            for run in runs:
                if self._board.get(run.job_id).state in _AT_WORK:
                    with contextlib.suppress(CtaDataError):
                        self._board.change(run.job_id, JobState.WAITING)
                run.stop.set()
            self._turn.notify_all()
        for run in runs:
            run.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            self._thread.join(max(0.1, deadline - time.monotonic()))
        self.owns = False
        self._lease.release()

    @property
    def owner(self) -> str:
        """Who owns the queue, in words; empty when it is this engine."""
        return "" if self.owns else self._lease.holder or "nobody yet"

    def require_lease(self) -> None:
        """Raise `Busy` unless this engine owns the queue."""
        if not self.owns:
            raise Busy(f"The queue of transfers is owned by {self.owner}.", hint="Use that server, or stop it.")

    def is_at_work(self, job_id: str) -> bool:
        """Whether a run of the job has not ended yet."""
        with self._turn:
            return job_id in self._runs

    def steer(self, job_id: str, state: JobState, **facts: Any) -> Job:
        """Make the job *state*; a run of it stops without a word."""
        self.require_lease()
        with self._turn:
            job = self._board.get(job_id)
            if job.state is not state:
                job = self._board.change(job_id, state, **facts)
                if job_id in self._runs:
                    self._runs[job_id].stop.set()
            self._turn.notify_all()
        return job

    def limit(self, job_id: str, rate: int | None) -> None:
        """Let a run of the job know how fast it may be."""
        with self._turn:
            if job_id in self._runs:
                self._runs[job_id].throttle.limit(rate)

    def unblock(self, job: Job) -> None:
        """Let a blocked job wait its turn, if it still is what it was."""
        with self._turn, contextlib.suppress(CtaDataError):
            now = self._board.get(job.id)
            if (now.state, now.reason) == (job.state, job.reason):
                self._board.change(job.id, JobState.WAITING, error=None)
                self._turn.notify_all()

    def nudge(self) -> None:
        """Say that there may be something to do."""
        with self._turn:
            self._turn.notify_all()

    def blocked(self, reason: str) -> list[Job]:
        """Return the jobs that are blocked for *reason*."""
        return [job for job in self._board.all() if job.state is JobState.BLOCKED and job.reason == reason]

    def look(self) -> None:
        """See whether jobs that wait for a login can go on: one may have come by another way."""
        for job in self.blocked("login"):
            if self._is_logged_in(job):
                self.unblock(job)

    def look_again(self) -> None:
        """Try the jobs that wait for the network, or for files from tape, and are due.

        The network in a thread of its own: a try may take as long as a connection does.
        """
        for job in self.blocked("staging"):
            if self._desk.tape.is_due(job.id):
                self.unblock(job)
        for job in self.blocked("network"):
            if job.id not in self._probing and self._desk.outages.is_due(job.id):
                self._probing.add(job.id)
                threading.Thread(target=self._probe, args=(job,), name="ctadata-probe", daemon=True).start()

    def _probe(self, job: Job) -> None:
        request, outages = job.request, self._desk.outages
        names = {request.source, request.to.source if request.to else request.source} - {"browser"}
        try:
            require_answers(self._desk.storage(name) for name in names)
            outages.over(job.id)
            self.unblock(job)
        except Gone:
            self._postpone(job, outages.next(job.id))
        except CtaDataError:  # a source that is no longer configured: the job itself will say so
            self.unblock(job)
        finally:
            self._probing.discard(job.id)

    def _postpone(self, job: Job, seconds: float) -> None:
        with self._turn, contextlib.suppress(CtaDataError):
            if self._board.get(job.id).reason == "network" and self.owns:
                self._board.amend(job.id, until=time.time() + seconds)

    def _main(self) -> None:
        beat = look = time.monotonic()
        while not self._stopping:
            now = time.monotonic()
            if now - beat >= (BEAT if self.owns else 1.0):
                beat = now
                self._keep_lease()
            if now - look >= LOOK and self.owns:
                look = now
                threading.Thread(target=self.look, name="ctadata-look", daemon=True).start()
            if self.owns:
                self.look_again()
            with self._turn, contextlib.suppress(CtaDataError):
                self._give_turns()
                self._turn.wait(0.5)

    def _keep_lease(self) -> None:
        self._lease.hold()
        with contextlib.suppress(CtaDataError):  # the journal cannot be read now: it is tried again
            self._take_over()

    def _take_over(self) -> None:
        """Own the queue from the moment when its journal has been read, until the lease is lost."""
        with self._turn:
            if self._lease.held and not self.owns and not self._stopping:
                self._board.load(bump=True)
                self._desk.throttle.limit(self._desk.journal.setting("limit", self._desk.throttle.rate))
                self.owns = True
            elif not self._lease.held:
                self.owns = False
                for run in self._runs.values():
                    run.stop.set()
            self._turn.notify_all()

    def _give_turns(self) -> None:
        """Start what waits; what is at work without a run was left by a dead owner, and waits its turn again."""
        if self._stopping or not self.owns:
            return
        for job in self._board.queue():
            if job.id in self._runs:
                continue
            if job.state in _AT_WORK:
                self._board.change(job.id, JobState.WAITING)
            elif job.state is JobState.WAITING and (job.request.kind == "measure" or self._has_room()):
                run = self._runs[job.id] = Run(self._desk, job.id, self._ended)
                run.start()

    def _has_room(self) -> bool:
        busy = sum(self._board.get(job_id).request.kind != "measure" for job_id in self._runs)
        return busy < self._jobs_at_once

    def _ended(self, run: Run) -> None:
        with self._turn:
            self._runs.pop(run.job_id, None)
            job = self._board.get(run.job_id)
            self._turn.notify_all()
        self.sweep(job)

    def sweep(self, job: Job) -> None:
        """Remove what the browser sent for a job that was cancelled, and what its uploads have left at the storage."""
        if job.state is not JobState.CANCELLED or self.is_at_work(job.id):
            return
        if is_from_browser(job.request):
            self._desk.spool.sweep(job.id)
        self.sweep_orphans(job, orphans.interrupted(self._desk.journal, job.id, failed=True))

    def sweep_orphans(self, job: Job, items: Sequence[Item]) -> None:
        """Remove the temporaries of *items*, in a thread: nobody waits for it."""
        if not items or job.request.to is None:
            return
        with contextlib.suppress(CtaDataError):  # a source that is no longer configured
            target = self._desk.storage(job.request.to.source)
            threading.Thread(target=orphans.sweep, args=(job, items, target), name="ctadata-sweep", daemon=True).start()

    def _is_logged_in(self, job: Job) -> bool:
        request = job.request
        try:
            if job.error is not None and job.error.source:
                self._desk.storage(job.error.source).stat("/")
                return True
            if request.paths:
                self._desk.storage(request.source).stat(request.paths[0])
            if request.to is not None:
                self._desk.storage(request.to.source).stat(request.to.path)
        except NotLoggedIn:
            return False
        except CtaDataError:
            pass  # an answer of another kind: the job itself will say what is wrong
        return True
