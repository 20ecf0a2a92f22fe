"""One file from here to there, whatever happens on the way."""

from __future__ import annotations

import errno
import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import (
    AlreadyExists,
    Busy,
    Cancelled,
    Changed,
    Corrupted,
    NoSpace,
    NotLoggedIn,
    Offline,
    Unreachable,
)
from ctadata_jlab.storage import Entry, Receipt
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.copy import End, copy
from ctadata_jlab.transfer.job import ItemState
from ctadata_jlab.transfer.part import part_names
from ctadata_jlab.transfer.progress import Progress, Watch
from tests.transfer.kit import Faulty

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.storage import Reader

DATA = random.Random(1).randbytes(300_000)  # starts with no "?" and no "x"


class Once:
    """True the first *times* it is asked."""

    def __init__(self, times: int = 1) -> None:
        self.left = times

    def __call__(self) -> bool:
        self.left -= 1
        return self.left >= 0


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    return Faulty({"/a.h5": DATA})


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    return tmp_path


def _down(dcache: Memory, work: Path, **options: Any) -> Any:
    return copy(End("dcache", dcache, "/a.h5"), End("local", Local(work), "/a.h5"), ticket="t", **options)


def _up(work: Path, dcache: Memory, **options: Any) -> Any:
    return copy(End("local", Local(work), "/a.h5"), End("dcache", dcache, "/b.h5"), ticket="t", **options)


def test_a_file_comes_down_proven(dcache: Faulty, work: Path) -> None:
    """The outcome says how it was proven."""
    progress = Progress()
    outcome = _down(dcache, work, watch=Watch(progress))
    assert (outcome.state, outcome.note, outcome.size) == (ItemState.DONE, "adler32 checked", len(DATA))
    assert (work / "a.h5").read_bytes() == DATA
    assert progress.done == len(DATA)


def test_a_cut_stream_goes_on_where_it_was_cut(dcache: Faulty, work: Path) -> None:
    """`Unreachable` in the middle: the rest is asked for, not the whole."""
    cut, progress = Once(), Progress()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        if cut():
            reader.pour(start, 100_000, sink)
            raise Unreachable("cut")
        reader.pour(start, end, sink)

    dcache.pouring = pouring
    assert _down(dcache, work, watch=Watch(progress)).state is ItemState.DONE
    assert [start for _, start, _ in dcache.poured] == [0, 100_000]
    assert (work / "a.h5").read_bytes() == DATA
    assert progress.done == len(DATA)


@pytest.mark.parametrize("fault", ["short", "long", "ignored range", "flipped"])
def test_wrong_bytes_never_get_the_final_name(dcache: Faulty, work: Path, fault: str) -> None:
    """Too few, too many, from the wrong place, or one bit wrong: `Corrupted` after one more try from zero, nothing left."""

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        assert not (work / "a.h5").exists()
        pieces: list[bytes] = []
        reader.pour(0, None, pieces.append)
        data = b"".join(pieces)
        flipped = data[:5] + bytes([data[5] ^ 1]) + data[6:]
        sink({"short": data[:-1], "long": data + b"x", "ignored range": data[1:] + b"?", "flipped": flipped}[fault])

    dcache.pouring = pouring
    with pytest.raises(Corrupted):
        _down(dcache, work)
    assert [start for _, start, _ in dcache.poured] == [0, 0]
    assert list(work.iterdir()) == []


def test_one_flipped_bit_is_repaired(dcache: Faulty, work: Path) -> None:
    """`Corrupted` is tried once more, from the first byte."""
    flip = Once()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        sink(b"x" * len(DATA)) if flip() else reader.pour(start, end, sink)

    dcache.pouring = pouring
    assert _down(dcache, work).note == "adler32 checked"
    assert (work / "a.h5").read_bytes() == DATA


def test_a_range_that_is_ignored_on_resume_is_noticed(dcache: Faulty, work: Path) -> None:
    """Asked for the rest, a server sends all from the start: not data."""
    step = iter(range(9))

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        match next(step):
            case 0:
                reader.pour(0, 100_000, sink)
                raise Unreachable("cut")
            case 1:
                reader.pour(0, end, sink)
            case _:
                reader.pour(start, end, sink)

    dcache.pouring = pouring
    _down(dcache, work)
    assert [start for _, start, _ in dcache.poured] == [0, 100_000, 0]
    assert (work / "a.h5").read_bytes() == DATA


def test_a_file_that_changes_meanwhile_is_fetched_anew(dcache: Faulty, work: Path) -> None:
    """`Changed`: once more, with what is there then; halves of two versions are never mixed."""
    new, change = os.urandom(200_000), Once()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        if change():
            reader.pour(0, 70_000, sink)
            dcache.write("/a.h5", new)
            raise Changed("another version")
        reader.pour(start, end, sink)

    dcache.pouring = pouring
    _down(dcache, work)
    assert [start for _, start, _ in dcache.poured] == [0, 0]
    assert (work / "a.h5").read_bytes() == new


