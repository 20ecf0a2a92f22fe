"""Remembers listings for browsing, and only for that: whoever decides asks the door.

Only whole listings are kept, a bounded number of entries of them, for half a minute; own writes and Refresh forget them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.storage.wrapper import Wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.storage import Body, Entry, Receipt, Storage

__all__ = ["Remembering"]


class Remembering(Wrapper):
    """A storage that answers a listing again from memory for *seconds*, at most *entries* of them in all."""

    def __init__(
        self,
        inner: Storage,
        *,
        seconds: float = 30.0,
        entries: int = 200_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inner)
        self._seconds = seconds
        self._room = entries
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, tuple[Entry, ...]]] = OrderedDict()
        self._asking: dict[str, threading.Lock] = {}
        self._epoch = 0

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds, from memory where it is fresh; one asks, others who come meanwhile wait for the answer."""
        folder = paths.remote(folder)
        known = self._recall(folder)
        if known is not None:
            yield from known
            return
        with self._turn(folder):
            known = self._recall(folder)
            if known is not None:
                yield from known
                return
            yield from self._ask(folder)

    def forget(self, path: str | None = None) -> None:
        """Forget what is known of *path*, of its folder and of all below it; None: everything."""
        with self._lock:
            self._epoch += 1
            if path is None:
                self._known.clear()
                return
            path = paths.remote(path)
            below = path.rstrip("/") + "/"
            for folder in [f for f in self._known if f in {path, paths.parent(path)} or f.startswith(below)]:
                del self._known[folder]

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Store, and forget the folder."""
        try:
            return self.inner.put(path, body, replace=replace, ticket=ticket)
        finally:
            self.forget(path)

    def make_folder(self, path: str) -> None:
        """Make it, and forget the folders above, which may be new too."""
        try:
            self.inner.make_folder(path)
        finally:
            self.forget(None)

    def move(self, source: str, target: str) -> None:
        """Move, and forget both places."""
        try:
            self.inner.move(source, target)
        finally:
            self.forget(source)
            self.forget(target)

    def remove(self, path: str) -> None:
        """Remove, and forget the place."""
        try:
            self.inner.remove(path)
        finally:
            self.forget(path)

    def _ask(self, folder: str) -> Iterator[Entry]:
        epoch = self._epoch
        found: list[Entry] = []
        for entry in self.inner.list(folder):
            if len(found) <= self._room:
                found.append(entry)
            yield entry
        self._keep(folder, epoch, tuple(found))

    def _recall(self, folder: str) -> tuple[Entry, ...] | None:
        with self._lock:
            then, entries = self._known.get(folder, (0.0, None))
            if entries is None or self._clock() - then > self._seconds:
                return None
            self._known.move_to_end(folder)
            return entries

    def _keep(self, folder: str, epoch: int, entries: tuple[Entry, ...]) -> None:
        with self._lock:
            if epoch != self._epoch or len(entries) > self._room:
                return
            self._known[folder] = (self._clock(), entries)
            while sum(len(known) for _, known in self._known.values()) > self._room:
                self._known.popitem(last=False)

    def _turn(self, folder: str) -> threading.Lock:
        with self._lock:
            if len(self._asking) > 1000:
                self._asking = {name: lock for name, lock in self._asking.items() if lock.locked()}
            return self._asking.setdefault(folder, threading.Lock())
