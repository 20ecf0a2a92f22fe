"""What every storage must do. A storage's test subclasses `StorageSuite` and gives the fixture `shelf`.

A `Shelf` holds the storage and puts and gets files behind its back, so that no method is tested by another.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import AlreadyExists, BadPath, Changed, CtaDataError, NotFound, Unsupported
from ctadata_jlab.storage import Checksum, Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage import Entry

NAMES = [
    "plain.txt",
    "with space.txt",
    "100%.txt",
    "a%20b.txt",
    "hash#tag.txt",
    "what?.txt",
    "a+b.txt",
    "caf\u00e9.txt",
    "cafe\u0301.txt",
    "amp&lt;.txt",
    "semi;colon=1,2.txt",
    "quo'te\".txt",
    "[brackets] {braces} (round).txt",
    "tilde~at@colon:.txt",
    "日本語.txt",
    "back\\slash.txt",
    "-dash",
    "trailing dot.",
]


@dataclass
class Shelf:
    """A storage and the ways behind its back."""

    storage: Storage
    raw_put: Callable[[str, bytes], object]
    raw_get: Callable[[str], bytes]
    raw_folder: Callable[[str], object]
    odd_names: frozenset[str] = frozenset()
    """Names that this server cannot speak of, and which are therefore refused; stated where the shelf is made."""


class Bytes:
    """A body in memory."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.size = len(data) if size is None else size
        self._data = data
        self._file = io.BytesIO(data)

    def read(self, count: int) -> bytes:
        return self._file.read(count)

    def rewind(self) -> None:
        self._file = io.BytesIO(self._data)

    def checksum(self, algorithm: str) -> Checksum | None:
        if algorithm == "adler32":
            return Checksum("adler32", f"{zlib.adler32(self._data):08x}")
        if algorithm not in {"md5", "sha256"}:
            return None
        return Checksum(algorithm, hashlib.new(algorithm, self._data).hexdigest())


def content(storage: Storage, path: str, start: int = 0, end: int | None = None, expect: Entry | None = None) -> bytes:
    """Return what a reader pours."""
    got = bytearray()
    with storage.open(path, expect) as reader:
        reader.pour(start, end, got.extend)
    return bytes(got)


