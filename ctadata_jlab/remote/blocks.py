"""Blocks of a file that were read: small reads cost one request for many, and going straight on reads ahead."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BLOCK", "KEPT", "Blocks"]

BLOCK = 256 * 1024
"""Bytes that a small read fetches; a header of FITS, a node of an HDF5 tree, a ROOT key fit into one."""
KEPT = 96
"""Blocks that are remembered, 24 MiB of the default size."""
FURTHEST = 32
"""Blocks that are read ahead at most: 8 MiB of the default size, which fill a wide line at any distance."""


class Blocks:
    """The bytes of a file of *size* bytes; *fetch(start, end)* gets them. Memory is bounded by *kept* blocks.

    Jumping about fetches single blocks. Each read that goes on where the last one ended doubles what is fetched ahead; a jump
    ends that, so that reading a header never fetches the file.
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes], *, block: int = BLOCK, kept: int = KEPT) -> None:
        self.size = size
        self._fetch = fetch
        self._block = block
        self._kept = max(kept, 2)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next = -1
        self._ahead = 0

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from *start* to before *end*, as far as there are any."""
        start, end = max(start, 0), min(end, self.size)
        if start >= end:
            return b""
        self._look_ahead(start, end)
        first, last = start // self._block, (end - 1) // self._block
        if last - first + 1 > self._kept // 2:
            return self._fetch(start, end)  # all in one, past the memory: it would only throw out what is there
        wanted = range(first, last + 1)
        found = {number: self._blocks[number] for number in wanted if number in self._blocks}
        for run in _runs([number for number in wanted if number not in found]):
            found |= self._load(run.start, run.stop)
        for number in wanted:
            if number in self._blocks:
                self._blocks.move_to_end(number)
        data = b"".join(found[number] for number in wanted)
        return data[start - first * self._block : end - first * self._block]

    def _look_ahead(self, start: int, end: int) -> None:
        if start == self._next:
            self._ahead = min(max(1, 2 * self._ahead), FURTHEST, self._kept // 2)
        else:
            self._ahead = 0
        self._next = end

    def _load(self, first: int, stop: int) -> dict[int, bytes]:
        """Fetch the blocks from *first* to before *stop*, and those ahead that are not here yet; return them all."""
        end = stop
        while end < stop + self._ahead and end not in self._blocks and end * self._block < self.size:
            end += 1
        offset = first * self._block
        data = memoryview(self._fetch(offset, min(end * self._block, self.size)))
        loaded = {number: bytes(data[number * self._block - offset :][: self._block]) for number in range(first, end)}
        self._blocks.update(loaded)
        while len(self._blocks) > self._kept:
            self._blocks.popitem(last=False)
        return loaded


def _runs(numbers: list[int]) -> list[range]:
    """Return *numbers*, which rise, as ranges without gaps."""
    runs: list[range] = []
    for number in numbers:
        if runs and runs[-1].stop == number:
            runs[-1] = range(runs[-1].start, number + 1)
        else:
            runs.append(range(number, number + 1))
    return runs