def test_a_reader_of_another_version_is_refused(dcache: Faulty, work: Path) -> None:
    """Even a storage that does not keep its promise cannot slip in another version."""

    class Forgetful(Faulty):
        def open(self, path: str, expect: Any = None) -> Any:
            self.write(path, DATA[::-1])
            return super().open(path, None)

    with pytest.raises(Changed):
        _down(Forgetful({"/a.h5": DATA}), work)
    assert not (work / "a.h5").exists()


def test_busy_is_waited_for_as_long_as_it_says(dcache: Faulty, work: Path) -> None:
    """The server knows best; otherwise the rests grow."""
    busy, rests = Once(2), []

    class Patient(Watch):
        def rest(self, seconds: float) -> None:
            rests.append(seconds)

    def before(verb: str, path: str) -> None:
        if verb == "open" and busy():
            raise Busy("later", after=7)

    dcache.before = before
    assert _down(dcache, work, watch=Patient()).state is ItemState.DONE
    assert rests == [7, 7]


def test_a_missing_login_is_not_repeated(dcache: Faulty, work: Path) -> None:
    """Repeated refusals get an address locked out."""

    def before(verb: str, path: str) -> None:
        if verb == "open":
            raise NotLoggedIn("no")

    dcache.before = before
    with pytest.raises(NotLoggedIn):
        _down(dcache, work)
    assert dcache.count("open") == 1


def test_a_dead_door_is_given_up(dcache: Faulty, work: Path) -> None:
    """After some tries, not for ever."""

    def before(verb: str, path: str) -> None:
        raise Unreachable("dead")

    dcache.before = before
    with pytest.raises(Unreachable):
        _down(dcache, work)
    assert dcache.count("stat") == 5


def test_a_file_on_tape_is_not_opened(dcache: Faulty, work: Path) -> None:
    """Opening it would block for hours."""
    from dataclasses import replace

    class Tape(Faulty):
        def stat(self, path: str) -> Any:
            return replace(super().stat(path), online=False)

    with pytest.raises(Offline):
        _down(Tape({"/a.h5": DATA}), work)


def test_stop_is_prompt_and_keeps_the_part(dcache: Faulty, work: Path) -> None:
    """Cancelled in the middle: no final file, and the next try fetches only the rest."""
    stop = threading.Event()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        reader.pour(start, 100_000, sink)
        stop.set()
        reader.pour(100_000, end, sink)

    dcache.pouring = pouring
    with pytest.raises(Cancelled):
        _down(dcache, work, watch=Watch(stop=stop))
    assert not (work / "a.h5").exists()
    assert part_names(work / "a.h5")[0].stat().st_size == 100_000
    dcache.pouring = None
    _down(dcache, work)
    assert dcache.poured[-1][1] == 100_000


