"""A file of a storage as Python's own kind of file, open for reading."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Corrupted
from ctadata_jlab.remote.blocks import BLOCK, Blocks
from ctadata_jlab.transfer.checksum import Digests
from ctadata_jlab.transfer.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined, unused-ignore]

    from ctadata_jlab.storage import Entry, Reader, Storage

__all__ = ["Reading", "read_range", "read_whole"]


class Reading(io.RawIOBase):
    """The version of *path* that is there now, open for reading; `entry` is what is known of it.

    Only what is read is fetched, by blocks (see `Blocks`); it raises `Changed` where the storage tells that the file is another now.
    """

    mode = "rb"

    def __init__(self, storage: Storage, path: str, *, block: int = BLOCK) -> None:
        self._reader = storage.open(path)
        self.entry: Entry = self._reader.entry
        self.name = self.entry.path
        self.size = self.entry.size or 0
        self._blocks = Blocks(self.size, self.fetch, block=block)
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place; nothing is fetched for it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}.get(whence)
        if base is None or base + offset < 0:
            raise ValueError(f"There is no such place in the file: {offset} from {whence}.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        """Fill *buffer* as far as there are bytes."""
        view = memoryview(buffer).cast("B")
        data = self._blocks.read(self._at, self._at + len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        """Return what is left, in one request."""
        data = self._blocks.read(self._at, self.size)
        self._at += len(data)
        return data

    def close(self) -> None:
        """Let the storage's mover go."""
        if not self.closed:
            self._reader.__exit__(None, None, None)
        super().close()

    def fetch(self, start: int, end: int) -> bytes:
        """Return the bytes from *start* to before *end*, past the blocks."""
        return _patient(self._reader, start, end)


def read_range(storage: Storage, path: str, start: int = 0, end: int | None = None) -> bytes:
    """Return the bytes of *path* from *start* to before *end*; negative numbers count from its end, as in slices."""
    with storage.open(path) as reader:
        first, stop, _ = slice(start, end).indices(reader.entry.size or 0)
        if first == 0 and stop == reader.entry.size:
            return _proven(reader)
        return _patient(reader, first, stop) if first < stop else b""


def read_whole(storage: Storage, path: str) -> bytes:
    """Return all bytes of *path*, compared with the checksum that the storage has stored."""
    with storage.open(path) as reader:
        return _proven(reader)


def _proven(reader: Reader) -> bytes:
    def work() -> bytes:
        data = _poured(reader, 0, None)
        proof = reader.entry.checksum
        if proof is not None:
            digests = Digests([proof.algorithm])
            digests.update(data)
            computed = digests.checksum(proof.algorithm)
            if computed is not None and not proof.matches(computed):
                raise Corrupted(f"The bytes of {reader.entry.path} give {computed}; the storage says {proof}.")
        return data

    return patiently(work, rest=time.sleep)


def _patient(reader: Reader, start: int, end: int) -> bytes:
    return patiently(lambda: _poured(reader, start, end), rest=time.sleep)


def _poured(reader: Reader, start: int, end: int | None) -> bytes:
    data = bytearray()
    reader.pour(start, end, data.extend)
    return bytes(data)
