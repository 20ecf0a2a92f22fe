"""Jobs beside each other: whose turn it is, how fast they may be, and in which order they come."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Cancelled, Misconfigured
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import JobState
from ctadata_jlab.transfer.progress import Watch
from ctadata_jlab.transfer.shares import Shares
from ctadata_jlab.transfer.throttle import SLOWEST, Throttle
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Reader


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    return Faulty({f"/{job}/{n:02}.h5": bytes([n]) * 1000 for job in "abcd" for n in range(12)})


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, work: Path, dcache: Faulty) -> Iterator[Bench]:
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(work)}) as bench:
        yield bench


class Holding:
    """Lets no file pass until it is told to, and counts those that are on their way."""

    def __init__(self, dcache: Faulty) -> None:
        self.open, self.lock = threading.Event(), threading.Lock()
        self.some = threading.Semaphore(0)
        self.begun: list[str] = []
        self.now = self.most = 0
        dcache.pouring = self._pour

    def _pour(self, reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        with self.lock:
            self.begun.append(reader.entry.path)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            while not self.open.wait(0.01) and not self.some.acquire(blocking=False):
                sink(b"")
            reader.pour(start, end, sink)
        finally:
            with self.lock:
                self.now -= 1


# --- order


def test_jobs_get_their_turns_in_the_order_that_the_user_wants(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """A job that waits can be put before another one, or last."""
    with Bench(tmp_path / "one", {"dcache": dcache, "local": Local(work)}, jobs_at_once=1) as bench:
        _in_order(bench, Holding(dcache))


def _in_order(bench: Bench, holding: Holding) -> None:
    ids = {job: bench.submit("download", "dcache", f"/{job}", "local", f"/{job}").id for job in "abcd"}
    more = bench.submit("download", "dcache", "/a/01.h5", "local", "/more").id
    bench.engine.reorder(more, ids["c"])
    bench.engine.reorder(ids["c"])
    line = [job.id for job in sorted(bench.engine.jobs(), key=lambda job: job.order)]
    assert line == [ids["a"], ids["b"], more, ids["d"], ids["c"]]
    begun: list[str] = []
    bench.engine.listeners.append(lambda job: begun.append(job.id) if job.state is JobState.PLANNING else None)
    holding.open.set()
    for identity in line:
        bench.settled(identity)
    wait_for(lambda: len(set(begun)) >= 4)
    first = list(dict.fromkeys(begun))
    assert [identity for identity in first if identity in line[1:]] == line[1:]


def test_the_order_is_kept_on_disk(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """A server that starts anew takes the jobs in the order they were given."""
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}, jobs_at_once=0) as bench:
        ids = [bench.submit("download", "dcache", f"/{job}", "local").id for job in "abc"]
        bench.engine.reorder(ids[2], ids[0])
        bench.engine.limit(ids[0], 100_000)
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}, jobs_at_once=0) as bench:
        line = sorted(bench.engine.jobs(), key=lambda job: job.order)
        assert [job.id for job in line] == [ids[2], ids[0], ids[1]]
        assert [job.limit for job in line] == [None, 100_000, None]


def test_what_has_ended_is_in_no_queue(bench: Bench) -> None:
    """It cannot be put anywhere, nor can anything be put before it."""
    done = bench.run("download", "dcache", "/a/00.h5", "local").id
    with pytest.raises(Misconfigured):
        bench.engine.reorder(done)


# --- shares


def test_a_small_job_is_not_held_up_by_a_large_one(bench: Bench, dcache: Faulty) -> None:
    """Both move files at once: whoever has fewer on their way is next."""
    holding = Holding(dcache)
    large = bench.submit("download", "dcache", "/a", "local", "/1")
    wait_for(lambda: len(holding.begun) == 4)
    small = bench.submit("download", "dcache", "/b", "local", "/2")
    shares = bench.engine._dispatcher._desk.shares
    wait_for(lambda: small.id in shares._waiting)
    holding.some.release()  # makes room for what the small one does before its files
    wait_for(lambda: shares._waiting.get(small.id, (0, {}))[0] == 4)
    begun = len(holding.begun)
    holding.some.release()
    wait_for(lambda: len(holding.begun) > begun)
    assert holding.begun[begun].startswith("/b/")
    holding.open.set()
    assert bench.settled(large.id).state is JobState.DONE
    assert bench.settled(small.id).state is JobState.DONE
    assert holding.most <= 4


def test_a_turn_goes_to_the_job_with_the_fewest(tmp_path: Path) -> None:
    """Of four turns two jobs have two each, whoever came first and however many hands it has."""
    shares, order = Shares(4), []
    leave = {job: threading.Semaphore(0) for job in "xy"}

    def work(job: str) -> None:
        with shares.turn(job, {}, lambda: False):
            order.append(job)
            leave[job].acquire()

    threads = [threading.Thread(target=work, args=(job,), daemon=True) for job in "xxxxxxx"]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(order) == 4)
    late = [threading.Thread(target=work, args=("y",), daemon=True) for _ in range(3)]
    for thread in late:
        thread.start()
    wait_for(lambda: shares._waiting.get("y", (0,))[0] == 3)
    for moved in range(5, 8):  # each that leaves makes room for one
        leave["x" if moved < 7 else "y"].release()
        wait_for(lambda moved=moved: len(order) == moved)  # type: ignore[misc]
    assert order == ["x"] * 4 + ["y", "y", "y"]
    for _ in range(10):
        leave["x"].release()
        leave["y"].release()
    for thread in threads + late:
        thread.join(10)
    assert sorted(order) == ["x"] * 7 + ["y"] * 3


def test_a_storage_bears_only_so_many_at_once() -> None:
    """However many jobs ask for it; a job at another storage is not held up by those that wait."""
    shares, held = Shares(10), []
    leave = threading.Event()

    def work(job: str, limits: dict[str, int]) -> None:
        with shares.turn(job, limits, lambda: False):
            held.append(job)
            leave.wait(10)

    threads = [threading.Thread(target=work, args=(f"slow{n}", {"s": 2}), daemon=True) for n in range(5)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(held) == 2 and len(shares._waiting) == 3)
    other = threading.Thread(target=work, args=("other", {"t": 2}), daemon=True)
    other.start()
    wait_for(lambda: "other" in held)
    assert len(held) == 3
    leave.set()
    for thread in [*threads, other]:
        thread.join(10)
    assert len(held) == 6
    assert not shares._moving.total()
    assert not shares._at.total()


def test_who_is_stopped_waits_for_no_turn() -> None:
    """A cancelled job does not wait for another one's large file."""
    shares, stopped = Shares(1), threading.Event()
    with shares.turn("x", {}, lambda: False):
        threading.Timer(0.05, stopped.set).start()
        with shares.turn("y", {}, stopped.is_set):
            assert stopped.is_set()
        assert shares._moving.total() == 1


