"""Handles with a connection each, which rests after an answer: for questions after which a server is not yet ready for the next.

XRootD 5.5 has a checksum computed by another thread (``XrdXrootdJob``) than the one that took the question, and that one sends the
answer. The first may only then get its processor back, and clears the connection's state (``XrdXrootdTransit::Process``): what has come
on it meanwhile is forgotten, or is worked at by two threads, which ends the server.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import pycurl

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST", "Resting"]

MOST = 16
"""With so many connections the one that rests longest is used again, whether or not its time is over: so many answers came meanwhile."""


class Resting:
    """Takes the one that rests longest, if that is long enough, else a new one, made by *make*."""

    def __init__(self, make: Callable[[], pycurl.Curl], clock: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock = clock
        self._resting: deque[tuple[pycurl.Curl, float]] = deque()

    def __len__(self) -> int:
        return len(self._resting)

    def take(self) -> pycurl.Curl:
        """Return a handle by which something can be asked now."""
        if self._resting and (self._resting[0][1] <= self._clock() or len(self._resting) >= MOST):
            return self._resting.popleft()[0]
        handle, alone = self._make(), pycurl.CurlShare()
        alone.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_CONNECT)  # with nobody else: nobody else uses its connection
        handle.setopt(pycurl.SHARE, alone)
        return handle

    def give_back(self, handle: pycurl.Curl, seconds: float) -> None:
        """Let the connection of *handle* rest for so many *seconds*."""
        self._resting.append((handle, self._clock() + seconds))

    def close(self) -> None:
        """Hang up everywhere."""
        while self._resting:
            self._resting.popleft()[0].close()
