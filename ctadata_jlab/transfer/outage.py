"""A network that is gone: told from one broken file, waited for, and tried again at growing distances."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from ctadata_jlab.errors import CtaDataError, Unreachable
from ctadata_jlab.storage import HasLocalPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ctadata_jlab.storage import Storage

__all__ = ["TAPE_FIRST", "TAPE_LONGEST", "Gone", "Outages", "once_more", "require_answers"]

T = TypeVar("T")

FIRST, LONGEST = 5.0, 60.0
TAPE_FIRST, TAPE_LONGEST = 4.0, 300.0
"""What a tape system has on its own disks comes within seconds; a robot takes minutes to hours."""


class Gone(Unreachable):
    """A storage does not answer at all; nothing is wrong with the file that was asked for."""

    hint = "It goes on by itself when the storage can be reached again."

    @property
    def name(self) -> str:
        """To the user it is what it is made from."""
        return Unreachable.__name__


def require_answers(storages: Iterable[Storage]) -> None:
    """Raise `Gone` unless each of *storages* that is not of this machine answers anything at all, be it a refusal."""
    for storage in storages:
        if isinstance(storage, HasLocalPaths):
            continue
        try:
            storage.stat("/")
        except Unreachable as error:
            raise Gone(error.message) from error
        except CtaDataError:
            continue


def once_more(act: Callable[[], T], judge: Callable[[CtaDataError], object]) -> T:
    """Return what *act* returns; if it cannot reach its storage, but *judge* finds that it answers, act a second time.

    An outage may end just after the last of the usual attempts: they were spent on nobody. *judge* raises `Gone` while it lasts.
    """
    try:
        return act()
    except Unreachable as error:
        judge(error)
        return act()


class Outages:
    """When which job is tried again: *first* seconds after the first time, twice as long each time, at most *longest*.

    By a clock that never jumps.
    """

    def __init__(
        self,
        first: float = FIRST,
        longest: float = LONGEST,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first, self._longest = first, longest
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._tries: dict[str, tuple[int, float]] = {}

    def next(self, job_id: str) -> float:
        """Note that it was in vain; return in how many seconds the job is tried again."""
        with self._lock:
            count = self._tries.get(job_id, (0, 0.0))[0] + 1
            seconds = min(self._first * 2.0 ** min(count - 1, 30), self._longest) * self._jitter(0.8, 1.0)
            self._tries[job_id] = count, self._clock() + seconds
            return seconds

    def is_due(self, job_id: str) -> bool:
        """Whether the job is to be tried now; one that nothing is known of, since another process noted it, is."""
        with self._lock:
            return self._clock() >= self._tries.get(job_id, (0, 0.0))[1]

    def over(self, job_id: str) -> None:
        """Note that the storages answer again."""
        with self._lock:
            self._tries.pop(job_id, None)
