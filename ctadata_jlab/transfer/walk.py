"""Everything below a folder, with a few listings at once and a bounded number of entries in memory."""

from __future__ import annotations

import copy
import logging
import queue
import threading
from typing import TYPE_CHECKING, TypeVar

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, Cancelled, CtaDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.storage import Entry, Storage

__all__ = ["LISTINGS", "about", "walk"]

_LOG = logging.getLogger(__name__)
LISTINGS = 4
_AHEAD = 1000

E = TypeVar("E", bound=CtaDataError)


def about(error: E, message: str) -> E:
    """Return *error* with other words: its class and hint say what can be done, the words say where."""
    other = copy.copy(error)
    other.message = message
    other.args = (message,)
    return other


def walk(
    storage: Storage,
    top: str,
    *,
    listings: int = LISTINGS,
    enter: Callable[[Entry], bool] = lambda _: True,
    check: Callable[[], object] = lambda: None,
) -> Iterator[Entry]:
    """Yield everything below the folder *top*, each folder before what it holds; *enter* says which folders are looked into.

    A folder that cannot be listed ends it with that error, by name. *check* may raise to stop.
    """
    walker = _Walker(storage, enter)
    walker.start(top, listings)
    try:
        yield from walker.entries(check)
    finally:
        walker.stop()


class _Walker:
    def __init__(self, storage: Storage, enter: Callable[[Entry], bool]) -> None:
        self._storage = storage
        self._enter = enter
        self._found: queue.Queue[Entry | CtaDataError | None] = queue.Queue(maxsize=_AHEAD)
        self._turn = threading.Condition()
        self._folders: list[str] = []
        self._open = 0
        self._stopped = False

    def start(self, top: str, listings: int) -> None:
        self._folders.append(top)
        self._open = 1
        for _ in range(listings):
            threading.Thread(target=self._work, name="ctadata-list", daemon=True).start()

    def stop(self) -> None:
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def entries(self, check: Callable[[], object]) -> Iterator[Entry]:
        while True:
            check()
            try:
                found = self._found.get(timeout=0.2)
            except queue.Empty:
                continue
            if found is None:
                return
            if isinstance(found, CtaDataError):
                raise found
            yield found

    def _work(self) -> None:
        while (folder := self._next()) is not None:
            try:
                self._list(folder)
            except Cancelled:
                return
            except CtaDataError as error:
                self._give(about(error, f"The folder {paths.display(folder)} cannot be listed: {error.message}"))
            except Exception as error:  # noqa: BLE001 — a thread's top: raised again where the entries are taken
                self._give(BadAnswer(f"The folder {paths.display(folder)} cannot be listed: {type(error).__name__}."))
                _LOG.exception("A listing failed unexpectedly")
            self._closed()

    def _next(self) -> str | None:
        with self._turn:
            while not self._folders and self._open and not self._stopped:
                self._turn.wait()
            return None if self._stopped or not self._folders else self._folders.pop()

    def _list(self, folder: str) -> None:
        for entry in self._storage.list(folder):
            if not self._give(entry):
                raise Cancelled("Nobody asks any more.")
            if entry.is_folder and self._enter(entry):
                with self._turn:
                    self._folders.append(entry.path)
                    self._open += 1
                    self._turn.notify()

    def _closed(self) -> None:
        with self._turn:
            self._open -= 1
            finished = self._open == 0
            self._turn.notify_all()
        if finished:
            self._give(None)

    def _give(self, found: Entry | CtaDataError | None) -> bool:
        while not self._stopped:
            try:
                self._found.put(found, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False
