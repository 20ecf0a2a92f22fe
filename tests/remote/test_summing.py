"""A checksum that is computed is of the bytes that were stored."""

from __future__ import annotations

import hashlib
import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from ctadata_jlab.errors import Cancelled, Corrupted
from ctadata_jlab.remote.summing import checksum_of
from ctadata_jlab.storage import Checksum, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.storage import Storage


class _OneFile:
    """A storage of one file, whose stored checksum is *stored*."""

    def __init__(self, data: bytes, stored: Checksum | None) -> None:
        self.data = data
        self.entry = Entry("/a", "file", len(data), checksum=stored)
        self.given = 0

    @contextmanager
    def open(self, path: str) -> Iterator[_OneFile]:
        assert path == "/a"
        yield self

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        for byte in self.data[start:end]:
            sink(bytes([byte]))
            self.given += 1


def of(storage: _OneFile, algorithm: str | None, stop: threading.Event | None = None) -> Checksum:
    return checksum_of(cast("Storage", cast("Any", storage)), "/a", algorithm, stop)


ADLER = Checksum("adler32", f"{zlib.adler32(b'data'):08x}")


def test_bytes_that_do_not_fit_have_no_checksum() -> None:
    """The md5 of other bytes than were stored would be believed."""
    assert of(_OneFile(b"data", ADLER), "md5").value == hashlib.md5(b"data").hexdigest()
    with pytest.raises(Corrupted, match="stored adler32"):
        of(_OneFile(b"dato", ADLER), "md5")


def test_what_is_stored_is_told_without_reading() -> None:
    """By name or not; what is not stored is computed."""
    file = _OneFile(b"data", ADLER)
    assert (of(file, None), of(file, "adler32"), file.given) == (ADLER, ADLER, 0)
    assert of(_OneFile(b"data", None), None) == ADLER


def test_it_can_be_stopped() -> None:
    """At the next piece."""
    stop = threading.Event()
    stop.set()
    file = _OneFile(b"data", ADLER)
    with pytest.raises(Cancelled):
        of(file, "md5", stop)
    assert file.given == 0
