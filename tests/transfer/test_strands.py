"""A large file by several ranges at once."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Cancelled, Unreachable
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer import strands
from ctadata_jlab.transfer.job import JobState
from ctadata_jlab.transfer.shares import Shares
from tests.door.traps import Traps
from tests.storage.test_dcache import dcache
from tests.transfer.kit import Bench, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ctadata_jlab.storage import Entry
    from tests.door.double import Double

DATA = random.Random(7).randbytes(3_300_000)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small files be large, and no connection fast."""
    monkeypatch.setattr(strands, "LARGE", 500_000)
    monkeypatch.setattr(strands, "BLOCK", 200_000)
    monkeypatch.setattr(strands, "FAST", 10**12)


class Slow:
    """A reader whose ranges each wait until they are let go; it knows which are on their way."""

    def __init__(self, data: bytes = DATA) -> None:
        self.entry: Entry = Memory({"/f": data}).open("/f").entry
        self._data = data
        self.lock = threading.Condition()
        self.begun: list[int] = []
        self.held: set[int] = set()
        self.most = self.now = 0
        self.fails: dict[int, BaseException] = {}

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        with self.lock:
            self.begun.append(start)
            self.now += 1
            self.most = max(self.most, self.now)
            self.lock.notify_all()
        try:
            stop = len(self._data) if end is None else end
            for begin in range(start, stop, 50_000):
                while begin in self.held:
                    threading.Event().wait(0.002)
                    sink(b"")
                if begin in self.fails:
                    raise self.fails.pop(begin)
                sink(self._data[begin : min(begin + 50_000, stop)])
        finally:
            with self.lock:
                self.now -= 1

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def always() -> AbstractContextManager[bool]:
    return nullcontext(enter_result=True)


def poured(reader: Slow, start: int = 0, **options: Any) -> bytes:
    got = bytearray()
    strands.pour(reader, start, len(DATA), got.extend, **{"most": 4, "spare": always, **options})
    return bytes(got)


@pytest.mark.parametrize("start", [0, 1, 199_999, 1_234_567, len(DATA) - 10])
def test_the_bytes_come_in_the_files_order(start: int) -> None:
    """Whatever arrives first, and wherever a resumed download begins."""
    reader = Slow()
    assert poured(reader, start) == DATA[start:]
    assert running() == []


def test_others_join_a_slow_strand_and_wait_for_it_in_memory() -> None:
    """At most so many at once, and no more blocks ahead than there is room for."""
    reader, got = Slow(), bytearray()
    reader.held.add(250_000)  # the second block, once its first bytes have come
    thread = threading.Thread(
        target=strands.pour, args=(reader, 0, len(DATA), got.extend), kwargs={"most": 4, "spare": always}
    )
    thread.start()
    wait_for(lambda: len(got) == 250_000 and len(reader.begun) == 6)  # one was whole; one waits, and four are kept
    assert reader.most <= 4
    assert max(reader.begun) == 1_000_000
    reader.held.clear()
    thread.join(30)
    assert got == DATA


