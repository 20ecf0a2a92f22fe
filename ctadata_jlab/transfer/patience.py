"""Trying again, with growing rests that the user can interrupt."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import stamina

from ctadata_jlab.errors import Busy, CtaDataError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ATTEMPTS", "patiently", "rest_before"]

ATTEMPTS = 5
_FIRST, _LONGEST, _LONGEST_ASKED = 0.5, 15.0, 120.0

T = TypeVar("T")


def rest_before(attempt: int, error: CtaDataError) -> float:
    """Return how many seconds to rest before *attempt* (2, 3, …): what the server asked for, else twice as long each time."""
    if isinstance(error, Busy) and error.after is not None:
        return min(max(error.after, 0.0), _LONGEST_ASKED)
    if stamina.is_testing():
        return 0.0
    return min(_FIRST * 2.0 ** (attempt - 2), _LONGEST)


def patiently(
    work: Callable[[], T],
    *,
    rest: Callable[[float], object],
    worth: Callable[[CtaDataError], bool] = lambda error: error.retryable,
) -> T:
    """Return what *work* returns, repeating it while its error is *worth* it; *rest* waits and may raise to stop.

    stamina counts and reports the attempts; the rests are ours, because its own cannot be interrupted.
    """
    again = False

    def once(number: int) -> T:
        nonlocal again
        again = False
        try:
            return work()
        except CtaDataError as error:
            again = worth(error) and number < ATTEMPTS
            if again:
                rest(rest_before(number + 1, error))
            raise

    for attempt in stamina.retry_context(
        on=lambda _: again, attempts=ATTEMPTS, timeout=None, wait_initial=0, wait_max=0, wait_jitter=0
    ):
        with attempt:
            return once(attempt.num)
    raise AssertionError  # stamina returns or raises
