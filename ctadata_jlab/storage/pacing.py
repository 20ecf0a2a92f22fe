"""Keeps a client polite: how many requests may start in a second.

dCache refuses a client that starts more than 250 requests a second, and a second request within 4 ms of a first one after a pause.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from ctadata_jlab.storage.wrapper import Wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ctadata_jlab.storage import Body, Entry, Reader, Receipt, Storage, Traits

__all__ = ["Pace", "Pacing"]


_SLOWEST = 0.25
"""Seconds between two starts at a server that keeps refusing."""
_QUICK = 0.0025
_QUIET = 10.0
"""After so many seconds without a refusal it is tried twice as fast again."""
_AT_ONCE = 0.5
"""Refusals within so many seconds are of one crowd, and count once."""


class Pace:
    """Spaces starts evenly for all threads, and twice as far after each refusal; *per_second* None lets everybody go at once."""

    def __init__(
        self,
        per_second: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = self._base = 0.0 if per_second is None else 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._slowed = 0.0

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            if self._gap > self._base and now - self._slowed >= _QUIET:
                self._gap, self._slowed = max(self._base, self._gap / 2), now
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._sleep(turn - now)

    def pause(self, seconds: float | None) -> None:
        """Wait for the turn; if the server asked for *seconds*, after them, in which nobody goes, and then more slowly for a while."""
        if seconds is not None:
            with self._lock:
                if self._clock() - self._slowed > _AT_ONCE or not self._slowed:
                    self._gap, self._slowed = max(self._base, min(max(self._gap, _QUICK) * 2, _SLOWEST)), self._clock()
                self._next = max(self._next, self._clock() + seconds)
        self.wait()


class Pacing(Wrapper):
    """Waits for its turn before each request to `inner`, unless that paces its requests itself (extra ``paced``).

    *starts_per_second* and *connections* are what a site wants, 0: what the storage says of itself.
    """

    def __init__(
        self, inner: Storage, pace: Pace | None = None, *, starts_per_second: float = 0, connections: int = 0
    ) -> None:
        super().__init__(inner)
        own = None if "paced" in inner.traits.extras else inner.traits.starts_per_second
        self._pace = pace or Pace(starts_per_second or own)
        self._connections = connections

    @property
    def traits(self) -> Traits:
        """What it can do, for as many at once as the site wants."""
        own = self.inner.traits
        return changed(own, connections=self._connections) if self._connections else own

    def list(self, folder: str) -> Iterator[Entry]:
        """List in turn."""
        self._pace.wait()
        return self.inner.list(folder)

    def stat(self, path: str) -> Entry:
        """Look in turn."""
        self._pace.wait()
        return self.inner.stat(path)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Open in turn."""
        self._pace.wait()
        return self.inner.open(path, expect)

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Store in turn."""
        self._pace.wait()
        return self.inner.put(path, body, replace=replace, ticket=ticket)

    def make_folder(self, path: str) -> None:
        """Make it in turn."""
        self._pace.wait()
        self.inner.make_folder(path)

    def move(self, source: str, target: str) -> None:
        """Move in turn."""
        self._pace.wait()
        self.inner.move(source, target)

    def remove(self, path: str) -> None:
        """Remove in turn."""
        self._pace.wait()
        self.inner.remove(path)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Ask in turn."""
        self._pace.wait()
        return self.inner.stage(paths)
