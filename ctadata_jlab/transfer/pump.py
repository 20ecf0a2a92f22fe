"""Bytes that one thread fetches while another works with them."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Cancelled

if TYPE_CHECKING:
    from ctadata_jlab.storage import Reader

__all__ = ["Pump"]

_LARGEST = 1024 * 1024
_PIECES = 16
_LOOK = 0.2
"""Seconds between two looks whether anybody still wants it."""


class Pump:
    """Pours *reader* into a bounded queue, in a thread of its own."""

    def __init__(self, reader: Reader) -> None:
        self._pieces: queue.Queue[bytes] = queue.Queue(maxsize=_PIECES)
        self._error: BaseException | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._pour, args=(reader,), name="ctadata-pump", daemon=True)
        self._thread.start()

    def take(self) -> bytes:
        """Return the next piece, empty at the end; raises what the reader raised."""
        piece = self._pieces.get()
        if not piece:
            self._pieces.put(b"")  # whoever asks again hears the same
            if self._error is not None:
                raise self._error
        return piece

    def close(self) -> None:
        """Stop it, and wait until it has stopped."""
        self._closed.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.02)

    def _drain(self) -> None:
        try:
            while True:
                self._pieces.get_nowait()
        except queue.Empty:
            pass

    def _pour(self, reader: Reader) -> None:
        try:
            reader.pour(0, None, self._give)
        except BaseException as error:  # noqa: BLE001 - a thread's top: raised again where the bytes are taken
            self._error = error
        self._put(b"")

    def _give(self, data: bytes) -> None:
        if self._closed.is_set():
            raise Cancelled("Nobody reads any more.")
        for begin in range(0, len(data), _LARGEST):
            if not self._put(data if len(data) <= _LARGEST else data[begin : begin + _LARGEST]):
                raise Cancelled("Nobody reads any more.")

    def _put(self, piece: bytes) -> bool:
        while not self._closed.is_set():
            try:
                self._pieces.put(piece, timeout=_LOOK)
            except queue.Full:
                continue
            return True
        return False
