"""A fault at a chosen moment: the n-th request from now on meets it, whatever it asks for and whichever server it asks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.door.serving import Handler

__all__ = ["KINDS", "Moment"]

_OUTAGE = 3
_STATUS = {
    "401": ("Unauthorized", {"WWW-Authenticate": "Bearer"}),
    "429": ("Server is busy. Please try again later.", {"Retry-After": "0"}),
    "500": ("Server is busy (internal timeout)", {}),
    "503": ("No write pools online", {}),
    "507": ("Quota exceeded", {}),
}
KINDS = ("cut", "lost", "torn", "gone", *_STATUS)
"""Hung up before anything is done; after it is done, without an answer; in the middle of the answer; hung up three times; refused."""


class Moment:
    """Request *number* (from 1) meets *kind*, or is preceded by *act*, somebody else's deed; `snapped` says whether it came to that."""

    def __init__(self, number: int, kind: str = "", act: Callable[[], object] | None = None) -> None:
        self.number = number
        self.kind = kind
        self.snapped = False
        self.seen = 0
        self._act = act
        self._lock = threading.Lock()

    def admit(self, handler: Handler) -> bool:
        """Let the request be done, or do to it what is to be done; False if it has got its answer."""
        with self._lock:
            self.seen += 1
            late = self.seen - self.number
            if late and not (self.kind == "gone" and 0 <= late < _OUTAGE):
                return True
            self.snapped = True
            if self._act is not None:
                self._act()
        if self.kind in {"cut", "gone"}:
            handler.cut()
        if self.kind in _STATUS:
            reason, headers = _STATUS[self.kind]
            handler.close_connection = True
            handler.reply(int(self.kind), reason.encode(), headers, reason)
            return False
        handler.loses, handler.tears = self.kind == "lost", self.kind == "torn"
        return True