# --- limits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_limit_is_what_all_threads_get_together() -> None:
    """Bytes are spread over time; a pause is no credit; no limit, no rest."""
    clock = Clock()
    throttle = Throttle(1000, clock)
    assert [throttle.wait_for(500) for _ in range(3)] == [0.5, 1.0, 1.5]
    clock.now = 100.0
    assert throttle.wait_for(500) == 0.5
    throttle.limit(None)
    assert throttle.wait_for(10**12) == 0
    throttle.limit(100)
    assert throttle.wait_for(100) == 1


def test_a_watch_rests_for_the_strictest_limit_and_can_be_stopped() -> None:
    """A job that rests for its limit is stopped at once."""
    stop = threading.Event()
    watch = Watch(stop=stop, throttles=(Throttle(None), Throttle(10), Throttle(10**9)))
    threading.Timer(0.05, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        watch.moved(10_000)
    assert time.monotonic() - begun < 60


def test_limits_are_heard_while_a_job_moves(bench: Bench, dcache: Faulty) -> None:
    """One job, or all together; lifting a limit lets it go at once; too low a limit is no limit."""
    holding = Holding(dcache)
    job = bench.submit("download", "dcache", "/a", "local")
    wait_for(lambda: holding.now == 4)
    run = bench.engine._dispatcher._runs[job.id]
    bench.engine.limit(job.id, 20_000)
    bench.engine.limit_all(SLOWEST)
    assert (run.throttle.rate, bench.engine.job(job.id).limit) == (20_000, 20_000)
    assert bench.engine.overall_limit == SLOWEST
    with pytest.raises(Misconfigured, match="at least"):
        bench.engine.limit(job.id, 5)
    bench.engine.limit(job.id, None)
    bench.engine.limit_all(None)
    assert run.throttle.rate is None
    holding.open.set()
    assert bench.settled(job.id).state is JobState.DONE


def test_a_limited_job_is_as_slow_as_it_should(tmp_path: Path, work: Path) -> None:
    """96 kB at 48 kB/s cannot take less than what its last pieces have to wait for."""
    dcache = Faulty({f"/d/{n}": bytes(8_000) for n in range(12)})
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}, rate=48_000) as bench:
        begun = time.monotonic()
        assert bench.run("download", "dcache", "/d", "local").state is JobState.DONE
        assert time.monotonic() - begun >= 1.6
    assert sum(file.stat().st_size for file in (work / "d").iterdir()) == 96_000


def test_the_overall_limit_outlives_the_process(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """Who lowered it for a meeting finds it low after a restart; it also wins over the configured one."""
    for rate, found in ((None, 99_000), (70_000, 30_000)):
        with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}, rate=rate) as bench:
            if rate is None:
                bench.engine.limit_all(99_000)
            assert bench.engine.overall_limit == 99_000
            bench.engine.limit_all(found)
