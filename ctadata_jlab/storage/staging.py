"""Bringing files from tape by dCache's REST frontend: asked for many at once, remembered, and looked after.

``/api/v1/tape/stage`` (WLCG Tape REST) is asked first; a frontend without it has ``/api/v1/bulk-requests``.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab.errors import BadAnswer, NotFound, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ctadata_jlab.storage.frontend import Frontend

__all__ = ["Staging", "states"]

AT_ONCE = 500
"""The most targets that dCache takes in one bulk request (``bulk.limits.max-flat-targets``)."""
_LIFETIME = "P2D"
_ASK_AGAIN = 3600.0
"""After so many seconds a request is asked for anew: the tape system may have forgotten it."""
_LOOK = 15.0
"""A request is looked at so often at most; a young one more often, for what need not be fetched by a robot."""
_ENDED = {"COMPLETED", "FAILED", "CANCELLED", "SKIPPED"}


@dataclass(slots=True)
class _Request:
    """One request of many files: when it was made, when it was looked at, and which of its files are still coming."""

    made: float
    looked: float
    coming: set[str]


class Staging:
    """What was asked of the tape behind *frontend*. Paths are whole, as in the door's URLs. Thread-safe; forgets with the process."""

    def __init__(self, frontend: Frontend, clock: Callable[[], float] = time.monotonic) -> None:
        self._frontend = frontend
        self._clock = clock
        self._lock = threading.Lock()
        self._requests: dict[str, _Request] = {}
        self._of: dict[str, str] = {}

    def bring(self, paths: Sequence[str]) -> set[str]:
        """Ask for *paths*, unless that was done already; return those that are on their way. The others have come, or will not."""
        with self._lock:
            now = self._clock()
            for key in {self._of[path] for path in paths if path in self._of}:
                self._look(key, now)
            ended = {path for path in paths if path in self._of and not self._is_coming(path)}
            for path in ended:
                del self._of[path]
            new = [path for path in dict.fromkeys(paths) if path not in self._of and path not in ended]
            for begin in range(0, len(new), AT_ONCE):
                self._ask(new[begin : begin + AT_ONCE], now)
            return set(paths) - ended

    def _is_coming(self, path: str) -> bool:
        request = self._requests.get(self._of[path])
        return request is not None and path in request.coming

    def _ask(self, paths: Sequence[str], now: float) -> None:
        key = self._frontend.stage(paths, _LIFETIME)
        self._requests[key] = _Request(now, now, set(paths))
        self._of.update(dict.fromkeys(paths, key))

    def _look(self, key: str, now: float) -> None:
        request = self._requests[key]
        if now - request.looked < min(_LOOK, 1 + (now - request.made) / 2):
            return
        request.looked = now
        try:
            ended = {path for path, state in self._frontend.staged(key) if state in _ENDED}
        except (NotFound, Unsupported, BadAnswer):  # forgotten, such as by a restart of dCache
            ended = set(request.coming)
        request.coming -= ended
        if now - request.made > _ASK_AGAIN:
            for path in request.coming:
                self._of.pop(path, None)
            request.coming = set()
        if not request.coming:
            del self._requests[key]


def states(found: Sequence[object], path: str, state: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a request's description."""
    for one in found:
        if isinstance(one, dict) and isinstance(one.get(path), str):
            yield one[path], str(one.get(state, "")).upper()
