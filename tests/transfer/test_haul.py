"""Small files that come many at once promise what single ones do: proven, whole under their names or not there, durable when told."""

from __future__ import annotations

import os
import random
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pycurl
import pytest

from ctadata_jlab.curl.lines import Lines
from ctadata_jlab.errors import AlreadyExists, CtaDataError, NoSpace
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import batch as batches
from ctadata_jlab.transfer import disk, haul
from ctadata_jlab.transfer.batch import Batch
from ctadata_jlab.transfer.haul import Haul, may_haul
from ctadata_jlab.transfer.job import Item, ItemState
from ctadata_jlab.transfer.part import part_names
from ctadata_jlab.transfer.plan import plan_copy
from ctadata_jlab.transfer.progress import Progress, Watch
from ctadata_jlab.transfer.split import Split
from tests.door.traps import Traps
from tests.storage.test_dcache import dcache
from tests.transfer.kit import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage.webdav import WebDav
    from tests.door.double import Double

COUNT = 40
FILES = {f"/lst/run{n:02}.h5": random.Random(n).randbytes(1000 * n) for n in range(COUNT)}


class Run:
    """One haul of the folder ``/lst`` into *work*; what fell to the hands is kept."""

    def __init__(self, storage: WebDav, work: Path, before: Callable[[], object] = lambda: None) -> None:
        (work / "lst").mkdir(exist_ok=True)
        target = Local(work)
        assert may_haul(storage, target)
        items = [item for item in plan_copy(storage, ["/lst"], "/") if item.kind == "file"]
        before()
        self.done: list[Item] = []
        self.notes: set[str] = set()
        self.fallen: list[str] = []
        self.progress = Progress()
        self._split = Split(iter(items), lambda: False, Haul.is_small)
        worker = Haul(storage, target, self._split, 4, self)
        self._work(worker)

    def _work(self, worker: Haul) -> None:
        fall = self._split.fall
        self._split.fall = self._fell  # type: ignore[method-assign] # nobody else takes them here
        try:
            worker.run(Watch(self.progress))
        finally:
            self._split.fall = fall  # type: ignore[method-assign]

    def _fell(self, item: Item, *, trouble: bool = False) -> None:
        del trouble
        self.fallen.append(item.path)

    def began(self, item: Item) -> None:
        raise AssertionError(item)

    def ended(self, kept: list[Any]) -> None:
        self.done += [item for item, _, _ in kept]
        self.notes |= {outcome.note for _, outcome, _ in kept}


@pytest.fixture(name="full")
def _full(double: Double) -> Double:
    for path, data in FILES.items():
        double.raw_put(path, data)
    return double


def names(work: Path) -> list[str]:
    """Return what is in the folder, whatever it is."""
    return sorted(file.name for file in (work / "lst").iterdir())


def test_small_files_come_proven_by_one_question_each(full: Double, tmp_path: Path) -> None:
    """The listing has told size, version and checksum: the door is asked for the bytes and nothing else."""
    run = Run(dcache(full), tmp_path)
    assert {path: (tmp_path / path[1:]).read_bytes() for path in FILES} == FILES
    assert names(tmp_path) == sorted(path.rpartition("/")[2] for path in FILES)
    assert (len(run.done), run.fallen, run.notes) == (COUNT, [], {"adler32 checked"})
    assert len(full.requests("door", "GET")) == len(full.requests("pool", "GET")) == COUNT
    assert len(full.requests("door", "PROPFIND")) == 2  # the folder itself, and what is in it
    assert full.requests("door", "HEAD") == []
    assert run.progress.done == sum(map(len, FILES.values()))


def test_a_file_has_the_time_of_the_source(full: Double, tmp_path: Path) -> None:
    """As a single one has."""
    storage = dcache(full)
    Run(storage, tmp_path)
    modified = storage.stat("/lst/run07.h5").modified
    assert modified is not None
    assert int((tmp_path / "lst/run07.h5").stat().st_mtime) == int(modified.timestamp())


def test_the_pool_never_sees_the_token(full: Double, tmp_path: Path) -> None:
    """Not from here either."""
    Run(dcache(full), tmp_path)
    assert not any("authorization" in asked.headers for asked in full.requests("pool"))