def test_a_full_disk_is_no_space_and_keeps_the_part(
    dcache: Faulty, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing half-done has the final name."""
    write = os.pwrite

    def full(fd: int, data: bytes, at: int) -> int:
        if at >= 131_072:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data, at)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(NoSpace):
        _down(dcache, work)
    assert not (work / "a.h5").exists()
    assert part_names(work / "a.h5")[0].stat().st_size == 131_072


# --- what is there already


def test_an_identical_file_is_left_alone(dcache: Faulty, work: Path) -> None:
    """By checksum: its time does not matter, and nothing is fetched."""
    (work / "a.h5").write_bytes(DATA)
    progress = Progress()
    outcome = _down(dcache, work, watch=Watch(progress))
    assert (outcome.state, outcome.note) == (ItemState.SKIPPED, "already there")
    assert (dcache.poured, progress.done) == ([], len(DATA))


@pytest.mark.parametrize("leftover", ["sidecar", "part and sidecar"])
def test_what_a_crash_left_beside_a_whole_file_is_swept(dcache: Faulty, work: Path, leftover: str) -> None:
    """Killed just after the file got its name; the part of somebody who is at work is left alone."""
    target = work / "a.h5"
    target.write_bytes(DATA)
    part, sidecar = part_names(target)
    sidecar.write_bytes(b"{}")
    if leftover != "sidecar":
        part.hardlink_to(target)
    assert _down(dcache, work).state is ItemState.SKIPPED
    assert [file.name for file in work.iterdir()] == ["a.h5"]
    part.write_bytes(b"another process is at work")
    sidecar.write_bytes(b"{}")
    _down(dcache, work)
    assert part.exists()
    assert sidecar.exists()


def test_same_size_and_time_is_not_enough_where_a_checksum_tells(dcache: Faulty, work: Path) -> None:
    """A rotten copy is not taken for the file."""
    file = work / "a.h5"
    file.write_bytes(b"x" * len(DATA))
    when = dcache.stat("/a.h5").modified
    assert when is not None
    os.utime(file, (when.timestamp(), when.timestamp()))
    with pytest.raises(AlreadyExists):
        _down(dcache, work)
    assert file.read_bytes() == b"x" * len(DATA)


def test_unasked_nothing_is_replaced(dcache: Faulty, work: Path) -> None:
    """The default is to refuse."""
    (work / "a.h5").write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        _down(dcache, work)
    assert (work / "a.h5").read_bytes() == b"mine"


@pytest.mark.parametrize(("conflict", "old", "new"), [
    ("skip", b"mine", None), ("replace", DATA, None), ("rename", b"mine", DATA), ("newer", DATA, None),
])  # fmt: skip
def test_the_users_choice_is_followed(dcache: Faulty, work: Path, conflict: str, old: bytes, new: bytes | None) -> None:
    """Skip, replace, rename, or replace by the newer."""
    (work / "a.h5").write_bytes(b"mine")
    os.utime(work / "a.h5", (0, 0))
    outcome = _down(dcache, work, conflict=conflict)
    assert (work / "a.h5").read_bytes() == old
    if new is not None:
        assert outcome.path == "/a (1).h5"
        assert (work / "a (1).h5").read_bytes() == new


def test_an_older_file_does_not_replace(dcache: Faulty, work: Path) -> None:
    """`newer` keeps what is newer."""
    (work / "a.h5").write_bytes(b"mine")
    os.utime(work / "a.h5", (2e9, 2e9))
    assert _down(dcache, work, conflict="newer").state is ItemState.SKIPPED
    assert (work / "a.h5").read_bytes() == b"mine"


def test_what_is_written_while_it_is_being_replaced_is_seen(dcache: Faulty, work: Path) -> None:
    """The user meant the version that was there; another is looked at anew: here it is newer than ours, and stays."""
    (work / "a.h5").write_bytes(b"mine")
    os.utime(work / "a.h5", (0, 0))

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        reader.pour(start, end, sink)
        (work / "a.h5").write_bytes(b"results of the night")
        os.utime(work / "a.h5", (2e9, 2e9))

    dcache.pouring = pouring
    assert _down(dcache, work, conflict="newer").state is ItemState.SKIPPED
    assert (work / "a.h5").read_bytes() == b"results of the night"


def test_a_folder_in_the_way_stays(dcache: Faulty, work: Path) -> None:
    """Whatever was chosen; renamed, the file lands beside it."""
    (work / "a.h5").mkdir()
    for conflict in ("ask", "replace", "newer"):
        with pytest.raises(AlreadyExists):
            _down(dcache, work, conflict=conflict)
    assert _down(dcache, work, conflict="skip").state is ItemState.SKIPPED
    assert _down(dcache, work, conflict="rename").path == "/a (1).h5"


def test_a_free_name_that_is_taken_meanwhile_is_left_to_its_taker(dcache: Faulty, work: Path) -> None:
    """The next free one is used."""
    (work / "a.h5").write_bytes(b"mine")

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        reader.pour(start, end, sink)
        (work / "a (1).h5").write_bytes(b"also mine")

    dcache.pouring = pouring
    assert _down(dcache, work, conflict="rename").path == "/a (2).h5"
    assert (work / "a (1).h5").read_bytes() == b"also mine"
    assert (work / "a (2).h5").read_bytes() == DATA


# --- writing


def test_a_file_goes_up_proven(work: Path) -> None:
    """The target's checksum is compared with that of the bytes that were read here."""
    (work / "a.h5").write_bytes(DATA)
    dcache, progress = Faulty(), Progress()
    outcome = _up(work, dcache, watch=Watch(progress))
    assert (outcome.state, outcome.note) == (ItemState.DONE, "adler32 checked")
    assert (dcache.read("/b.h5"), progress.done) == (DATA, len(DATA))


def test_a_write_whose_answer_was_lost_is_not_repeated(work: Path) -> None:
    """First look: it is there, and it is ours."""
    (work / "a.h5").write_bytes(DATA)
    dcache, lost = Faulty(), Once()

    def after_put(path: str) -> None:
        if lost():
            raise Unreachable("the answer was lost")

    dcache.after_put = after_put
    assert _up(work, dcache).state is ItemState.DONE
    assert dcache.count("put") == 1


def test_a_write_that_did_not_land_is_repeated_from_the_first_byte(work: Path) -> None:
    """Nothing there: send it again."""
    (work / "a.h5").write_bytes(DATA)
    dcache, fail = Faulty(), Once()

    def before(verb: str, path: str) -> None:
        if verb == "put" and fail():
            raise Unreachable("no")

    dcache.before = before
    assert _up(work, dcache).state is ItemState.DONE
    assert dcache.count("put") == 2
    assert dcache.read("/b.h5") == DATA


def test_somebody_elses_file_is_not_taken_for_ours(work: Path) -> None:
    """After a lost answer, another file of the same size is another file."""
    (work / "a.h5").write_bytes(DATA)
    dcache = Faulty()

    def before(verb: str, path: str) -> None:
        if verb == "put":
            dcache.before = lambda verb, path: None
            dcache.write("/b.h5", DATA[::-1])
            raise Unreachable("no")

    dcache.before = before
    with pytest.raises(AlreadyExists):
        _up(work, dcache)
    assert dcache.read("/b.h5") == DATA[::-1]


def test_a_target_that_stores_other_bytes_is_caught(work: Path) -> None:
    """And repaired once: what is replaced is our own broken copy, nobody else's."""
    (work / "a.h5").write_bytes(DATA)
    flip = Once()

    class Rotten(Faulty):
        def put(self, path: str, body: Any, *, replace: Any = False, ticket: str) -> Any:
            receipt = super().put(path, body, replace=replace, ticket=ticket)
            if flip():
                entry = self.write(path, b"?" + DATA[1:])
                return type(receipt)(entry, None, "direct")
            return receipt

    dcache = Rotten()
    assert _up(work, dcache).note == "adler32 checked"
    assert dcache.read("/b.h5") == DATA


def test_a_file_that_is_written_to_while_it_goes_up_is_not_stored_half(work: Path) -> None:
    """`Changed` before the last byte is handed over; the second try sends what is there then."""
    file = work / "a.h5"
    file.write_bytes(DATA)
    touch = Once()

    class Slow(Faulty):
        def put(self, path: str, body: Any, *, replace: Any = False, ticket: str) -> Any:
            if touch():
                body.read(1000)
                with file.open("r+b") as out:
                    out.write(b"new")
                os.utime(file, (1, 1))
            return super().put(path, body, replace=replace, ticket=ticket)

    dcache = Slow()
    assert _up(work, dcache).state is ItemState.DONE
    assert dcache.read("/b.h5") == file.read_bytes() == b"new" + DATA[3:]
    assert touch.left <= 0


# --- from storage to storage


def test_a_file_goes_from_storage_to_storage(dcache: Faulty) -> None:
    """Through a bounded queue, proven at both ends."""
    other = Memory()
    outcome = copy(End("a", dcache, "/a.h5"), End("b", other, "/x/a.h5"), ticket="t")
    assert (outcome.note, other.read("/x/a.h5")) == ("adler32 checked", DATA)


@pytest.mark.parametrize("fault", ["flipped", "short"])
def test_corrupted_bytes_are_never_stored(dcache: Faulty, fault: str) -> None:
    """The last byte is held back until the checksum is right."""
    other = Memory()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        sink(b"?" + DATA[1:] if fault == "flipped" else DATA[:-1])

    dcache.pouring = pouring
    with pytest.raises(Corrupted):
        copy(End("a", dcache, "/a.h5"), End("b", other, "/a.h5"), ticket="t")
    assert list(other.list("/")) == []


def test_an_error_of_the_source_ends_the_put(dcache: Faulty) -> None:
    """It is the source's error that is told, and it is repeated if worth it."""
    other, cut = Memory(), Once()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        if cut():
            reader.pour(0, 1000, sink)
            raise Unreachable("cut")
        reader.pour(start, end, sink)

    dcache.pouring = pouring
    copy(End("a", dcache, "/a.h5"), End("b", other, "/a.h5"), ticket="t")
    assert other.read("/a.h5") == DATA
    assert not [thread for thread in threading.enumerate() if thread.name == "ctadata-pump"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Down and across: 64 MB go through, a few at a time."""
    import tracemalloc

    whole, piece = 64 << 20, bytes(1 << 20)

    class Endless(Faulty):
        def stat(self, path: str) -> Entry:
            return Entry(path, "file", whole, version="1")

        def open(self, path: str, expect: Any = None) -> Any:
            return self

        entry = Entry("/a.h5", "file", whole, version="1")

        def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
            for _ in range(start, whole, len(piece)):
                sink(piece)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    class Sink(Memory):
        def put(self, path: str, body: Any, *, replace: Any = False, ticket: str) -> Any:
            while body.read(1 << 20):
                pass
            return Receipt(Entry(path, "file", whole), None, "direct")

    tracemalloc.start()
    try:
        _down(Endless(), tmp_path)
        copy(End("a", Endless(), "/a.h5"), End("b", Sink(), "/a.h5"), ticket="t")
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()
