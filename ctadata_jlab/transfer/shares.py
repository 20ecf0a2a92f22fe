"""Who may move a file now: a few in all, no more at one storage than it bears, and every job its fair share."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Shares"]

_LOOK = 0.2
"""Seconds between two looks whether who waits has been told to stop."""


class Shares:
    """Gives turns for *at_once* files. Of the jobs that could go, the one with the fewest files on their way is next."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._change = threading.Condition()
        self._moving: Counter[str] = Counter()
        self._at: Counter[str] = Counter()
        self._waiting: dict[str, tuple[int, Mapping[str, int]]] = {}

    @contextmanager
    def turn(self, job_id: str, limits: Mapping[str, int], is_stopped: Callable[[], bool]) -> Iterator[None]:
        """Wait for a turn of the job; *limits* are the storages that its files touch, with how many each bears at once.

        Who is stopped while waiting gets through without one: it has nothing left to do.
        """
        got = self._take(job_id, limits, is_stopped)
        try:
            yield
        finally:
            if got:
                self._give_back(job_id, limits)

    @contextmanager
    def spare(self, job_id: str, limits: Mapping[str, int]) -> Iterator[bool]:
        """Give a further turn for a file that has one, if there is one and nobody waits for it; says whether it did."""
        with self._change:
            got = not self._waiting and self._moving.total() < self.at_once and self._has_room(limits)
            if got:
                self._go(job_id, limits)
        try:
            yield got
        finally:
            if got:
                self._give_back(job_id, limits)

    def _take(self, job_id: str, limits: Mapping[str, int], is_stopped: Callable[[], bool]) -> bool:
        with self._change:
            self._line_up(job_id, limits, 1)
            try:
                while not self._may_go(job_id, limits):
                    if is_stopped():
                        return False
                    self._change.wait(_LOOK)
            finally:
                self._line_up(job_id, limits, -1)
            self._go(job_id, limits)
            return True

    def _go(self, job_id: str, limits: Mapping[str, int]) -> None:
        self._moving[job_id] += 1
        self._at.update(dict.fromkeys(limits, 1))

    def _give_back(self, job_id: str, limits: Mapping[str, int]) -> None:
        with self._change:
            self._moving -= Counter({job_id: 1})
            self._at -= Counter(dict.fromkeys(limits, 1))
            self._change.notify_all()

    def _line_up(self, job_id: str, limits: Mapping[str, int], count: int) -> None:
        waiting = self._waiting.get(job_id, (0, limits))[0] + count
        if waiting:
            self._waiting[job_id] = waiting, limits
        else:
            del self._waiting[job_id]

    def _may_go(self, job_id: str, limits: Mapping[str, int]) -> bool:
        if self._moving.total() >= self.at_once or not self._has_room(limits):
            return False
        fewest = min(self._moving[job] for job, (_, theirs) in self._waiting.items() if self._has_room(theirs))
        return self._moving[job_id] <= fewest

    def _has_room(self, limits: Mapping[str, int]) -> bool:
        return all(self._at[name] < limit for name, limit in limits.items())
