"""How long, how many at once and how soon one after another a door is asked when small files move many at a time.

XRootD 5.5 forgets what comes on a connection right after the answer about a checksum that it had to compute (see `Resting`), and makes
questions wait for half a minute that find its queue full (``xrootd.chksum max``). So there they are few at a time, and their
connections rest in between. A file whose question is lost all the same goes by hands that ask again; after some silences the short way
is given up for a while, and all files go so, one by one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError, Unreachable, Unsupported
from ctadata_jlab.http import FIRST_BYTE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Patience"]

_AWHILE = 600.0
_REST = 0.01
"""Longer than a thread of a busy server waits for its processor."""


class Patience:
    """With the door called *title*: at most so many *questions* about checksums at once, each answered within *seconds*.

    The connection of an answer *rest*s for so many seconds.
    After so many *silences* within *awhile*, `require` raises for as long. By default many may be asked, and nothing is ever given up.
    """

    def __init__(
        self,
        title: str,
        questions: int = 64,
        seconds: float = FIRST_BYTE_SECONDS,
        awhile: float = 0.0,
        silences: int = 1,
        clock: Callable[[], float] = time.monotonic,
        rest: float = 0.0,
    ) -> None:
        self.questions = questions
        self.seconds = seconds
        self.rest = rest
        self._title = title
        self._awhile = awhile
        self._clock = clock
        self._until = 0.0
        self._silences: deque[float] = deque(maxlen=silences)
        self._lock = threading.Lock()

    @classmethod
    def with_xrootd(cls, title: str) -> Patience:
        """Return what XRootD bears."""
        return cls(title, questions=1, seconds=5.0, awhile=_AWHILE, silences=3, rest=_REST)

    @property
    def is_over(self) -> bool:
        """Whether the short way is given up at the moment."""
        return self._until > 0 and self._clock() < self._until

    def require(self) -> None:
        """Raise `Unsupported` while the short way is given up."""
        if self.is_over:
            raise Unsupported(f"{self._title} did not answer when it was asked for much at once.")

    def heard(self, error: CtaDataError | None) -> None:
        """Take what became of a step: those that were not answered end the patience for a while."""
        if not isinstance(error, Unreachable):
            return
        with self._lock:
            now = self._clock()
            self._silences.append(now)
            if len(self._silences) == self._silences.maxlen and now - self._silences[0] < (self._awhile or 1.0):
                self._until = now + self._awhile
                self._silences.clear()
