"""Progress on Jupyter's event bus: the one hop from the worker threads to the event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.server import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.transfer.job import Job

__all__ = ["JOB", "LOGIN", "SCHEMAS", "Announcer"]

JOB = "https://schema.ctadata-jlab.org/job/v1"
LOGIN = "https://schema.ctadata-jlab.org/login/v1"
SCHEMAS = (Path(__file__).parent / "events" / "job.v1.yaml", Path(__file__).parent / "events" / "login.v1.yaml")

PAUSE = 0.25
"""The least time between two events of one job, in seconds."""


class Announcer:
    """Tells the bus what happens, at most four times a second and job: the last word is never lost, those before it may be.

    It numbers what it tells of a job (`seq`), so that a gap means a lost event, not a merged one. `job` and `login` may be called by
    any thread, the rest on the loop.
    """

    def __init__(self, emit: Callable[[str, dict[str, object]], object], moved: Callable[[Job], object]) -> None:
        self._emit, self._moved = emit, moved
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._fresh: dict[str, Job] = {}
        self._due: dict[str, Job] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._told: dict[str, float] = {}
        self._numbers: dict[str, int] = {}

    def start(self) -> None:
        """Speak on the loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._land)

    def job(self, job: Job) -> None:
        """Tell of *job*, from any thread."""
        with self._lock:
            hop = not self._fresh
            known = self._fresh.get(job.id)
            if known is None or known.seq <= job.seq:
                self._fresh[job.id] = job
        if hop and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._land)

    def numbered(self, job: Job) -> Job:
        """Return *job* with the number of the last event that told of it."""
        return replace(job, seq=self._numbers.get(job.id, 0))

    def forgotten(self, job: Job) -> None:
        """Tell that *job* is no longer in the list."""
        self._drop(job.id)
        self._speak(job, state="forgotten")
        self._told.pop(job.id, None)
        self._numbers.pop(job.id, None)

    def login(self, source: str, state: str, until: float | None) -> None:
        """Tell how the login of *source* stands, from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            news: dict[str, object] = {"source": source, "state": state, "until": until}
            loop.call_soon_threadsafe(self._emit, LOGIN, news)

    def close(self) -> None:
        """Say nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._loop = None

    def _land(self) -> None:
        with self._lock:
            jobs, self._fresh = self._fresh, {}
        for job in jobs.values():
            self._moved(job)
            self._offer(job)

    def _offer(self, job: Job) -> None:
        self._due[job.id] = job
        if job.id in self._timers or self._loop is None:
            return
        wait = self._told.get(job.id, 0.0) + PAUSE - time.monotonic()
        self._timers[job.id] = self._loop.call_later(max(0.0, wait), self._tell, job.id)

    def _tell(self, identity: str) -> None:
        self._timers.pop(identity, None)
        self._told[identity] = time.monotonic()
        self._speak(self._due.pop(identity))

    def _speak(self, job: Job, state: str | None = None) -> None:
        self._numbers[job.id] = self._numbers.get(job.id, 0) + 1
        self._emit(JOB, wire.job_event(self.numbered(job), state))

    def _drop(self, identity: str) -> None:
        with self._lock:
            self._fresh.pop(identity, None)
        self._due.pop(identity, None)
        timer = self._timers.pop(identity, None)
        if timer is not None:
            timer.cancel()