def test_other_bytes_than_the_listing_promised_are_not_kept(full: Double, tmp_path: Path) -> None:
    """A file that was replaced since falls to who looks again; nothing of it is here."""
    path = "/lst/run05.h5"
    run = Run(dcache(full), tmp_path, lambda: full.raw_put(path, bytes(reversed(FILES[path]))))
    assert run.fallen == [path]
    assert len(run.done) == COUNT - 1
    assert not any("run05" in name for name in names(tmp_path))
    assert run.progress.done == sum(map(len, FILES.values())) - len(FILES[path])


def test_without_a_checksum_a_file_is_left_to_who_looks_again(full: Double, tmp_path: Path) -> None:
    """A pool tells no version, so that only a look afterwards could say which one came."""
    full.reset(Traps(no_checksums=True))
    for path, data in FILES.items():
        full.raw_put(path, data)
    run = Run(dcache(full), tmp_path)
    assert (run.done, sorted(run.fallen)) == ([], sorted(FILES))
    assert names(tmp_path) == []


def test_a_name_that_is_taken_is_never_touched(full: Double, tmp_path: Path) -> None:
    """What exists before is not even fetched; what comes meanwhile keeps its name."""
    (tmp_path / "lst").mkdir()
    (tmp_path / "lst/run03.h5").write_bytes(b"mine")
    run = Run(dcache(full), tmp_path)
    assert run.fallen == ["/lst/run03.h5"]
    assert (tmp_path / "lst/run03.h5").read_bytes() == b"mine"
    assert not any(asked.path.endswith("run03.h5") for asked in full.requests("door", "GET"))


def test_what_another_process_downloads_is_left_alone(full: Double, tmp_path: Path) -> None:
    """Its part is its own, and no second one is made."""
    (tmp_path / "lst").mkdir()
    theirs, _ = part_names(tmp_path / "lst/run03.h5")
    theirs.write_bytes(b"half")
    run = Run(dcache(full), tmp_path)
    assert run.fallen == ["/lst/run03.h5"]
    assert theirs.read_bytes() == b"half"


def test_what_breaks_off_falls_and_the_others_arrive(full: Double, tmp_path: Path) -> None:
    """One file's trouble is one file's."""
    full.traps.cut_downloads, full.traps.cut_after = 3, 10
    run = Run(dcache(full), tmp_path)
    assert len(run.fallen) == 3
    assert len(run.done) == COUNT - 3
    for item in run.done:
        assert (tmp_path / item.path[1:]).read_bytes() == FILES[item.path]


def test_large_files_and_those_on_tape_are_not_for_a_haul() -> None:
    """The first would fill the memory, the second would hold a line for minutes."""
    small = Item(1, "/a", "/a", size=1000, version="v")
    assert Haul.is_small(small)
    assert not Haul.is_small(Item(1, "/a", "/a", size=haul.LARGEST + 1, version="v"))
    assert not Haul.is_small(Item(1, "/a", "/a", size=1000, version="v", online=False))
    assert not Haul.is_small(Item(1, "/a", "/a", size=None, version="v"))


# -- batches -----------------------------------------------------------------------------------------------------------


def test_bytes_are_on_disk_before_names_and_names_before_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are synced, then all are named, then the folder is synced, and only then the caller hears of it."""
    steps: list[str] = []

    def spied(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def spy(*args: Any, **more: Any) -> Any:
            steps.append(step)
            return function(*args, **more)

        return spy

    monkeypatch.setattr(disk, "fsync_folder", spied("folder", disk.fsync_folder))
    batch = Batch()
    for n in range(3):
        batch.add(tmp_path / f"{n}", b"x" * n, None)
    monkeypatch.setattr(os, "fsync", spied("sync", os.fsync))
    monkeypatch.setattr(os, "link", spied("name", os.link))
    assert batch.commit() == [None, None, None]
    assert steps == ["sync"] * 3 + ["name"] * 3 + ["folder", "sync"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "2"]


def test_a_file_that_cannot_be_synced_gets_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk was full after all: that one is not there, the others are."""
    batch = Batch()
    for n in range(3):
        batch.add(tmp_path / f"{n}", b"x", None)
    original, calls = os.fsync, iter([False, True, False, False])

    def fsync(descriptor: int) -> None:
        if next(calls):
            raise OSError(28, "No space left on device")
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    errors = batch.commit()
    assert [type(error) for error in errors] == [type(None), NoSpace, type(None)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "2"]


