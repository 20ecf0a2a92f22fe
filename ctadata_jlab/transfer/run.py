"""One job from its turn to its end: plan, look at the target, work, conclude."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ctadata_jlab import paths
from ctadata_jlab.errors import Cancelled, CtaDataError, NoSpace, NotLoggedIn, Unreachable
from ctadata_jlab.storage import HasLocalPaths
from ctadata_jlab.transfer import orphans, planning
from ctadata_jlab.transfer.acts import Acts
from ctadata_jlab.transfer.crew import TICK, Crew, Tally
from ctadata_jlab.transfer.job import (
    ErrorNote,
    Item,
    ItemState,
    Job,
    JobState,
    counts_folders,
    is_from_browser,
    note_of,
)
from ctadata_jlab.transfer.outage import Gone, Outages, once_more, require_answers
from ctadata_jlab.transfer.patience import patiently
from ctadata_jlab.transfer.tape import bring
from ctadata_jlab.transfer.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ctadata_jlab.storage import Storage
    from ctadata_jlab.transfer.acts import Phase
    from ctadata_jlab.transfer.board import Board
    from ctadata_jlab.transfer.drops import Spool
    from ctadata_jlab.transfer.journal import Journal
    from ctadata_jlab.transfer.shares import Shares

__all__ = ["Desk", "Run"]

_LOG = logging.getLogger(__name__)
_UNFINISHED = (ItemState.COPYING, ItemState.VERIFYING)
_ENDED = {ItemState.DONE, ItemState.SKIPPED, ItemState.FAILED}
_NOT_ALL = ErrorNote("ServerFault", "Not all files were reached.", "Try again: it goes on with those.", retryable=True)
_PATIENCE_WITH_BROWSER = 1.0
_MOST_LINES = 4000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every run works with."""

    board: Board
    journal: Journal
    storage: Callable[[str], Storage]
    spool: Spool
    shares: Shares
    throttle: Throttle
    """How fast all jobs together may be."""
    outages: Outages
    tape: Outages
    """When which job looks again for what is on its way from tape."""


