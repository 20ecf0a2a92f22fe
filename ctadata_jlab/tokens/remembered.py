"""Asks a source that costs a process or a request only when there is need."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.tokens.attempt import Attempt, explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens import Token, TokenSource

__all__ = ["Remembered"]

_EARLY = (0.1, 0.2)  # of a token's life; each process draws its own, so that they do not all come at once
_UNKNOWN = 300.0  # seconds that a token is kept of which nobody says when it ends


class Remembered:
    """The token that *source* gave, until it comes near its end or is refused; then *source* gives another.

    A good token outlives its source's bad moment.
    """

    def __init__(self, source: TokenSource, clock: Callable[[], float] = time.time) -> None:
        self.name = source.name
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._share = random.uniform(*_EARLY)  # noqa: S311 - spreads the load, keeps no secret
        self._kept: tuple[Token, float] | None = None  # and since when

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the token, as `TokenSource.fetch` says; raises as the source if it has none that is valid."""
        with self._lock:
            kept = self._kept
            if kept is not None and refused is not None and kept[0].value == refused.value:
                kept = self._kept = None
            if kept is not None and not self._is_due(*kept, min_valid):
                return kept[0]
            return self._asked(min_valid, refused, None if kept is None else kept[0])

    def explain(self) -> list[Attempt]:
        """Ask the source anew."""
        return explain(self._source)

    def _asked(self, min_valid: float, refused: Token | None, before: Token | None) -> Token | None:
        try:
            token = self._source.fetch(min_valid, refused)
        except CtaDataError:
            if before is not None and before.lasts(1, self._clock()):
                return before
            raise
        self._kept = None if token is None else (token, self._clock())
        return token

    def _is_due(self, token: Token, since: float, min_valid: float) -> bool:
        now = self._clock()
        if token.expires is None:
            return abs(now - since) > _UNKNOWN
        life = token.expires - since
        return not token.lasts(min(max(min_valid, life * self._share), life / 2), now)
