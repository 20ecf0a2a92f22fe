"""Which tokens a storage has refused, and how soon the next attempt may come."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.published import Published

__all__ = ["ALLOWED", "WINDOW", "Refusals"]

ALLOWED = (
    2  # dCache >= 11.2 blocks an address after three answers of 401 (`error.max-allowed`), for everybody behind it
)
WINDOW = 30.0  # seconds; dCache counts and blocks for 10 to 20 s by default
_REMEMBERED = 256


class Refusals:
    """The refused tokens, by their fingerprints, and the times of the latest refusals. Thread-safe.

    What is *published* counts too, and tells other processes.
    """

    def __init__(self, clock: Callable[[], float] = time.time, published: Published | None = None) -> None:
        self._clock = clock
        self._published = published
        self._lock = threading.Lock()
        self._fingerprints: deque[str] = deque(maxlen=_REMEMBERED)
        self._times: deque[float] = deque(maxlen=ALLOWED)
        self.last: Token | None = None
        """The token that was refused last."""

    def add(self, token: Token) -> None:
        """Note that the storage has just answered 401 to *token*, be it for the first time or again."""
        with self._lock:
            if self.last is None or self.last.value != token.value:
                self.last = token
            self._times.append(self._clock())
            is_news = token.fingerprint not in self._fingerprints
            if is_news:
                self._fingerprints.append(token.fingerprint)
        if is_news and self._published is not None:
            self._published.add(token.fingerprint)

    def knows(self, token: Token) -> bool:
        """Whether *token* was refused before."""
        with self._lock:
            if self._fingerprints and token.fingerprint in self._fingerprints:
                return True
        return self._published is not None and self._published.knows(token.fingerprint)

    @property
    def is_recent(self) -> bool:
        """Whether a token was refused within the window: the next one had better be tried alone."""
        with self._lock:
            return bool(self._times) and abs(self._clock() - self._times[-1]) < WINDOW

    def wait(self) -> float:
        """Return the seconds until another token may be tried without risking the third 401; 0 for now."""
        with self._lock:
            if len(self._times) < ALLOWED:
                return 0.0
            passed = self._clock() - self._times[0]
        # A clock that was set back must not block anybody for longer than the window.
        return 0.0 if passed < 0 else max(0.0, WINDOW - passed)
