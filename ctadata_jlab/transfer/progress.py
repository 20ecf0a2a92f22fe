"""How far a transfer is and how fast: pure maths on a clock that is passed in, and the counters that threads share."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.errors import CtaDataError
    from ctadata_jlab.transfer.job import ItemState
    from ctadata_jlab.transfer.strands import Spare
    from ctadata_jlab.transfer.throttle import Throttle

__all__ = ["Progress", "Speed", "Watch"]


class Speed:
    """Bytes a second over the last *window* seconds; remembers a bounded number of samples, however many are given."""

    def __init__(self, window: float = 5.0, step: float = 0.25) -> None:
        self._window = window
        self._step = step
        self._samples: deque[tuple[float, int]] = deque(maxlen=int(window / step) + 2)

    def add(self, count: int, now: float) -> None:
        """Note that *count* bytes have moved by *now*."""
        if self._samples and now - self._samples[-1][0] < self._step:
            begun, sum_ = self._samples.pop()
            self._samples.append((begun, sum_ + count))
        else:
            self._samples.append((now, count))

    def rate(self, now: float) -> float | None:
        """Return bytes a second, None when nothing has moved within the window."""
        while self._samples and self._samples[0][0] < now - self._window:
            self._samples.popleft()
        if not self._samples:
            return None
        return sum(count for _, count in self._samples) / max(now - self._samples[0][0], self._step)


class Progress:
    """The bytes of one job, counted by all its threads."""

    def __init__(self, done: int = 0) -> None:
        self._lock = threading.Lock()
        self._done = done
        self._speed = Speed()

    @property
    def done(self) -> int:
        """The bytes that are where they belong, or on their way there."""
        return self._done

    def moved(self, count: int, now: float) -> None:
        """Count bytes that have just moved."""
        with self._lock:
            self._done += count
            self._speed.add(count, now)

    def settle(self, count: int) -> None:
        """Count bytes that did not have to move, or (negative) that have to move again."""
        with self._lock:
            self._done += count

    def speed(self, now: float) -> float | None:
        """Return bytes a second, None when nothing moves."""
        with self._lock:
            return self._speed.rate(now)


class Watch:
    """What one copy tells while it works, and where it hears that it should stop."""

    def __init__(
        self,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
        on_state: Callable[[ItemState, str | None], object] | None = None,
        throttles: Sequence[Throttle] = (),
        on_trouble: Callable[[CtaDataError, float], object] = lambda *_: None,
        spare: Spare = lambda: nullcontext(enter_result=True),
    ) -> None:
        self._progress = progress or Progress()
        self._stop = stop or threading.Event()
        self._on_state = on_state
        self._throttles = throttles
        self.spare = spare
        """Gives a further turn for this file, if nobody else wants it."""
        self.trouble = on_trouble
        """Hears of an error that is not the last word, and in how many seconds it is tried again."""
        self._mine = 0

    @property
    def done(self) -> int:
        """The bytes of this file that are where they belong, or on their way there."""
        return self._mine

    def check(self) -> None:
        """Raise `Cancelled` when the user said stop."""
        if self._stop.is_set():
            raise Cancelled("The transfer was stopped.")

    def rest(self, seconds: float) -> None:
        """Wait, but no longer than until the user says stop."""
        self._stop.wait(seconds)
        self.check()

    def state(self, state: ItemState, target: str | None = None) -> None:
        """Tell where the file stands, and where it goes if that is not where it was to go."""
        if self._on_state is not None:
            self._on_state(state, target)

    def moved(self, count: int) -> None:
        """Count bytes that have just moved, and rest as long as their limits want it."""
        self._mine += count
        self._progress.moved(count, time.monotonic())
        wait = max((throttle.wait_for(count) for throttle in self._throttles), default=0.0)
        if wait:
            self.rest(wait)

    def again(self, count: int) -> None:
        """Say that bytes which have moved have to move again."""
        self._mine -= count
        self._progress.settle(-count)

    def stand(self, count: int) -> None:
        """Say that *count* bytes of this file are there, whatever was counted before."""
        self._progress.settle(count - self._mine)
        self._mine = count