def test_a_name_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """Between the first look and the last step somebody may have made it."""
    batch = Batch()
    batch.add(tmp_path / "a", b"ours", None)
    (tmp_path / "a").write_bytes(b"theirs")
    assert isinstance(batch.commit()[0], AlreadyExists)
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_part_that_another_process_has_locked_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opened the name just after this one made it, and goes on with it: without the name, all it fetches would be lost."""

    def taken(*_: object) -> NoReturn:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(batches, "lock", taken)
    with pytest.raises(CtaDataError):
        Batch().add(tmp_path / "a", b"ours", None)
    assert list(tmp_path.iterdir()) == [part_names(tmp_path / "a")[0]]


def test_a_batch_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Neither names nor parts."""
    batch = Batch()
    batch.add(tmp_path / "a", b"ours", None)
    batch.discard()
    assert list(tmp_path.iterdir()) == []


# -- one stream, two kinds of workers ----------------------------------------------------------------------------------


def _items(sizes: str) -> list[Item]:
    return [Item(n, f"/{n}", f"/{n}", size=10 if size == "s" else 10**9, version="v") for n, size in enumerate(sizes)]


def test_every_item_is_given_once() -> None:
    """The small to the haul, the others to the hands, what falls to the hands as well."""
    split = Split(iter(_items("slsslls")), lambda: False, Haul.is_small)
    first = split.small()
    assert first is not None
    large = [split.other() for _ in range(3)]
    small = [first, *(split.small() for _ in range(3))]
    assert [item and item.n for item in small] == [0, 2, 3, 6]
    assert [item and item.n for item in large] == [1, 4, 5]
    assert split.small() is None
    assert split.ended
    split.fall(first)
    split.end()
    assert (split.other(), split.other()) == (first, None)


def test_after_trouble_the_hands_get_the_small_ones_too() -> None:
    """They wait, repeat and say what is wrong; many at once would only make it worse."""
    split = Split(iter(_items("sss")), lambda: False, Haul.is_small)
    first = split.small()
    assert first is not None
    split.fall(first, trouble=True)
    assert split.small() is None
    assert not split.ended
    assert [split.other(), split.other(), split.other()] == _items("sss")


def test_nothing_is_given_when_it_is_over() -> None:
    """A stop is heard by both."""
    split = Split(iter(_items("sl")), lambda: True, Haul.is_small)
    assert (split.small(), split.other(), split.ended) == (None, None, True)


def test_more_than_1024_open_files_do_no_harm(full: Double, tmp_path: Path) -> None:
    """A server has many; `select` would know only the first 1024 of them."""
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2000:
        pytest.skip("no so many files may be open here")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(2000, limits[0]), limits[1]))
    held = [socket.socket() for _ in range(1100)]
    try:
        run = Run(dcache(full), tmp_path)
    finally:
        for one in held:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(run.done) == COUNT
    assert all(item.state is ItemState.WAITING for item in run.done)


def test_few_files_are_open_where_few_may_be(full: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that waits for the disk has a descriptor, twice as many as become durable together; the lines and the journal want some, too."""
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (32, 32))
    together: list[int] = []
    commit = Batch.commit

    def counted(batch: Batch) -> list[Any]:
        together.append(len(batch))
        return commit(batch)

    monkeypatch.setattr(Batch, "commit", counted)
    run = Run(dcache(full), tmp_path)
    assert (len(run.done), run.fallen) == (COUNT, [])
    assert max(together) <= 4


def test_who_ends_while_being_sent_off_is_not_waited_for() -> None:
    """Nothing would come any more that ends the wait of the next turn."""
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, "nonsense://nowhere/")
    lines = Lines()
    lines.add(handle)
    lines.push()
    began = time.monotonic()
    ended = lines.turn(30)
    assert [one for one, _ in ended] == [handle]
    assert time.monotonic() - began < 20
    lines.remove(handle)
    lines.close()


def test_the_server_is_at_work_while_files_are_written(full: Double, tmp_path: Path) -> None:
    """What is wanted next is asked for before those that came are handed over, not when the caller is done with them."""
    storage = dcache(full)
    wanted = [item for item in storage.list("/lst") if item.size][:3]
    asked: list[int] = []
    for one in storage.gather(iter(wanted), 1):
        if one is not None:
            assert one.error is None
            most = min(len(asked) + 2, len(wanted))
            wait_for(lambda most=most: len(full.requests("door", "GET")) == most)  # type: ignore[misc]
            asked.append(most)
    storage.close()
    assert asked == [2, 3, 3]


def test_closed_lines_hold_no_file() -> None:
    """They hold no file afterwards."""
    mine = Path("/proc/self/fd")
    before = len(list(mine.iterdir()))
    for _ in range(20):
        Lines().close()
    assert len(list(mine.iterdir())) <= before + 1
