"""Who is let in, and how often: dCache's rate limiter, its block after refused tokens, and the scopes of tokens."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.door.traps import Traps

__all__ = ["Limiter", "may"]

_RATE = 250.0
_COLD_AFTER = 10.0

_GRANTED = {
    "storage.read": {"look", "list", "read"},
    "storage.create": {"look", "create"},
    "storage.modify": {"look", "list", "create", "remove"},
    "storage.stage": {"look", "list", "read", "stage"},
}
"""What gPlazma's WlcgProfile makes of scopes: creating is neither listing nor deleting."""


def may(scopes: set[str], activity: str) -> bool:
    """Whether *scopes* allow to look, list, read, create or remove."""
    return any(activity in _GRANTED[scope] for scope in scopes)


class Limiter:
    """One client's account with RateLimitedHandlerList: `refusal` says how long to wait, None if welcome."""

    def __init__(self, traps: Traps) -> None:
        self._traps = traps
        self._lock = threading.Lock()
        self._permits, self._last = 1.0, -math.inf
        self._refused: list[float] = []
        self._blocked_until = 0.0

    def refusal(self) -> int | None:
        """Return the seconds that ``Retry-After`` is to say."""
        now = time.monotonic()
        with self._lock:
            if now < self._blocked_until:
                return math.ceil(self._blocked_until - now)
            if self._traps.uses("busy"):
                return 1
            return 1 if self._traps.cold_limiter and not self._permit(now) else None

    def refused_token(self) -> None:
        """Count one more 401."""
        now = time.monotonic()
        with self._lock:
            self._refused = [moment for moment in self._refused if now - moment < self._traps.block_seconds] + [now]
            if self._traps.block_after_401 and len(self._refused) >= self._traps.block_after_401:
                self._blocked_until = now + self._traps.block_seconds

    def _permit(self, now: float) -> bool:
        """Guava's SmoothBursty: created with one permit and thrown away after ten idle seconds; up to a second's permits are saved."""
        cold = now - self._last > _COLD_AFTER
        self._permits = 1.0 if cold else min(_RATE, self._permits + (now - self._last) * _RATE)
        self._last = now
        if self._permits < 1:
            return False
        self._permits -= 1
        return True
