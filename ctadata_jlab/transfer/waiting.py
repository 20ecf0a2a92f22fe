"""What a blocked job waits for, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.transfer.job import JobState

if TYPE_CHECKING:
    from ctadata_jlab.transfer.job import Job

__all__ = ["waiting"]

_WORDS = {
    "question": "waiting for an answer",
    "login": "waiting for a login",
    "network": "waiting for the network",
    "staging": "waiting for files from tape",
    "upload": "waiting for files from the browser",
}


def waiting(job: Job, now: float) -> str | None:
    """Return what *job* waits for and when it is tried again, None if it is not blocked; *now* in seconds since the epoch."""
    if job.state is not JobState.BLOCKED or job.reason is None:
        return None
    words = _WORDS[job.reason]
    if job.error is not None and job.error.source:
        words = f"{words} to {job.error.source}"
    return words if job.until is None else f"{words}, next try in {_span(job.until - now)}"


def _span(seconds: float) -> str:
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"
