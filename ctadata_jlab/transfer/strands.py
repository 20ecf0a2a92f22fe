"""A large file by several ranges at once, given on in the file's order.

Where each connection has a pace of its own, as with a pool far away, one of them does not fill the line. So one strand of the file is
fetched first, and others join it as long as it is slow and there are spare turns. What comes early is kept in memory: a few blocks,
however large the file is. The ranges share what the reader has found out, such as dCache's mover, and leaving the reader frees it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import TypeAlias

    from ctadata_jlab.storage import Reader

    Spare: TypeAlias = Callable[[], AbstractContextManager[bool]]
    """A turn that nobody else waits for, as a context; False: there is none."""

__all__ = ["Spare", "pour"]

LARGE = 256 * 1024 * 1024
"""Bytes. What is left of a file has to be more than this to be worth several connections."""
BLOCK = 8 * 1024 * 1024
"""Bytes of one range."""
ALONE = 256 * 1024 * 1024
"""Bytes of one range where nobody helps."""
FAST = 64 * 1024 * 1024
"""Bytes a second. A connection as fast as this needs no company: then something else sets the pace."""
_LOOK = 0.25


def pour(
    reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object], *, most: int, spare: Spare
) -> None:
    """Give *sink* the bytes from *start* to before *end* of *reader*, in order, in the calling thread; as `Reader.pour`.

    A large file, of which a checksum will prove the whole, comes by at most so many ranges at once, as far as there are *spare* turns.
    """
    if most > 1 and end is not None and end - start > LARGE and reader.entry.checksum is not None:
        _Strands(reader, start, end, most, spare).pour(sink)
    else:
        reader.pour(start, end, sink)


class _Over(Exception):
    """Nobody wants the bytes any more."""


class _Block:
    """One range: the bytes that have come and were not yet given on."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.pieces: deque[bytes] = deque()
        self.held = 0
        self.waited = 0.0
        self.is_whole = False
        self.error: BaseException | None = None


class _Strands:
    """The ranges of one file that are on their way."""

    def __init__(self, reader: Reader, start: int, end: int, most: int, spare: Spare) -> None:
        self._reader = reader
        self._next = start
        self._end = end
        self._most = most
        self._spare = spare
        self._blocks: deque[_Block] = deque()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_slow = True
        self._is_over = False
        self._is_broken = False

    def pour(self, sink: Callable[[bytes], object]) -> None:
        """Give *sink* the bytes in order, in the calling thread; an empty piece now and then while none come, so that it may raise.

        Raises what a strand has raised, after what came before that.
        """
        self._start(self._lead)
        try:
            while (piece := self._piece()) is not None:
                sink(piece)
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()
            for thread in self._threads:
                thread.join()

    # -- the writer's side

    def _piece(self) -> bytes | None:
        """Return what is next, empty when that takes a while, None after the last."""
        with self._changed:
            while True:
                while self._blocks and self._blocks[0].is_whole and not self._blocks[0].pieces:
                    self._blocks.popleft()
                    self._changed.notify_all()
                    self._seek_help()
                if self._blocks and self._blocks[0].pieces:
                    return self._given(self._blocks[0])
                if self._blocks and self._blocks[0].error is not None:
                    raise self._blocks[0].error
                if not self._blocks and self._next >= self._end:
                    return None
                if not self._changed.wait(_LOOK):
                    return b""

    def _given(self, block: _Block) -> bytes:
        piece = block.pieces.popleft()
        block.held -= len(piece)
        self._changed.notify_all()
        return piece

    def _seek_help(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if self._is_slow:
            with suppress(RuntimeError):  # no more threads: then the others do it
                for _ in range(len(self._threads), self._most):
                    self._start(self._help)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._strand, args=(work,), name="ctadata-strand", daemon=True)
        thread.start()
        self._threads.append(thread)

    # -- a strand's side

    def _strand(self, work: Callable[[], None]) -> None:
        with suppress(_Over):
            work()

    def _lead(self) -> None:
        while (block := self._take(waits=True)) is not None:
            self._fetch(block)

    def _help(self) -> None:
        """Fetch as long as there is a turn, and room: a turn is not held for nothing."""
        while self._is_slow:
            with self._spare() as is_mine:
                block = self._take(waits=False) if is_mine else None
                if block is None:
                    return
                self._fetch(block)

    def _take(self, *, waits: bool) -> _Block | None:
        """Return the next range, when there is room for it; None when all are taken, or one has failed, or for who does not wait."""
        with self._changed:
            while self._next < self._end and not self._is_broken:
                self._require_wanted()
                if not self._blocks or self._next - self._blocks[0].start < (self._most + 1) * BLOCK:
                    length = BLOCK if self._is_slow or not waits else ALONE
                    block = _Block(self._next, min(self._next + length, self._end))
                    self._blocks.append(block)
                    self._next = block.end
                    return block
                if not waits:
                    return None
                self._changed.wait(_LOOK)
            return None

    def _fetch(self, block: _Block) -> None:
        began = time.monotonic()
        try:
            self._reader.pour(block.start, block.end, lambda data: self._keep(block, data))
        except _Over:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again by `pour`, in its place
            with self._changed:
                block.error, self._is_broken = error, True
                self._changed.notify_all()
            return
        seconds = time.monotonic() - began - block.waited
        with self._changed:
            block.is_whole = True
            self._is_slow = block.end - block.start < seconds * FAST
            self._changed.notify_all()

    def _keep(self, block: _Block, data: bytes) -> None:
        """Keep what came, once there is room for it."""
        with self._changed:
            self._require_wanted()
            began = time.monotonic()
            while block.held >= BLOCK:
                self._changed.wait(_LOOK)
                self._require_wanted()
            block.waited += time.monotonic() - began
            if data:
                block.pieces.append(data)
                block.held += len(data)
                self._changed.notify_all()

    def _require_wanted(self) -> None:
        if self._is_over:
            raise _Over