class Run:
    """A job at work in a thread of its own. Who wants it to stop changes the job's state and sets `stop`, under the board's lock."""

    def __init__(self, desk: Desk, job_id: str, on_end: Callable[[Run], None]) -> None:
        self.job_id = job_id
        self.stop = threading.Event()
        self.throttle = Throttle(desk.board.get(job_id).limit)
        self._desk = desk
        self._on_end = on_end
        self._reported: tuple[float, dict[str, Any]] = (0.0, {})
        self._reporting = threading.Lock()
        self._noted = 0
        self._thread = threading.Thread(target=self._main, name=f"ctadata-job-{job_id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        self._thread.join(timeout)

    def _main(self) -> None:
        try:
            self._work()
        except Cancelled:
            pass  # whoever stopped it has said what it is now
        except NotLoggedIn as error:
            self._end(JobState.BLOCKED, reason="login", error=note_of(error))
        except Gone as error:
            seconds = self._desk.outages.next(self.job_id)
            self._end(JobState.BLOCKED, reason="network", error=note_of(error), until=time.time() + seconds)
        except CtaDataError as error:
            self._end(JobState.FAILED, error=note_of(error))
        except Exception as error:  # noqa: BLE001 — a thread's top
            _LOG.exception("A transfer failed unexpectedly")
            self._end(JobState.FAILED, error=note_of(error))
        finally:
            self._on_end(self)

    def _work(self) -> None:
        job = self._change(JobState.PLANNING, error=None, question=None, note=None)
        listed = self._desk.journal.listed(job.id) if job.request.listed and not job.planned else ()
        acts = Acts(job, self._desk.storage, self._desk.spool, listed)
        if job.request.kind == "measure":
            totals, note = planning.measure(job, acts, self._report, self._check)
            self._change(JobState.DONE, note=note, **totals)
            return
        if not job.planned:
            job = self._asking(acts, lambda: self._plan(job, acts))
        spooled = (ItemState.STAGING,) if is_from_browser(job.request) else ()
        swept = orphans.sweep(job, orphans.interrupted(self._desk.journal, job.id), acts.target)
        if swept:
            self._note(f"swept {swept} unfinished uploads of a run that died")
        self._desk.journal.reset(job.id, (*_UNFINISHED, *spooled), ItemState.WAITING)
        self._take_received(job)
        if self._asks(job, acts):
            return
        job = self._change(JobState.RUNNING)
        tally = Tally(self._desk.board.counted(job), counts_folders=counts_folders(job.request))
        self._bring(job, acts)
        self._phases(job, acts, tally)
        while self._bring(job, acts):
            self._phases(job, acts, tally)
        self._conclude(job)

    def _bring(self, job: Job, acts: Acts) -> bool:
        """Ask for what is on tape; returns whether some of it is there already."""
        if is_from_browser(job.request):
            return False
        return self._asking(acts, lambda: bring(self._desk.journal, job.id, acts.source, self._check))

    def _phases(self, job: Job, acts: Acts, tally: Tally) -> None:
        for phase in acts.phases():
            if phase.state is ItemState.STAGING:
                self._receive(phase, job, acts, tally)
            else:
                self._phase(phase, job, acts, tally)

    def _plan(self, job: Job, acts: Acts) -> Job:
        totals = planning.keep_plan(job, acts, self._desk.journal, self._report, self._check)
        return self._change(JobState.PLANNING, planned=True, **totals)

    def _asks(self, job: Job, acts: Acts) -> bool:
        """Look at the target; returns whether the user has to be asked first."""
        journal = self._desk.journal
        planning.require_room(job, acts, journal, self._check)
        asked = self._asking(acts, lambda: planning.question(job, acts, journal, self._check))
        if asked is not None:
            self._change(JobState.BLOCKED, reason="question", question=asked)
        return asked is not None

    def _asking(self, acts: Acts, ask: Callable[[], T]) -> T:
        """Return what *ask* returns, asked again while that is worth it; `Gone` when no storage answers any more."""
        try:
            return once_more(lambda: patiently(ask, rest=self._rest), lambda error: _judge(error, acts))
        except Unreachable as error:
            _judge(error, acts)
            raise

    # --- working

    def _phase(self, phase: Phase, job: Job, acts: Acts, tally: Tally) -> None:
        desk = self._desk
        crew = Crew(
            phase,
            desk.journal.items(job.id, phase.state, kind=phase.kind, last_first=phase.last_first),
            stop=self.stop,
            tally=tally,
            mark=lambda items: self._mark(items, tally),
            stages=acts.source.traits.stages,
            turn=lambda is_over: self._turn(acts, is_over),
            spare=lambda: desk.shares.spare(self.job_id, acts.limits),
            throttles=(self.throttle, desk.throttle),
            judge=lambda error: _judge(error, acts),
            note=self._note,
        )
        hands = min(desk.shares.at_once, acts.source.traits.connections, acts.target.traits.connections)
        crew.work(max(1, hands) if phase.in_parallel else 1, lambda: self._report(tally.facts))
        self._report(tally.facts)

    def _turn(self, acts: Acts, is_over: Callable[[], bool]) -> AbstractContextManager[None]:
        return self._desk.shares.turn(self.job_id, acts.limits, is_over)

    def _mark(self, items: Sequence[Item], tally: Tally) -> None:
        self._desk.journal.mark(self.job_id, items)
        for item in items:
            if item.state is ItemState.FAILED and item.error is not None:
                self._note(f"{paths.display(item.path)}: {item.error.error}: {item.error.message}")
        self._report(tally.facts)

    def _note(self, text: str) -> None:
        """Write a line into the job's log, unless this run has written too many: what is left to say is in the items."""
        self._noted += 1
        if self._noted < _MOST_LINES:
            self._desk.journal.note(self.job_id, time.time(), text)

    def _take_received(self, job: Job) -> None:
        """Let the files that the browser has sent be uploaded."""
        if not is_from_browser(job.request):
            return
        journal, spool = self._desk.journal, self._desk.spool
        with spool.lock:
            for n in spool.received(job.id):
                item = journal.item(job.id, n)
                if item.state is ItemState.WAITING:
                    journal.mark(
                        job.id, [Item(n, item.path, item.target, "file", item.size, item.version, ItemState.STAGING)]
                    )

    def _receive(self, phase: Phase, job: Job, acts: Acts, tally: Tally) -> None:
        """Upload what the browser sends, for as long as it keeps sending."""
        spool, idle_since = self._desk.spool, time.monotonic()
        while True:
            if self._desk.journal.page(job.id, ItemState.STAGING, kind="file", limit=1):
                self._phase(phase, job, acts, tally)
                idle_since = time.monotonic()
            elif not self._may_still_come(job, idle_since):
                return
            else:
                with spool.lock:
                    spool.lock.wait(TICK)
                self._check()

    def _may_still_come(self, job: Job, idle_since: float) -> bool:
        if not self._desk.journal.page(job.id, ItemState.WAITING, kind="file", limit=1):
            return False
        return self._desk.spool.is_receiving(job.id) or time.monotonic() - idle_since <= _PATIENCE_WITH_BROWSER

    # --- ending

    def _conclude(self, job: Job) -> None:
        journal, board = self._desk.journal, self._desk.board
        with self._desk.spool.lock, board.lock:
            counted = board.counted(board.get(job.id))
            states = {state for state, _ in journal.tally(job.id)}
            state, facts = self._verdict(counted, states)
            self._change(state, **facts, **_counts(counted))

    def _verdict(self, job: Job, states: set[ItemState]) -> tuple[JobState, dict[str, Any]]:
        """Return what a job whose items are in *states* has come to."""
        if is_from_browser(job.request) and ItemState.STAGING in states:
            return JobState.WAITING, {}
        if is_from_browser(job.request) and ItemState.WAITING in states:
            return JobState.BLOCKED, {"reason": "upload"}
        if ItemState.STAGING in states:
            return JobState.BLOCKED, {"reason": "staging", "until": time.time() + self._desk.tape.next(job.id)}
        if states - _ENDED:
            return JobState.FAILED, {"error": _NOT_ALL}
        if ItemState.FAILED in states:
            return JobState.FAILED, {"error": self._first_error(job), "note": self._notes(job)}
        return JobState.DONE, {"note": self._notes(job)}

    def _first_error(self, job: Job) -> ErrorNote | None:
        first = next(self._desk.journal.items(job.id, ItemState.FAILED), None)
        error = None if first is None else first.error
        if error is None or job.files_failed <= 1:
            return error
        message = f"{job.files_failed} of {job.files_total} failed. The first: {error.message}"
        return ErrorNote(error.error, message, error.hint, error.retryable)

    def _notes(self, job: Job) -> str | None:
        notes = sorted(self._desk.journal.notes(job.id).items())
        said = [note if count == job.files_total else f"{count} of {job.files_total}: {note}" for note, count in notes]
        return "; ".join(said[:5]) or None

    def _end(self, state: JobState, **facts: Any) -> None:
        """Say how it ended, unless somebody stopped it meanwhile or the journal cannot be written."""
        try:
            counted = self._desk.board.counted(self._desk.board.get(self.job_id))
            self._change(state, **_counts(counted), **facts)
        except CtaDataError:
            self.stop.set()

    def _change(self, state: JobState, **facts: Any) -> Job:
        with self._desk.board.lock:
            self._check()
            self._reported = (time.monotonic(), {})
            return self._desk.board.change(self.job_id, state, **facts)

    def _report(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        """Tell how far it is, unless that was told a moment ago; any thread may ask for it."""
        if time.monotonic() - self._reported[0] < TICK or not self._reporting.acquire(blocking=False):
            return
        try:
            now, said = time.monotonic(), dict(facts())
            if not self.stop.is_set() and now - self._reported[0] >= TICK and said != self._reported[1]:
                self._reported = (now, said)
                self._desk.board.report(self.job_id, **said)
        finally:
            self._reporting.release()

    def _check(self) -> None:
        if self.stop.is_set():
            raise Cancelled("The transfer was stopped.")

    def _rest(self, seconds: float) -> None:
        self.stop.wait(seconds)
        self._check()


def _counts(job: Job) -> dict[str, int]:
    names = ("files_done", "files_skipped", "files_failed", "bytes_done")
    return {name: getattr(job, name) for name in names}


def _judge(error: CtaDataError, acts: Acts) -> None:
    """Raise if *error* stops everything: no storage answers any more, or the disk here is full."""
    if isinstance(error, Gone) or (isinstance(error, NoSpace) and isinstance(acts.target, HasLocalPaths)):
        raise error
    if isinstance(error, Unreachable):
        require_answers({id(end): end for end in (acts.source, acts.target)}.values())
