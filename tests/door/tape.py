"""The tape behind the pools: files that were asked for come after a while, or not at all."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.door.double import Double

__all__ = ["Tape"]


class Tape:
    """Its requests, by name."""

    def __init__(self, double: Double) -> None:
        self._double = double
        self._names = (f"request-{n}" for n in itertools.count(1))
        self.requests: dict[str, tuple[float, list[str]]] = {}

    def ask(self, paths: list[str]) -> str:
        """Take a request."""
        name = next(self._names)
        self.requests[name] = time.monotonic(), paths
        return name

    def states(self, name: str) -> list[tuple[str, str]] | None:
        """Return each file's state; what has come is on disk from now on. None if there is no such request."""
        if name not in self.requests:
            return None
        made, paths = self.requests[name]
        is_over = time.monotonic() - made >= self._double.traps.tape_seconds
        return [(path, self._state(path, is_over=is_over)) for path in paths]

    def _state(self, path: str, *, is_over: bool) -> str:
        node = self._double.names.find(path)
        if node is None or path in self._double.traps.tape_fails:
            return "FAILED"
        if node.locality == "NEARLINE" and is_over:
            node.locality = "ONLINE_AND_NEARLINE"
        return "STARTED" if node.locality == "NEARLINE" else "COMPLETED"
