"""The queue of transfers that JupyterLab's panel shows, seen from Python."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ctadata_jlab import foreground
from ctadata_jlab.errors import Unreachable
from ctadata_jlab.transfer.job import FINAL

if TYPE_CHECKING:
    from ctadata_jlab.transfer.job import Item, Job

__all__ = ["items", "job", "jobs", "wait_for"]

_TICK = 0.5


def jobs() -> list[Job]:
    """Return all jobs of the queue, newest first, as its owner (a Jupyter server, ``ctadata-jlab jobs run``) has written them down."""
    return foreground.shared_session().engine.jobs()


def job(job_id: str) -> Job:
    """Return the job, or raise `NotFound`."""
    return foreground.shared_session().engine.job(job_id)


def items(job_id: str) -> list[Item]:
    """Return every file of a job: where it stands, and why it failed."""
    engine = foreground.shared_session().engine
    found: list[Item] = []
    while page := engine.items(job_id, after=found[-1].n if found else -1):
        found += page
    return found


def wait_for(job_id: str, timeout: float | None = None) -> Job:
    """Return the job when it has ended, well or not; `Unreachable` when that takes longer than *timeout* seconds."""
    until = None if timeout is None else time.monotonic() + timeout
    while (now := job(job_id)).state not in FINAL:
        if until is not None and time.monotonic() >= until:
            raise Unreachable(f"The transfer {now.title} is still {now.state.value}.", hint="Wait longer, or look why.")
        time.sleep(_TICK)
    return now
