"""One stream of items for two kinds of workers: one that takes the small ones in bulk, and hands that take the others one by one."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.transfer.job import Item

__all__ = ["Split"]

_AHEAD = 1000
_LONGEST_HOLD = 60.0


class Split:
    """Gives each of *items* once. *is_small* tells the kinds apart, as long as somebody takes small ones: who does says `end` at last.

    `is_over` ends it for all.
    """

    def __init__(
        self, items: Iterator[Item], is_over: Callable[[], bool], is_small: Callable[[Item], bool] | None = None
    ) -> None:
        self._items = items
        self._is_over = is_over
        self._is_small = is_small
        self._small: deque[Item] = deque()
        self._other: deque[Item] = deque()
        self._changed = threading.Condition()
        self._no_more = False
        self._held = (0.0, 0.0)

    def small(self) -> Item | None:
        """Return the next small item, None when there is none now (see `ended`)."""
        with self._changed:
            if self._is_over() or time.monotonic() < self._held[0]:
                return None
            while not self._small and len(self._other) < _AHEAD:
                item = self._take()
                if item is None:
                    return None
                if self._belongs_to_bulk(item):
                    return item
                self._other.append(item)
                self._changed.notify_all()
            return self._small.popleft() if self._small else None

    @property
    def ended(self) -> bool:
        """Whether no small item will come any more."""
        with self._changed:
            return self._is_over() or (self._no_more and not self._small)

    def other(self) -> Item | None:
        """Return the next item for a hand, waiting for it; None at the end."""
        with self._changed:
            while not self._is_over():
                item = self._for_a_hand()
                if item is not None:
                    return item
                if self._no_more and not self._is_small:
                    return None
                self._changed.wait(0.1)
            return None

    def fall(self, item: Item, *, trouble: bool = False) -> None:
        """Give a small item to the hands; after *trouble* with its storage they get them all for a while, twice as long each time."""
        with self._changed:
            self._other.append(item)
            if trouble and time.monotonic() >= self._held[0]:
                seconds = min(max(1.0, 2 * self._held[1]), _LONGEST_HOLD)
                self._held = (time.monotonic() + seconds, seconds)
            self._changed.notify_all()

    def went_well(self) -> None:
        """Forget that there was trouble."""
        self._held = (self._held[0], 0.0)

    def end(self) -> None:
        """Say that nobody takes small items any more: what is left is for the hands."""
        with self._changed:
            self._is_small = None
            self._changed.notify_all()

    def _for_a_hand(self) -> Item | None:
        if self._other:
            return self._other.popleft()
        if self._is_small is None or time.monotonic() < self._held[0]:
            return self._small.popleft() if self._small else self._take()
        while len(self._small) < _AHEAD:
            item = self._take()
            if item is None or not self._belongs_to_bulk(item):
                return item
            self._small.append(item)
        return None

    def _belongs_to_bulk(self, item: Item) -> bool:
        return self._is_small is not None and self._is_small(item)

    def _take(self) -> Item | None:
        item = None if self._no_more else next(self._items, None)
        self._no_more = item is None
        return item
