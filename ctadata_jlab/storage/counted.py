"""Bytes on their way, counted: a server may send fewer or more than it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import Corrupted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Counted"]


class Counted:
    """A sink that knows how much went through it, as `total` in bytes."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self._sink = sink
        self.total = 0

    def __call__(self, data: bytes) -> None:
        """Pass *data* on."""
        self._sink(data)
        self.total += len(data)

    def require(self, wanted: int | None, what: str) -> None:
        """Raise `Corrupted` unless exactly *wanted* bytes came; None: nobody knows how many there are."""
        if wanted is not None and self.total != wanted:
            raise Corrupted(f"{wanted} bytes were expected, {self.total} came: {what}.")
