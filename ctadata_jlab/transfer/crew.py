"""Threads that take a phase's items one after another, and the counts that they share."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Cancelled, CtaDataError, NotLoggedIn, Offline
from ctadata_jlab.transfer.copy import item_of
from ctadata_jlab.transfer.haul import Haul
from ctadata_jlab.transfer.job import Item, ItemState, note_of
from ctadata_jlab.transfer.outage import once_more
from ctadata_jlab.transfer.progress import Progress, Watch
from ctadata_jlab.transfer.split import Split
from ctadata_jlab.transfer.tape import found_on_tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from ctadata_jlab.transfer.acts import Phase
    from ctadata_jlab.transfer.copy import Outcome
    from ctadata_jlab.transfer.haul import Hauling
    from ctadata_jlab.transfer.job import Job
    from ctadata_jlab.transfer.strands import Spare
    from ctadata_jlab.transfer.throttle import Throttle

__all__ = ["TICK", "Crew", "Tally"]

_LOG = logging.getLogger(__name__)
TICK = 0.25
"""Seconds between two reports."""


class Tally:
    """What has been done so far; one for all phases of a run."""

    def __init__(self, job: Job, *, counts_folders: bool) -> None:
        self.progress = Progress(job.bytes_done)
        self._lock = threading.Lock()
        self._kinds = {"file", "folder"} if counts_folders else {"file"}
        self._counts = {
            ItemState.DONE: job.files_done,
            ItemState.SKIPPED: job.files_skipped,
            ItemState.FAILED: job.files_failed,
        }

    def add(self, item: Item) -> None:
        """Count an item that has ended."""
        with self._lock:
            if item.kind in self._kinds and item.state in self._counts:
                self._counts[item.state] += 1

    def facts(self) -> dict[str, int | float | None]:
        """Return what to report of the job."""
        with self._lock:
            return {
                "files_done": self._counts[ItemState.DONE],
                "files_skipped": self._counts[ItemState.SKIPPED],
                "files_failed": self._counts[ItemState.FAILED],
                "bytes_done": self.progress.done,
                "speed": self.progress.speed(time.monotonic()),
            }


class Crew:
    """Works through *items* of one *phase*; one item's failure stops no other, a missing login stops all.

    *mark* keeps what items have become; *stages* says whether files on tape can be asked for;
    *turn* is held while a file moves, *spare* gives further ones, *throttles* limit how fast;
    *judge* raises if an error is not one item's, but everybody's;
    *note* writes a line into the job's log.
    """

    def __init__(
        self,
        phase: Phase,
        items: Iterator[Item],
        *,
        stop: threading.Event,
        tally: Tally,
        mark: Callable[[Sequence[Item]], None],
        stages: bool = False,
        turn: Callable[[Callable[[], bool]], AbstractContextManager[None]] = lambda _: nullcontext(),
        spare: Spare = lambda: nullcontext(enter_result=False),
        throttles: Sequence[Throttle] = (),
        judge: Callable[[CtaDataError], object] = lambda _: None,
        note: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._phase = phase
        self._halt = threading.Event()
        self._split = Split(items, self._is_over, Haul.is_small if phase.haul else None)
        self._stop = stop
        self._tally = tally
        self._mark = mark
        self._stages = stages
        self._turn = turn
        self._spare = spare
        self._throttles = throttles
        self._judge = judge
        self._note = note
        self._error: BaseException | None = None

    def work(self, hands: int, tick: Callable[[], None]) -> None:
        """Do it all with so many *hands*; calls *tick* while that lasts. Raises what stopped everything."""
        threads = [threading.Thread(target=self._run, name="ctadata-copy", daemon=True) for _ in range(hands)]
        if self._phase.haul is not None:
            args = (self._phase.haul, hands)
            threads.append(threading.Thread(target=self._haul, args=args, name="ctadata-haul", daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(TICK)
                tick()
        if self._stop.is_set():
            raise Cancelled("The transfer was stopped.")
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while (item := self._split.other()) is not None:
                with self._turn(self._is_over):
                    self._do(item)
        except BaseException as error:  # noqa: BLE001 — a thread's top: raised again by `work`
            self._error = error
            self._halt.set()

    def _haul(self, haul: Hauling, lines: int) -> None:
        try:
            with self._turn(self._is_over):
                watch = Watch(self._tally.progress, self._stop, throttles=self._throttles)
                haul(self._split, lines, self).run(watch)
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 — a thread's top: raised again by `work`
            self._error = error
            self._halt.set()
        finally:
            self._split.end()

    def began(self, item: Item) -> None:
        """Hear of an item that moves with others."""
        self._mark([replace(item, state=ItemState.COPYING, attempts=item.attempts + 1)])

    def ended(self, kept: list[tuple[Item, Outcome, str]]) -> None:
        """Hear of those that have arrived so."""
        items = [item_of(item, outcome) for item, outcome, _ in kept]
        self._mark(items)
        for item in items:
            self._tally.add(item)

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._halt.is_set()

    def _do(self, item: Item) -> None:
        if self._is_over():
            return
        begun = replace(item, attempts=item.attempts + 1)
        goes_to = item.target

        def on_state(state: ItemState, target: str | None) -> None:
            nonlocal goes_to
            goes_to = target or goes_to
            self._mark([replace(begun, state=state, target=goes_to)])

        watch = Watch(self._tally.progress, self._stop, on_state, self._throttles, self._trouble(item), self._spare)
        try:
            became = once_more(lambda: self._phase.act(begun, watch), self._judge)
        except Cancelled:
            self._mark([item])
            return
        except NotLoggedIn:
            watch.stand(0)
            self._mark([item])
            raise
        except Offline as error:
            watch.stand(0)
            became = found_on_tape(begun, error, stages=self._stages)
        except CtaDataError as error:
            self._go_on_after(error, item, watch)
            became = replace(begun, state=ItemState.FAILED, error=note_of(error), target=goes_to)
        except Exception as error:  # noqa: BLE001 — the edge of one item: others go on
            _LOG.exception("A file of a transfer failed unexpectedly")
            became = replace(begun, state=ItemState.FAILED, error=note_of(error), target=goes_to)
        if became.state is ItemState.FAILED:
            watch.stand(0)
        self._mark([became])
        self._tally.add(became)

    def _trouble(self, item: Item) -> Callable[[CtaDataError, float], None]:
        def tell(error: CtaDataError, seconds: float) -> None:
            self._note(f"{paths.display(item.path)}: {error.name}: {error.message} Again in {seconds:.0f} s.")

        return tell

    def _go_on_after(self, error: CtaDataError, item: Item, watch: Watch) -> None:
        """Let the other items be tried, unless *error* is not this one's own: then it waits, and so do all."""
        try:
            self._judge(error)
        except CtaDataError:
            watch.stand(0)
            self._mark([item])
            raise
