"""Repeats what may be repeated: looking, never writing."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from ctadata_jlab.errors import Busy, CtaDataError
from ctadata_jlab.storage.wrapper import Wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ctadata_jlab.storage import Entry, Reader

__all__ = ["Retrying", "worth_repeating"]

ATTEMPTS = 3
"""With waits of about 0.5 and 1 s between them: somebody may be looking at a spinner."""
LONGEST_WAIT = 30.0
"""A server that asks for a longer pause is not waited for here."""
Answer = TypeVar("Answer")


def worth_repeating(error: Exception) -> bool | float:
    """Whether to repeat after *error*; a number is how many seconds the server asked to wait."""
    if isinstance(error, Busy) and error.after is not None:
        return error.after if error.after <= LONGEST_WAIT else False
    return isinstance(error, CtaDataError) and error.retryable


class Retrying(Wrapper):
    """Repeats `stat`, `open`, `stage`, and a `list` that has not yielded yet."""

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds; once an entry is out, an error is the caller's."""

        def begin() -> Iterator[Entry]:
            entries = iter(self.inner.list(folder))
            first = next(entries, None)
            return entries if first is None else chain((first,), entries)

        return _repeated(begin)

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*."""
        return _repeated(lambda: self.inner.stat(path))

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader; what it pours is not repeated here."""
        return _repeated(lambda: self.inner.open(path, expect))

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Ask again until it is heard; asking twice does no harm."""
        return _repeated(lambda: self.inner.stage(paths))


def _repeated(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except CtaDataError as error:
        if worth_repeating(error) is False:
            raise
        first = error
    import logging  # noqa: PLC0415 - slow to load, and most questions are answered at once

    import stamina  # noqa: PLC0415

    if not (log := logging.getLogger("stamina")).handlers:
        log.addHandler(logging.NullHandler())  # where no program asks for a log, people get errors, not each attempt
    for attempt in stamina.retry_context(
        on=worth_repeating, attempts=ATTEMPTS, wait_initial=0.5, wait_jitter=0.25, wait_max=LONGEST_WAIT
    ):
        with attempt:
            if attempt.num == 1:
                raise first
            return ask()
    raise AssertionError
