"""A folder or a selection as one zip archive, made while it is sent."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from ctadata_jlab.errors import AlreadyExists, Corrupted, CtaDataError, Offline, Unreachable
from ctadata_jlab.storage import Checksum
from ctadata_jlab.storage.memory import Memory, MemoryReader
from ctadata_jlab.transfer.archive import PORTION, zip_name, zipped

FILES = {
    "/lst/run/a.txt": b"alpha\n",
    "/lst/run/empty": b"",
    "/lst/run/caf\xe9 e\u0301 %41#?+.txt": b"odd",
    "/lst/run/deep/er/b.bin": bytes(range(256)) * 4000,
    "/lst/other.txt": b"other",
}


def _archive(storage: Memory, *tops: str) -> bytes:
    out = bytearray()
    zipped(storage, tops, out.extend)
    return bytes(out)


def _opened(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def test_everything_is_in_it_once() -> None:
    """A folder brings all that is below it, empty folders and odd names too, each byte as it was."""
    storage = Memory(FILES)
    storage.make_folder("/lst/run/nothing")
    archive = _opened(_archive(storage, "/lst/run", "/lst/other.txt"))
    files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    assert files == {path.removeprefix("/lst/"): data for path, data in FILES.items()}
    assert "run/nothing/" in archive.namelist()
    assert len(archive.namelist()) == len(set(archive.namelist()))
    modified = storage.stat("/lst/run/a.txt").modified
    assert modified is not None
    assert archive.getinfo("run/a.txt").date_time[:5] == modified.timetuple()[:5]


def test_large_sizes_are_written_in_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into 32 bits is told in 64, for one file and for the archive; here 32 bits end at 100 kB."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100_000)
    data = _archive(Memory(FILES), "/lst/run")
    monkeypatch.undo()
    assert zipfile.stringEndArchive64 in data  # type: ignore[attr-defined]
    assert _opened(data).read("run/deep/er/b.bin") == FILES["/lst/run/deep/er/b.bin"]


def test_a_file_that_breaks_off_leaves_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes out, and what was sent so far cannot be taken for a whole archive."""
    storage = Memory(FILES)

    def broken(self: MemoryReader, start: int, end: int | None, sink: Any) -> None:
        sink(b"alp")
        raise Unreachable("The pool broke off.")

    monkeypatch.setattr(MemoryReader, "pour", broken)
    out = bytearray()
    with pytest.raises(Unreachable):
        zipped(storage, ["/lst/run"], out.extend)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(out))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"checksum": Checksum("adler32", "00000bad")}, Corrupted),
        ({"size": 7}, Corrupted),
        ({"online": False}, Offline),
    ],
    ids=["another checksum", "another size", "on tape"],
)
def test_wrong_bytes_are_refused(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], error: type[CtaDataError]
) -> None:
    """Bytes that do not fit the storage's size or checksum, or that must be staged first, end it."""
    open_ = Memory.open

    def lying(self: Memory, path: str, expect: Any = None) -> MemoryReader:
        reader = open_(self, path, expect)
        reader.entry = replace(reader.entry, **change)
        pour = reader.pour
        reader.pour = lambda _start, _end, sink: pour(0, None, sink)  # type: ignore[method-assign, assignment]
        return reader

    monkeypatch.setattr(Memory, "open", lying)
    with pytest.raises(error):
        _archive(Memory(FILES), "/lst/run/a.txt")


def test_two_files_of_one_name_are_told(  # a selection of search results
) -> None:
    """Two chosen files that would have one name are refused by that name, rather than one be lost."""
    with pytest.raises(AlreadyExists, match=r"a\.txt"):
        _archive(Memory({"/x/a.txt": b"1", "/y/a.txt": b"2"}), "/x/a.txt", "/y/a.txt")


def test_memory_does_not_grow_with_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of any size passes in portions."""
    storage, size, piece = Memory({"/huge": b""}), 80_000_000, bytes(65_536)
    monkeypatch.setattr(Memory, "open", lambda *_: _Huge(storage, size, piece))
    largest = total = 0

    def put(data: bytes) -> None:
        nonlocal largest, total
        largest, total = max(largest, len(data)), total + len(data)

    tracemalloc.start()
    zipped(storage, ["/huge"], put)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > size
    assert largest <= 2 * PORTION
    assert peak < 8_000_000


class _Huge:
    def __init__(self, storage: Memory, size: int, piece: bytes) -> None:
        self.entry = replace(storage.stat("/huge"), size=size, checksum=None)
        self._piece = piece

    def __enter__(self) -> _Huge:
        return self

    def __exit__(self, *_: object) -> None: ...

    def pour(self, start: int, end: int, sink: Any) -> None:
        for at in range(start, end, len(self._piece)):
            sink(self._piece[: min(len(self._piece), end - at)])


@pytest.mark.parametrize(
    ("tops", "name"),
    [(["/lst/run"], "run.zip"), (["/lst/run", "/lst/b"], "lst.zip"), (["/a", "/b"], "files.zip")],
)
def test_name(tops: list[str], name: str) -> None:
    """An archive is called as what it holds: the one folder, else the folder that the selection lies in."""
    assert zip_name(tops) == name
