"""Trying again, with rests that grow, differ a little between threads, and can be interrupted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

import stamina

from ctadata_jlab.errors import AlreadyExists, Busy, Changed, Corrupted, CtaDataError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ATTEMPTS", "is_flow_control", "patiently", "rest_before"]

ATTEMPTS = 5
_FIRST, _LONGEST, _LONGEST_ASKED = 0.5, 15.0, 120.0
_MOST_ASKED = 3600.0
"""Seconds that a server's "not now" is waited for in all; more than that is a failure."""
_AT_ONCE = (Corrupted, Changed, AlreadyExists)
"""What is not mended by waiting: other bytes, another version, another name."""

T = TypeVar("T")


def is_flow_control(error: CtaDataError) -> bool:
    """Whether the server only asks to come later (429, Retry-After): that is no failure, and costs no attempt."""
    return isinstance(error, Busy) and error.after is not None


def rest_before(attempt: int, error: CtaDataError, jitter: Callable[[float, float], float] = random.uniform) -> float:
    """Return how many seconds to rest before *attempt* (2, 3, …): what the server asked for, else twice as long each time.

    A little more than asked, or somewhat less than the double, by *jitter*: threads that failed together do not come back together.
    """
    if isinstance(error, Busy) and error.after is not None:
        return min(max(error.after, 0.0), _LONGEST_ASKED) + (0.0 if stamina.is_testing() else jitter(0.0, 1.0))
    if stamina.is_testing() or isinstance(error, _AT_ONCE):
        return 0.0
    return min(_FIRST * 2.0 ** (attempt - 2), _LONGEST) * jitter(0.6, 1.0)


def patiently(
    work: Callable[[], T],
    *,
    rest: Callable[[float], object],
    worth: Callable[[CtaDataError], bool] = lambda error: error.retryable,
    tell: Callable[[CtaDataError, float], object] = lambda *_: None,
) -> T:
    """Return what *work* returns, repeating it while its error is *worth* it; *rest* waits and may raise to stop.

    *tell* hears of each error that is not the last, and how long is rested for it.
    """
    attempt, asked_to_wait = 1, 0.0
    while True:
        try:
            return work()
        except CtaDataError as error:
            if not worth(error):
                raise
            seconds = rest_before(attempt + 1, error)
            if is_flow_control(error) and asked_to_wait < _MOST_ASKED:
                asked_to_wait += max(seconds, 1.0)
            elif attempt == ATTEMPTS:
                raise
            else:
                attempt += 1
            tell(error, seconds)
        rest(seconds)