class StorageSuite:
    """The rules; each test's docstring is one."""

    def test_lists_files_and_folders_with_size_and_time(self, shelf: Shelf) -> None:
        """A listing holds every entry once, with kind, size and time."""
        shelf.raw_put("/box/a.txt", b"12345")
        shelf.raw_folder("/box/sub")
        entries = {entry.path: entry for entry in shelf.storage.list("/box")}
        assert set(entries) == {"/box/a.txt", "/box/sub"}
        assert (entries["/box/a.txt"].kind, entries["/box/a.txt"].size) == ("file", 5)
        assert entries["/box/a.txt"].modified is not None
        assert (entries["/box/sub"].kind, entries["/box/sub"].size) == ("folder", None)

    def test_lists_the_root(self, shelf: Shelf) -> None:
        """The root is a folder like any other."""
        shelf.raw_put("/top.txt", b"x")
        assert "/top.txt" in {entry.path for entry in shelf.storage.list("/")}
        assert shelf.storage.stat("/").is_folder

    def test_lists_an_empty_folder_as_empty(self, shelf: Shelf) -> None:
        """Empty is not missing."""
        shelf.raw_folder("/empty")
        assert list(shelf.storage.list("/empty")) == []

    def test_a_missing_folder_is_not_found(self, shelf: Shelf) -> None:
        """Missing is not empty."""
        with pytest.raises(NotFound):
            list(shelf.storage.list("/nowhere"))

    def test_a_file_is_not_listed_as_a_folder(self, shelf: Shelf) -> None:
        """A file where a folder is meant is an error."""
        shelf.raw_put("/file.txt", b"x")
        with pytest.raises(CtaDataError):
            list(shelf.storage.list("/file.txt"))

    def test_lists_a_thousand_entries(self, shelf: Shelf) -> None:
        """None is left out of a long listing."""
        for n in range(1000):
            shelf.raw_put(f"/many/file{n:04}.dat", b"")
        assert sorted(entry.name for entry in shelf.storage.list("/many")) == [f"file{n:04}.dat" for n in range(1000)]

    @pytest.mark.parametrize("name", NAMES)
    def test_any_name_survives(self, shelf: Shelf, name: str) -> None:
        """A name with any character can be listed, read, written, renamed and removed."""
        path = f"/odd names/{name}"
        shelf.raw_put(path, b"odd")
        storage = shelf.storage
        if name in shelf.odd_names:
            with pytest.raises(Unsupported, match="cannot speak of"):
                storage.put(f"/odd names/new {name}", Bytes(b"new"), ticket="t1")
            return
        assert path in {entry.path for entry in storage.list("/odd names")}
        assert content(storage, path) == b"odd"
        storage.put(f"/odd names/new {name}", Bytes(b"new"), ticket="t1")
        assert shelf.raw_get(f"/odd names/new {name}") == b"new"
        storage.move(path, f"/odd names/moved {name}")
        assert shelf.raw_get(f"/odd names/moved {name}") == b"odd"
        storage.remove(f"/odd names/moved {name}")
        assert path not in {entry.path for entry in storage.list("/odd names")}

    def test_odd_folder_names_can_be_entered(self, shelf: Shelf) -> None:
        """Folders may have odd names too."""
        shelf.raw_put("/50% off #1 + more/é/x.txt", b"x")
        assert [e.path for e in shelf.storage.list("/50% off #1 + more")] == ["/50% off #1 + more/é"]
        assert [e.path for e in shelf.storage.list("/50% off #1 + more/é")] == ["/50% off #1 + more/é/x.txt"]

    def test_stat_tells_a_file_and_a_folder(self, shelf: Shelf) -> None:
        """`stat` and `list` agree on kind, size and version."""
        shelf.raw_put("/s/a.bin", b"123")
        entry = shelf.storage.stat("/s/a.bin")
        assert (entry.path, entry.kind, entry.size) == ("/s/a.bin", "file", 3)
        listed = next(iter(shelf.storage.list("/s")))
        assert (listed.version, listed.size, listed.kind) == (entry.version, entry.size, entry.kind)
        assert entry.version
        assert shelf.storage.stat("/s").is_folder

    def test_stat_of_nothing_is_not_found(self, shelf: Shelf) -> None:
        """`NotFound` is also Python's own FileNotFoundError."""
        with pytest.raises(FileNotFoundError):
            shelf.storage.stat("/nothing")

    def test_a_checksum_that_is_told_is_right(self, shelf: Shelf) -> None:
        """A stored checksum is that of the bytes."""
        data = b"checksum me" * 100
        shelf.raw_put("/sum.bin", data)
        with shelf.storage.open("/sum.bin") as reader:
            told = reader.entry.checksum
        if told is not None:
            ours = Bytes(data).checksum(told.algorithm)
            assert ours is not None
            assert told.matches(ours)

    def test_reads_all_of_a_file(self, shelf: Shelf) -> None:
        """All bytes come, in order."""
        data = os.urandom(3_000_001)
        shelf.raw_put("/r.bin", data)
        assert content(shelf.storage, "/r.bin") == data

    def test_reads_an_empty_file(self, shelf: Shelf) -> None:
        """No bytes are bytes too."""
        shelf.raw_put("/zero", b"")
        assert content(shelf.storage, "/zero") == b""

    @pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 10), (99, 100), (50, None), (0, 100), (100, None)])
    def test_reads_exactly_the_range_asked(self, shelf: Shelf, start: int, end: int | None) -> None:
        """A range is given exactly."""
        data = bytes(range(100))
        shelf.raw_put("/range.bin", data)
        assert content(shelf.storage, "/range.bin", start, end) == data[start:end]

    def test_ranges_can_be_read_in_parallel(self, shelf: Shelf) -> None:
        """One reader serves several threads."""
        data = os.urandom(1 << 20)
        shelf.raw_put("/par.bin", data)
        parts = [bytearray() for _ in range(4)]
        with shelf.storage.open("/par.bin") as reader, ThreadPoolExecutor(4) as pool:
            step = len(data) // 4
            list(pool.map(lambda n: reader.pour(n * step, (n + 1) * step, parts[n].extend), range(4)))
        assert b"".join(parts) == data

    def test_what_the_sink_raises_reaches_the_caller(self, shelf: Shelf) -> None:
        """A sink stops a transfer by raising, and its very error arrives."""

        class Enough(Exception):
            pass

        def sink(_data: bytes) -> None:
            raise Enough

        shelf.raw_put("/stop.bin", b"x" * 500_000)
        with shelf.storage.open("/stop.bin") as reader, pytest.raises(Enough):
            reader.pour(0, None, sink)
        assert content(shelf.storage, "/stop.bin", 0, 3) == b"xxx"

    def test_another_version_is_refused(self, shelf: Shelf) -> None:
        """A reader is of the version that was seen, or there is none."""
        shelf.raw_put("/v.txt", b"old")
        seen = shelf.storage.stat("/v.txt")
        shelf.raw_put("/v.txt", b"newer")
        with pytest.raises(Changed):
            content(shelf.storage, "/v.txt", expect=seen)

    def test_the_version_that_was_listed_can_be_read(self, shelf: Shelf) -> None:
        """What a listing says is enough to open."""
        shelf.raw_put("/l/v.txt", b"same")
        seen = next(iter(shelf.storage.list("/l")))
        assert content(shelf.storage, "/l/v.txt", expect=seen) == b"same"

    def test_opening_a_folder_or_nothing_fails(self, shelf: Shelf) -> None:
        """Only files are read."""
        shelf.raw_folder("/folder")
        with pytest.raises(CtaDataError):
            content(shelf.storage, "/folder")
        with pytest.raises(NotFound):
            content(shelf.storage, "/not there")

    def test_puts_a_file_and_tells_what_was_stored(self, shelf: Shelf) -> None:
        """The bytes arrive; the receipt tells the new entry and a checksum that is theirs."""
        data = os.urandom(2_000_003)
        receipt = shelf.storage.put("/up/in/deep/new.bin", Bytes(data), ticket="t1")
        assert shelf.raw_get("/up/in/deep/new.bin") == data
        assert (receipt.entry.path, receipt.entry.size) == ("/up/in/deep/new.bin", len(data))
        if receipt.verified_by:
            assert receipt.verified_by == Bytes(data).checksum(receipt.verified_by.algorithm)

    def test_puts_an_empty_file(self, shelf: Shelf) -> None:
        """No bytes are stored as a file of size 0."""
        assert shelf.storage.put("/nil", Bytes(b""), ticket="t1").entry.size == 0
        assert shelf.raw_get("/nil") == b""

    def test_a_put_leaves_no_other_name(self, shelf: Shelf) -> None:
        """Only the file itself is in the folder afterwards."""
        shelf.storage.put("/clean/f", Bytes(b"1"), ticket="t1")
        assert [entry.name for entry in shelf.storage.list("/clean")] == ["f"]

    def test_put_never_replaces_unasked(self, shelf: Shelf) -> None:
        """What is there stays as it is."""
        shelf.raw_put("/keep.txt", b"precious")
        with pytest.raises(AlreadyExists):
            shelf.storage.put("/keep.txt", Bytes(b"other"), ticket="t1")
        assert shelf.raw_get("/keep.txt") == b"precious"

    def test_put_replaces_when_asked(self, shelf: Shelf) -> None:
        """`replace=True` replaces whatever is there, or nothing."""
        shelf.raw_put("/old.txt", b"old")
        shelf.storage.put("/old.txt", Bytes(b"new"), replace=True, ticket="t1")
        assert shelf.raw_get("/old.txt") == b"new"
        shelf.storage.put("/none.txt", Bytes(b"new"), replace=True, ticket="t2")
        assert shelf.raw_get("/none.txt") == b"new"

    def test_put_replaces_only_the_version_that_was_seen(self, shelf: Shelf) -> None:
        """`replace=Entry` is a compare-and-swap."""
        shelf.raw_put("/cas.txt", b"one")
        seen = shelf.storage.stat("/cas.txt")
        shelf.storage.put("/cas.txt", Bytes(b"two!"), replace=seen, ticket="t1")
        with pytest.raises(Changed):
            shelf.storage.put("/cas.txt", Bytes(b"three"), replace=seen, ticket="t2")
        assert shelf.raw_get("/cas.txt") == b"two!"

    def test_put_onto_a_folder_fails(self, shelf: Shelf) -> None:
        """A folder is never replaced by a file."""
        shelf.raw_put("/dir/keep", b"1")
        with pytest.raises(AlreadyExists):
            shelf.storage.put("/dir", Bytes(b"x"), replace=True, ticket="t1")
        assert shelf.raw_get("/dir/keep") == b"1"

    def test_a_body_that_fails_leaves_nothing(self, shelf: Shelf) -> None:
        """Whole or not at all: a body that breaks leaves neither file nor temporary."""

        class Broken(Bytes):
            def read(self, count: int) -> bytes:
                if self._file.tell() > 100_000:
                    raise RuntimeError("disk died")
                return super().read(min(count, 65_536))

        shelf.raw_folder("/broken")
        with pytest.raises(RuntimeError, match="disk died"):
            shelf.storage.put("/broken/f.bin", Broken(b"y" * 400_000), ticket="t1")
        assert list(shelf.storage.list("/broken")) == []

    @pytest.mark.parametrize("size", [1000, 400_000])
    def test_a_body_may_say_stop_until_the_file_has_its_name(self, shelf: Shelf, size: int) -> None:
        """After the last byte there is a last question: who is stopped then has neither stored a file nor left a temporary."""

        class Stopped(Bytes):
            def read(self, count: int) -> bytes:
                if not count and self._file.tell() == self.size:
                    raise RuntimeError("stop")
                return super().read(count)

        shelf.raw_folder("/stopped")
        shelf.raw_put("/stopped/old", b"old")
        for path, may_replace in (("/stopped/new", False), ("/stopped/old", True)):
            with pytest.raises(RuntimeError, match="stop"):
                shelf.storage.put(path, Stopped(b"z" * size), replace=may_replace, ticket="t1")
        assert [entry.path for entry in shelf.storage.list("/stopped")] == ["/stopped/old"]
        assert shelf.raw_get("/stopped/old") == b"old"

    def test_a_failed_replacement_keeps_the_old_file(self, shelf: Shelf) -> None:
        """The old bytes are there until the new ones are whole."""

        class Broken(Bytes):
            def read(self, count: int) -> bytes:
                raise RuntimeError("disk died")

        shelf.raw_put("/held.bin", b"old")
        with pytest.raises(RuntimeError):
            shelf.storage.put("/held.bin", Broken(b"n" * 100_000), replace=True, ticket="t1")
        assert shelf.raw_get("/held.bin") == b"old"

    def test_makes_folders_with_their_parents(self, shelf: Shelf) -> None:
        """`make_folder` makes what is missing and does not mind what is there."""
        shelf.storage.make_folder("/m/n/o")
        shelf.storage.make_folder("/m/n/o")
        assert shelf.storage.stat("/m/n/o").is_folder

    def test_a_folder_cannot_be_made_where_a_file_is(self, shelf: Shelf) -> None:
        """A file is not taken for a folder."""
        shelf.raw_put("/taken", b"1")
        with pytest.raises(CtaDataError):
            shelf.storage.make_folder("/taken")
        assert shelf.raw_get("/taken") == b"1"

    def test_moves_files_and_folders(self, shelf: Shelf) -> None:
        """A move takes the whole tree with it."""
        shelf.raw_put("/mv/a/x", b"1")
        shelf.storage.move("/mv/a", "/mv/b")
        assert shelf.raw_get("/mv/b/x") == b"1"
        shelf.storage.move("/mv/b/x", "/mv/y")
        assert shelf.raw_get("/mv/y") == b"1"
        with pytest.raises(NotFound):
            shelf.storage.stat("/mv/a")

    def test_move_never_replaces(self, shelf: Shelf) -> None:
        """The target of a move must be free."""
        shelf.raw_put("/x1", b"1")
        shelf.raw_put("/x2", b"2")
        with pytest.raises(AlreadyExists):
            shelf.storage.move("/x1", "/x2")
        assert (shelf.raw_get("/x1"), shelf.raw_get("/x2")) == (b"1", b"2")

    def test_moving_nothing_is_not_found(self, shelf: Shelf) -> None:
        """There must be something to move."""
        with pytest.raises(NotFound):
            shelf.storage.move("/ghost", "/other")

    def test_removes_a_file_and_an_empty_folder(self, shelf: Shelf) -> None:
        """`remove` takes one entry away."""
        shelf.raw_put("/rm/a", b"1")
        shelf.storage.remove("/rm/a")
        shelf.storage.remove("/rm")
        with pytest.raises(NotFound):
            shelf.storage.stat("/rm")

    def test_a_folder_that_holds_something_is_not_removed(self, shelf: Shelf) -> None:
        """Also where the server would delete recursively."""
        shelf.raw_put("/full/a", b"1")
        with pytest.raises(Unsupported):
            shelf.storage.remove("/full")
        assert shelf.raw_get("/full/a") == b"1"

    def test_removing_nothing_is_not_found(self, shelf: Shelf) -> None:
        """There must be something to remove."""
        with pytest.raises(NotFound):
            shelf.storage.remove("/ghost")

    @pytest.mark.parametrize("path", ["/../etc/passwd", "/a/../../b", "/nul\0", "/" + "x" * 3000])
    def test_bad_paths_are_refused(self, shelf: Shelf, path: str) -> None:
        """Escapes, NUL and endless names are refused before anything is asked or written."""
        storage = shelf.storage
        for attempt in (
            lambda: list(storage.list(path)),
            lambda: storage.stat(path),
            lambda: storage.open(path),
            lambda: storage.put(path, Bytes(b"x"), ticket="t"),
            lambda: storage.make_folder(path),
            lambda: storage.remove(path),
            lambda: storage.move(path, "/fine"),
            lambda: storage.move("/fine", path),
        ):
            with pytest.raises((BadPath, NotFound)):
                attempt()

    def test_the_root_is_never_removed(self, shelf: Shelf) -> None:
        """No slip may delete everything."""
        with pytest.raises(CtaDataError):
            shelf.storage.remove("/")

    def test_is_safe_in_threads(self, shelf: Shelf) -> None:
        """Several threads use one storage at once."""
        ready = threading.Barrier(8)

        def work(n: int) -> bytes:
            ready.wait()
            shelf.storage.put(f"/threads/{n}", Bytes(bytes([n]) * 10_000), ticket=f"t{n}")
            return content(shelf.storage, f"/threads/{n}")

        shelf.raw_folder("/threads")
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(8))) == [bytes([n]) * 10_000 for n in range(8)]

    def test_is_a_storage(self, shelf: Shelf) -> None:
        """The protocol is met."""
        assert isinstance(shelf.storage, Storage)
        assert replace(shelf.storage.traits) == shelf.storage.traits
