"""Bytes to be stored, that can be sent twice: from a file of this machine, or straight from another storage."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Changed, Corrupted
from ctadata_jlab.transfer.checksum import KNOWN, Digests
from ctadata_jlab.transfer.disk import local_errors
from ctadata_jlab.transfer.pump import Pump

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from ctadata_jlab.storage import Body, Checksum, Entry, Reader
    from ctadata_jlab.transfer.progress import Watch

__all__ = ["FileBody", "ReaderBody", "Watched"]

_PIECE = 256 * 1024
ALWAYS = ("adler32", "md5")
"""What a stream computes on the way, as `Body` promises: it comes only once."""


_EAGER = "adler32"


class FileBody:
    """The bytes of a local file; `Changed` before the last of them when the file was written to meanwhile.

    adler32 is computed on the way. Any other checksum costs a second look at the file, and is rarely asked for.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with local_errors(file):
            self._stream = file.open("rb", buffering=0)
            self._begun = _fingerprint(self._stream.fileno())
        self.size = self._begun[0]
        self._left = self.size
        self._digests = Digests((_EAGER,))

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most *count*."""
        with local_errors(self._file):
            data = self._stream.read(min(count, self._left)) if self._left else b""
            self._left -= len(data)
            if not self._left or not data:
                self._require_unchanged()
        self._digests.update(data)
        return data

    def rewind(self) -> None:
        """Start again from the first byte."""
        self._stream.seek(0)
        self._left = self.size
        self._digests = Digests((_EAGER,))

    def checksum(self, algorithm: str) -> Checksum | None:
        """Return the checksum of what was read since the start; other than adler32, only when that was all."""
        if algorithm == _EAGER or algorithm not in KNOWN or self._left:
            return self._digests.checksum(algorithm)
        digests = Digests((algorithm,))
        with local_errors(self._file):
            for begin in range(0, self.size, _PIECE):
                digests.update(os.pread(self._stream.fileno(), _PIECE, begin))
            self._require_unchanged()
        return digests.checksum(algorithm)

    def _require_unchanged(self) -> None:
        if _fingerprint(self._stream.fileno()) != self._begun:
            raise Changed(f"{paths.display(str(self._file))} was written to while it was read.")

    def __enter__(self) -> FileBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def _fingerprint(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ino


class ReaderBody:
    """The bytes of another storage's reader, through a queue of a few pieces: memory does not grow with the file.

    The last byte is handed over only when size and checksum are right, so that a storage never commits corrupted bytes.
    """

    def __init__(self, reader: Reader, entry: Entry, algorithms: Iterable[str] = ()) -> None:
        if entry.size is None:
            raise Corrupted(f"The storage does not say how large {paths.display(entry.path)} is.")
        self.size = entry.size
        self._reader = reader
        self._entry = entry
        known = () if entry.checksum is None else (entry.checksum.algorithm,)
        self._algorithms = dict.fromkeys((*ALWAYS, *algorithms, *known))
        self._pump: Pump | None = None
        self._rest = memoryview(b"")
        self._read = 0
        self._digests = Digests(self._algorithms)

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most *count*; `Corrupted` instead of the last when they are not what was promised."""
        if not count:
            return b""
        if self._pump is None:
            self._pump = Pump(self._reader)
        if not self._rest:
            self._rest = memoryview(self._pump.take())
            self._read += len(self._rest)
            self._digests.update(self._rest)
            if self._read >= self.size or not self._rest:
                self._verify()
        data, self._rest = bytes(self._rest[:count]), self._rest[count:]
        return data

    def rewind(self) -> None:
        """Start again from the first byte."""
        self.close()
        self._rest = memoryview(b"")
        self._read = 0
        self._digests = Digests(self._algorithms)

    def checksum(self, algorithm: str) -> Checksum | None:
        """Return the checksum of what was read since the start."""
        return self._digests.checksum(algorithm)

    def close(self) -> None:
        """Stop reading."""
        if self._pump is not None:
            self._pump.close()
            self._pump = None

    def _verify(self) -> None:
        name = paths.display(self._entry.path)
        if self._read != self.size:
            raise Corrupted(f"{self._read} bytes came for {name}, which has {self.size}.")
        proof = self._entry.checksum
        computed = None if proof is None else self.checksum(proof.algorithm)
        if proof is not None and computed is not None and not proof.matches(computed):
            raise Corrupted(f"The bytes of {name} give {computed}; the storage says {proof}.")

    def __enter__(self) -> ReaderBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Watched:
    """A body that counts what is read of it, and stops when the user says so."""

    def __init__(self, body: Body, watch: Watch) -> None:
        self._body = body
        self._watch = watch
        self.size = body.size

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most *count*."""
        self._watch.check()
        data = self._body.read(count)
        self._watch.moved(len(data))
        return data

    def rewind(self) -> None:
        """Start again from the first byte."""
        self._watch.stand(0)
        self._body.rewind()

    def checksum(self, algorithm: str) -> Checksum | None:
        """Return the checksum of what was read since the start."""
        return self._body.checksum(algorithm)
