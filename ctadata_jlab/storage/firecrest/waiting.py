"""Waiting for a cluster's job that moves bytes. Its state is not its success: that is a sentence in its log (FirecREST v2)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, Busy, CtaDataError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage.firecrest.api import Api

__all__ = ["JobFailed", "has_ended", "job_of", "outcome", "wait"]

_SUCCESS = (
    "Files were successfully",
    "File was successfully",
    "Multipart file upload successfully completed",
)
_RUNNING = {"PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "REQUEUED", "RESIZING", "STAGE_OUT"}
UNKNOWN_SECONDS = 20.0
"""How long the scheduler may not know a job that was just submitted."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0


class JobFailed(CtaDataError):
    """The cluster's job ended without having moved the bytes."""

    hint = "Look at the job's log on the cluster; it is named in the message."


def job_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return the job that FirecREST *told* of."""
    job = told.get("transferJob")
    if not isinstance(job, dict):
        raise BadAnswer("FirecREST started no job.")
    return job


def has_ended(api: Api, system: str, job_id: str) -> bool | None:
    """Whether the job has ended, well or not; None while the scheduler does not know it."""
    job = api.job(system, job_id)
    if job is None:
        return None
    return str((job.get("status") or {}).get("state", "")).upper() not in _RUNNING


def outcome(api: Api, system: str, transfer: dict[str, Any], *, by_log: bool = True) -> None:
    """Raise `JobFailed` unless the ended job of *transfer* says that it moved the bytes; jobs without a log say it by their state."""
    job_id, log = str(transfer["jobId"]), str((transfer.get("logs") or {}).get("outputLog", ""))
    if by_log and log:
        said = api.view(system, log)
        if any(sentence in said for sentence in _SUCCESS):
            return
        raise JobFailed(f"Job {job_id} on {system} did not move the bytes; its log is {paths.display(log)}.")
    job = api.job(system, job_id) or {}
    state = str((job.get("status") or {}).get("state", "unknown"))
    if state.upper() != "COMPLETED":
        raise JobFailed(f"Job {job_id} on {system} ended as {state}; its log is {paths.display(log or 'not told')}.")


def wait(
    api: Api,
    system: str,
    transfer: dict[str, Any],
    *,
    by_log: bool = True,
    timeout: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when the job of *transfer* has moved the bytes; `JobFailed` if it ended otherwise, `TimeoutError` after *timeout* seconds.

    A server that does not answer for a moment is asked again; only an hour of that is an error.
    """
    if "jobId" not in transfer:
        raise BadAnswer(f"{api.title} tells no job.")
    begun, pause, heard = clock(), FIRST_PAUSE, clock()
    while True:
        try:
            ended = has_ended(api, system, str(transfer["jobId"]))
        except (Unreachable, Busy):
            if clock() - heard > 3600:
                raise
            ended = False
        else:
            heard = clock()
        if ended:
            outcome(api, system, transfer, by_log=by_log)
            return
        if ended is None and clock() - begun > UNKNOWN_SECONDS:
            raise JobFailed(f"The scheduler of {system} does not know job {transfer['jobId']}.")
        if timeout is not None and clock() - begun > timeout:
            raise TimeoutError(f"Job {transfer['jobId']} on {system} has not ended after {timeout:g} s.")
        sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
