"""Transfers keep the server awake: a hub that stops idle servers sees them as activity, up to a limit."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ctadata_jlab.transfer.job import JobState

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from ctadata_jlab.transfer.job import Job

__all__ = ["KEY", "Activity"]

KEY = "ctadata_jlab_last_activity"
"""Jupyter's server takes the latest of all settings whose names end like this."""
MOVING = frozenset({JobState.PLANNING, JobState.RUNNING})


class Activity:
    """Notes that a job has moved, in the server's *settings*; not when the user has done nothing for *limit* seconds."""

    def __init__(
        self, settings: MutableMapping[str, Any], limit: float, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._settings, self._limit = settings, timedelta(seconds=limit)
        self._clock = clock or (lambda: datetime.now(tz=timezone.utc))

    def job(self, job: Job) -> None:
        """Take note of *job*."""
        now = self._clock()
        if job.state in MOVING and now - self._last_action() < self._limit:
            self._settings[KEY] = now

    def _last_action(self) -> datetime:
        """Return when the user last did something, or the server started."""
        times = [self._settings["started"]] if "started" in self._settings else []
        times += [time for key, time in self._settings.items() if key.endswith("_last_activity") and key != KEY]
        return max(times, default=datetime.min.replace(tzinfo=timezone.utc))