def test_a_fast_connection_stays_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else sets the pace there, and a second one would cost a mover for nothing."""
    monkeypatch.setattr(strands, "FAST", 0)
    reader = Slow()
    assert poured(reader) == DATA
    assert (reader.most, len(reader.begun)) == (1, 2)


def test_without_a_spare_turn_it_goes_on_alone() -> None:
    """Other files, or other jobs, have all the connections that the storage bears."""
    reader, got = Slow(), bytearray()
    reader.held.add(250_000)
    none = lambda: nullcontext(enter_result=False)  # noqa: E731
    pour = threading.Thread(
        target=strands.pour, args=(reader, 0, len(DATA), got.extend), kwargs={"most": 4, "spare": none}, daemon=True
    )
    pour.start()
    wait_for(lambda: len(got) == 250_000 and len(running()) == 1)
    assert reader.begun == [0, 200_000]
    reader.held.clear()
    pour.join(30)
    assert got == DATA


def running() -> list[threading.Thread]:
    """Return the strands that are at work."""
    return [thread for thread in threading.enumerate() if thread.name == "ctadata-strand"]


def test_a_turn_that_another_waits_for_is_given_up() -> None:
    """After the block at hand: a strand never keeps a file waiting for longer than that."""
    shares = Shares(2)
    reader, got = Slow(), bytearray()
    reader.held |= {250_000, 450_000}
    taken = threading.Event()

    def other() -> None:
        with shares.turn("other", {}, lambda: False):
            taken.set()

    with shares.turn("mine", {}, lambda: False):
        pour = threading.Thread(
            target=strands.pour,
            args=(reader, 0, len(DATA), got.extend),
            kwargs={"most": 4, "spare": lambda: shares.spare("mine", {})},
        )
        pour.start()
        wait_for(lambda: reader.now == 2)
        waiting = threading.Thread(target=other)
        waiting.start()
        wait_for(lambda: shares._waiting)
        assert not taken.is_set()
        reader.held.clear()
        assert taken.wait(30)
        pour.join(30)
        waiting.join(30)
    assert got == DATA
    assert not shares._moving.total()


def test_no_spare_turn_is_given_while_somebody_waits() -> None:
    """Not even one that who waits cannot have."""
    shares, stop = Shares(9), threading.Event()
    with shares.turn("x", {"s": 1}, stop.is_set):
        with shares.spare("x", {"s": 2}) as first, shares.spare("x", {"s": 2}) as second:
            assert (first, second) == (True, False)
        waiting = threading.Thread(target=lambda: shares.turn("y", {"s": 1}, stop.is_set).__enter__())
        waiting.start()
        wait_for(lambda: shares._waiting)
        with shares.spare("x", {"t": 2}) as given:
            assert not given
        stop.set()
        waiting.join(30)


def test_what_came_before_a_failure_is_kept() -> None:
    """All of it that is in a row; the failure is raised after it, and no other range is begun."""
    reader, got = Slow(), bytearray()
    reader.held |= {250_000, 450_000, 600_000, 800_000}
    reader.fails[450_000] = Unreachable("cut")
    thrown: list[BaseException] = []

    def pour() -> None:
        try:
            strands.pour(reader, 0, len(DATA), got.extend, most=4, spare=always)
        except Unreachable as error:
            thrown.append(error)

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    wait_for(lambda: len(reader.begun) == 5)
    reader.held.discard(450_000)
    wait_for(lambda: len(running()) == 3)
    reader.held -= {600_000, 800_000}
    wait_for(lambda: reader.now == 1)
    reader.held.clear()
    thread.join(30)
    assert thrown
    assert got == DATA[:450_000]
    assert max(reader.begun) == 800_000


def test_who_stops_is_not_kept_waiting() -> None:
    """An empty piece comes while no bytes do, so that the sink may raise; then all strands end."""
    reader = Slow()
    reader.held |= set(range(0, len(DATA), 50_000))

    def sink(data: bytes) -> None:
        if not data:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        strands.pour(reader, 0, len(DATA), sink, most=4, spare=always)
    assert reader.now == 0


def test_a_slow_disk_holds_up_the_network() -> None:
    """Bytes that nobody takes are not collected in memory: a strand waits with the rest of a long range."""
    reader, ready, go = Slow(), threading.Event(), threading.Event()
    got = bytearray()

    def sink(data: bytes) -> None:
        got.extend(data)
        ready.set()
        go.wait(30)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strands, "FAST", 0)
        work = strands._Strands(reader, 0, len(DATA), 1, always)
        pour = threading.Thread(target=work.pour, args=(sink,), daemon=True)
        pour.start()
        assert ready.wait(30)
        wait_for(lambda: len(reader.begun) == 2)
        wait_for(lambda: work._blocks[-1].held >= 200_000)
        assert sum(block.held for block in work._blocks) <= 2 * 250_000
        go.set()
        pour.join(30)
    assert got == DATA


def test_only_what_a_checksum_proves_comes_in_strands() -> None:
    """Ranges of two versions of a file would otherwise fit together."""
    reader = Slow()
    reader.entry = replace(reader.entry, checksum=None)
    assert poured(reader) == DATA
    assert reader.begun == [0]


@contextmanager
def downloading(double: Double, tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "work").mkdir()
    with Bench(tmp_path / "queue", {"door": dcache(double), "local": Local(tmp_path / "work")}) as bench:
        yield bench


def test_the_ranges_share_a_mover_and_free_it(double: Double, tmp_path: Path) -> None:
    """The door is asked once for the bytes; at the end the pool hears that no more ranges come."""
    double.reset(replace(Traps.usual(), rate=4_000_000))
    double.raw_put("/f", DATA)
    with downloading(double, tmp_path) as bench:
        job = bench.run("download", "door", "/f", "local")
        assert (job.state, job.note) == (JobState.DONE, "adler32 checked")
    assert (tmp_path / "work/f").read_bytes() == DATA
    gets = [seen for seen in double.asked if seen.method == "GET"]
    ranges = [seen for seen in gets if seen.server == "pool" and seen.headers.get("connection", "") != "close"]
    assert len([seen for seen in gets if seen.server == "door"]) == 1
    assert len(ranges) == 17
    wait_for(lambda: double.movers == {})


def test_strands_that_are_cut_go_on_from_what_is_there(double: Double, tmp_path: Path) -> None:
    """Nothing that was whole and in a row is fetched twice, and the file is right."""
    double.reset(replace(Traps.usual(), rate=4_000_000, cut_downloads=3, cut_after=150_000))
    double.raw_put("/f", DATA)
    with downloading(double, tmp_path) as bench:
        job = bench.run("download", "door", "/f", "local")
        assert (job.state, job.note, job.bytes_done) == (JobState.DONE, "adler32 checked", len(DATA))
    assert (tmp_path / "work/f").read_bytes() == DATA
    wait_for(lambda: double.movers == {})
