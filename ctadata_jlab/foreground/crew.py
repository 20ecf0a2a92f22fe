"""Several threads that work off the items of one transfer while the caller waits."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Cancelled, CtaDataError, NotLoggedIn
from ctadata_jlab.foreground.standing import Result, Standing, Summary
from ctadata_jlab.transfer.haul import Haul
from ctadata_jlab.transfer.job import ItemState
from ctadata_jlab.transfer.progress import Progress, Watch
from ctadata_jlab.transfer.shares import Shares
from ctadata_jlab.transfer.split import Split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.storage import Storage
    from ctadata_jlab.transfer.copy import Outcome
    from ctadata_jlab.transfer.haul import Hauling
    from ctadata_jlab.transfer.job import Item

__all__ = ["Crew"]

_TICK = 0.25
_FAREWELL = 5.0
"""Seconds that an interrupted transfer gets to leave things tidy; what it cannot is tidied by whoever does it again."""

_LULL = 0.02


class Crew:
    """Several threads that work off *items*: folders are made first, then *act* takes each file."""

    def __init__(
        self,
        items: Sequence[Item],
        target: Storage,
        act: Callable[[Item, Watch], Result],
        hands: int,
        report: Callable[[Standing], object],
        stop: threading.Event | None = None,
        haul: Hauling | None = None,
    ) -> None:
        self._folders = [item for item in items if item.kind == "folder"]
        self._files = [item for item in items if item.kind == "file"]
        self._target = target
        self._act = act
        self._hands = hands
        self._shares = Shares(hands)
        self._report = report
        self._stop = stop or threading.Event()
        self._refused = threading.Event()
        self._progress = Progress()
        self._done = 0
        self._current: dict[int, tuple[Item, Watch]] = {}
        self._haul = haul
        self._split = Split(iter(()), self._stop.is_set)
        self._ended: queue.SimpleQueue[list[tuple[int, Result]] | BaseException] = queue.SimpleQueue()
        self._total = sum(item.size or 0 for item in self._files)

    def work(self, target: str) -> Summary:
        """Do it all; return what it has come to, or raise `Cancelled` when *stop* was set before all was done."""
        made = self._phase(self._folders, self._make)
        failed = [result for result in made if result.error is not None]
        if any(isinstance(result.error, NotLoggedIn) for result in failed):
            return Summary(target, tuple(failed), len(self._files))
        results = self._phase(self._files, self._act)
        done = Summary(target, (*failed, *results), len(self._files) - len(results))
        if self._stop.is_set() and (done.left or done.failed):
            raise Cancelled("The transfer was stopped.", hint="Do the same again to go on with it.")
        return done

    def _make(self, item: Item, watch: Watch) -> Result:
        watch.check()
        self._target.make_folder(item.target or "/")
        return Result(item.path, item.target or "/", ItemState.DONE)

    def _phase(self, items: Sequence[Item], act: Callable[[Item, Watch], Result]) -> list[Result]:
        results: list[tuple[int, Result]] = []
        haul = self._haul if items is self._files and len(items) > 1 else None
        self._split = Split(iter(items), self._is_over, Haul.is_small if haul else None)
        hands = [threading.Thread(target=self._main, args=(act,), daemon=True) for _ in items[: self._hands]]
        if haul is not None:
            hands.append(threading.Thread(target=self._main_haul, args=(haul,), name="ctadata-haul", daemon=True))
        for hand in hands:
            hand.start()
        try:
            while any(hand.is_alive() for hand in hands) or not self._ended.empty():
                news = self._news()
                results += news
                self._tell([result for _, result in news], files=items is self._files)
        except BaseException:
            self._leave(hands)
            raise
        return [result for _, result in sorted(results, key=lambda each: each[0])]

    def _leave(self, hands: Sequence[threading.Thread]) -> None:
        self._stop.set()
        until = time.monotonic() + _FAREWELL
        for hand in hands:
            hand.join(max(0.0, until - time.monotonic()))

    def _news(self) -> list[tuple[int, Result]]:
        """Return what the threads say within a moment."""
        news: list[tuple[int, Result]] = []
        until = time.monotonic() + _TICK
        with contextlib.suppress(queue.Empty):
            while (left := until - time.monotonic()) > 0:
                said = self._ended.get(timeout=min(left, _LULL) if news else left)
                if isinstance(said, BaseException):
                    raise said
                news += said
        return news

    def _tell(self, news: Sequence[Result], *, files: bool) -> None:
        self._done += files * sum(result.error is None for result in news)
        speed = self._progress.speed(time.monotonic())
        finished = tuple(result for result in news if files or result.error is not None)
        moving = [pair for _, pair in sorted(self._current.copy().items())] if files else []
        current = tuple((item.path, watch.done, item.size or 0) for item, watch in moving)
        self._report(Standing(len(self._files), self._done, self._total, self._progress.done, speed, finished, current))

    def _main(self, act: Callable[[Item, Watch], Result]) -> None:
        try:
            while (item := self._split.other()) is not None:
                with self._shares.turn("", {}, self._is_over):
                    self._ended.put([(item.n, self._result(item, act))])
        except BaseException as error:  # noqa: BLE001 - a thread's top: raised again where the results are taken
            self._ended.put(error)

    def _main_haul(self, haul: Hauling) -> None:
        try:
            haul(self._split, self._hands, self).run(Watch(self._progress, self._stop))
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 - a thread's top: raised again where the results are taken
            self._ended.put(error)
        finally:
            self._split.end()

    def began(self, item: Item) -> None:
        """Hear of an item that moves with others: nobody keeps a record of it here."""

    def ended(self, kept: list[tuple[Item, Outcome, str]]) -> None:
        """Hear of those that have arrived so."""
        self._ended.put(
            [
                (item.n, Result(item.path, place, outcome.state, outcome.size, outcome.note))
                for item, outcome, place in kept
            ]
        )

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._refused.is_set()

    def _result(self, item: Item, act: Callable[[Item, Watch], Result]) -> Result:
        watch = Watch(self._progress, self._stop, spare=lambda: self._shares.spare("", {}))
        self._current[item.n] = item, watch
        try:
            return act(item, watch)
        except CtaDataError as error:
            if isinstance(error, NotLoggedIn):
                self._refused.set()  # no file will fare better, and refused tokens are counted at the other side
            return Result(item.path, item.target or "/", ItemState.FAILED, error=error)
        finally:
            self._current.pop(item.n, None)
