"""How fast bytes may move: a limit that can be changed while they do."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SLOWEST", "Throttle", "sensible"]

SLOWEST = 16 * 1024
"""Bytes a second: below that, servers would take a transfer for dead."""


def sensible(rate: int | None) -> int | None:
    """Return *rate* if it can be a limit, or raise `Misconfigured`."""
    if rate is not None and rate < SLOWEST:
        raise Misconfigured(
            f"A limit must be at least {SLOWEST} bytes a second.", hint="Pause the transfer to stop it altogether."
        )
    return rate


class Throttle:
    """Spreads what all its threads move over time, so that it is *rate* bytes a second; None: as fast as it goes."""

    def __init__(self, rate: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = rate
        self._paid_until = clock()

    @property
    def rate(self) -> int | None:
        """The limit in bytes a second."""
        return self._rate

    def limit(self, rate: int | None) -> None:
        """Change the limit, from now on."""
        with self._lock:
            self._rate, self._paid_until = rate, self._clock()

    def wait_for(self, count: int) -> float:
        """Take note of *count* bytes that have moved; return how many seconds their mover has to rest for it."""
        if self._rate is None:
            return 0.0
        with self._lock:
            now, rate = self._clock(), self._rate
            if rate is None:
                return 0.0
            self._paid_until = max(self._paid_until, now) + count / rate
            return self._paid_until - now
