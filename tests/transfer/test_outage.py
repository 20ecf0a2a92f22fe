"""A network that goes and comes back, servers that say "not now", disks that are full: what stops everything, and what only one file."""

from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING

import pytest
import stamina

from ctadata_jlab.errors import Busy, Corrupted, NoSpace, NotFound, Unreachable
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import patience, survey
from ctadata_jlab.transfer.job import Job, JobRequest, JobState
from ctadata_jlab.transfer.outage import Gone, Outages, require_answers
from ctadata_jlab.transfer.patience import patiently, rest_before
from ctadata_jlab.transfer.waiting import waiting
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    return Faulty({f"/d/{n:02}.h5": bytes([n]) * 1000 for n in range(20)})


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, work: Path, dcache: Faulty, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(work)}) as bench:
        monkeypatch.setattr(bench.engine._dispatcher._desk.outages, "_first", 0.05)
        yield bench


class Network:
    """What a storage is reached by; it may be down."""

    def __init__(self, dcache: Faulty) -> None:
        self.down = threading.Event()
        self.after: tuple[str, int] | None = None
        """Goes down by itself at the so-manieth call of that verb."""
        self.dcache = dcache
        dcache.before = self._before

    def _before(self, verb: str, path: str) -> None:
        if self.after is not None and self.dcache.count(self.after[0]) >= self.after[1]:
            self.after = None
            self.down.set()
        if self.down.is_set():
            raise Unreachable("no route")


# --- the network


@pytest.mark.parametrize("verb", ["list", "stat", "open"])
def test_a_network_that_is_gone_is_waited_for(bench: Bench, dcache: Faulty, work: Path, verb: str) -> None:
    """Wherever it goes: no file fails, the job says what it waits for and until when, and goes on by itself."""
    network = Network(dcache)
    network.after = (verb, 3 if verb != "list" else 1)
    job = bench.run("download", "dcache", "/d", "local")
    assert (job.state, job.reason, job.files_failed) == (JobState.BLOCKED, "network", 0)
    assert job.error is not None
    assert (job.error.error, job.until is not None) == ("Unreachable", True)
    first = job.until
    bench.until(job.id, lambda job: job.until != first)  # tried again in vain: it says when the next time is
    assert bench.engine.job(job.id).state is JobState.BLOCKED
    network.down.clear()
    job = bench.until(job.id, lambda job: job.state is JobState.DONE)
    assert (job.files_done, job.error, job.until) == (20, None, None)
    assert len(list((work / "d").iterdir())) == 20
    assert "blocked (network): no route" in bench.engine.log(job.id)


def test_one_dead_file_is_no_dead_network(bench: Bench, dcache: Faulty) -> None:
    """Its pool may be down: the file fails, the others arrive."""

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("open", "/d/03.h5"):
            raise Unreachable("no pool")

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert (job.state, job.files_done, job.files_failed) == (JobState.FAILED, 19, 1)


@pytest.mark.parametrize("verb", ["list", "open"])
def test_an_outage_that_ends_with_the_last_attempt_fails_nothing(bench: Bench, dcache: Faulty, verb: str) -> None:
    """All usual attempts were spent on nobody, and then the storage answers: it is asked once more."""
    tried = 0

    def before(asked: str, path: str) -> None:
        nonlocal tried
        if asked == verb and path in {"/d", "/d/03.h5"} and tried < patience.ATTEMPTS:
            tried += 1
            raise Unreachable("no route")

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert tried == patience.ATTEMPTS
    assert (job.state, job.files_done, job.files_failed) == (JobState.DONE, 20, 0)


def test_a_job_that_waits_for_the_network_can_be_steered(bench: Bench, dcache: Faulty) -> None:
    """Paused, it is not tried again; resumed, at once; cancelled, it is over."""
    network = Network(dcache)
    network.down.set()
    job = bench.run("download", "dcache", "/d", "local")
    assert job.reason == "network"
    assert bench.engine.pause(job.id).until is None
    network.down.clear()
    calls = len(dcache.calls)
    wait_for(lambda: not bench.engine._dispatcher._probing)
    calls = len(dcache.calls)
    bench.engine._dispatcher.look_again()
    assert len(dcache.calls) == calls
    network.down.set()
    bench.engine.resume(job.id)
    wait_for(lambda: bench.engine.job(job.id).reason == "network")
    assert bench.engine.cancel(job.id).state is JobState.CANCELLED


def test_after_a_restart_the_network_is_tried_at_once(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """Whatever was noted by the process before, and whatever its clock said."""
    network = Network(dcache)
    network.down.set()
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}) as bench:
        identity = bench.run("download", "dcache", "/d", "local").id
    network.down.clear()
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}) as bench:
        assert bench.until(identity, lambda job: job.state is JobState.DONE).files_done == 20


def test_the_distances_grow_to_a_minute() -> None:
    """By a monotonic clock: one that is set does not matter."""
    now = [0.0]
    outages = Outages(clock=lambda: now[0], jitter=lambda _low, high: high)
    assert outages.is_due("x")
    assert [outages.next("x") for _ in range(6)] == [5, 10, 20, 40, 60, 60]
    now[0] = 59.0
    assert not outages.is_due("x")
    now[0] = 60.0
    assert outages.is_due("x")
    outages.over("x")
    assert outages.next("x") == 5


def test_any_answer_is_an_answer() -> None:
    """Only who cannot be reached is gone: a refusal comes over a network."""
    dcache = Faulty()
    for error in (NotFound("x"), Busy("x", after=1), Corrupted("x")):
        dcache.before = lambda verb, path, error=error: (_ for _ in ()).throw(error)  # type: ignore[misc]
        require_answers([dcache])
    dcache.before = lambda verb, path: (_ for _ in ()).throw(Unreachable("x"))
    with pytest.raises(Gone):
        require_answers([dcache])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(40.4, "next try in 40 s"), (-3.0, "next try in 0 s"), (240.0, "next try in 4 min"), (None, None)],
)
def test_what_is_waited_for_is_said_in_words(seconds: float | None, said: str | None) -> None:
    """A user reads what a job waits for, and how long."""
    request = JobRequest("download", "dcache", ("/d",), None)
    until = None if seconds is None else 1000 + seconds
    job = Job("J", request, "d", 0.0, JobState.BLOCKED, "network", until=until)
    words = "waiting for the network"
    assert waiting(job, 1000.0) == (words if said is None else f"{words}, {said}")
    assert waiting(Job("J", request, "d", 0.0, JobState.RUNNING), 1000.0) is None


# --- not now


def test_not_now_costs_no_attempt() -> None:
    """429 and Retry-After are flow control: however often they come, the work is done in the end."""
    answers: list[Exception] = [Busy("later", after=7)] * 30 + [Unreachable("x")] * 4
    rests: list[float] = []

    def work() -> str:
        if answers:
            raise answers.pop(0)
        return "done"

    assert patiently(work, rest=rests.append) == "done"
    assert rests == [7.0] * 30 + [0.0] * 4


def test_not_now_is_not_waited_for_for_ever() -> None:
    """A server that says so for an hour is a failure after all."""
    rests: list[float] = []

    def work() -> None:
        raise Busy("later", after=500)

    with pytest.raises(Busy):
        patiently(work, rest=rests.append)
    assert 3600 <= sum(rests) < 4400


def test_rests_grow_by_the_kind_of_error() -> None:
    """The network gets time, growing and never the same for all; wrong bytes are fetched again at once; a server gets what it asked for."""
    with stamina.set_testing(False):
        low, high = (lambda a, _: a), (lambda _, b: b)
        gone = Unreachable("x")
        assert [rest_before(n, gone, high) for n in range(2, 9)] == [0.5, 1, 2, 4, 8, 15, 15]
        assert rest_before(3, gone, low) == pytest.approx(0.6)
        assert rest_before(2, Corrupted("x")) == 0
        assert rest_before(2, Busy("x", after=9), low) == 9
        assert rest_before(2, Busy("x", after=9), high) == 10
        assert rest_before(2, Busy("x", after=1e9), low) == patience._LONGEST_ASKED


# --- a full disk


def test_a_disk_that_fills_up_stops_the_job_and_loses_nothing(
    bench: Bench, dcache: Faulty, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every file fails in turn: the job says so once; when there is room, retry takes what is left."""
    write, full = os.pwrite, threading.Event()

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, data, offset)
        if dcache.count("open") >= 8:
            full.set()
        return written

    monkeypatch.setattr(os, "pwrite", pwrite)
    job = bench.run("download", "dcache", "/d", "local")
    assert job.error is not None
    assert (job.state, job.error.error, job.files_failed) == (JobState.FAILED, "NoSpace", 0)
    assert dcache.count("open") < 16
    whole = [file for file in (work / "d").iterdir() if not file.name.startswith(".")]
    assert all(file.read_bytes() == dcache.read(f"/d/{file.name}") for file in whole)
    monkeypatch.setattr(os, "pwrite", write)
    bench.engine.retry(job.id)
    job = bench.settled(job.id)
    assert (job.state, job.files_done) == (JobState.DONE, 20)


def test_a_storage_that_is_too_full_for_one_file_takes_the_others(bench: Bench, dcache: Faulty, work: Path) -> None:
    """507 may be about the size of that file."""
    (work / "up").mkdir()
    for n in range(5):
        (work / f"up/{n}").write_bytes(b"x" * n)

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("put", "/up/3"):
            raise NoSpace("too large")

    dcache.before = before
    job = bench.run("upload", "local", "/up", "dcache", "/")
    assert (job.state, job.files_done, job.files_failed) == (JobState.FAILED, 4, 1)


def test_a_quota_is_looked_at_before_the_first_byte(
    bench: Bench, dcache: Faulty, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the storage has already needs no room again; where little is to be stored nobody is asked."""
    asked: list[str] = []

    def room(folder: str) -> int:
        asked.append(folder)
        return 2500

    dcache.room = room  # type: ignore[attr-defined]
    (work / "d").mkdir()
    for n in range(4):
        (work / f"d/{n}").write_bytes(bytes(1000))
    assert bench.run("upload", "local", "/d/0", "dcache", "/small").state is JobState.DONE
    assert asked == []
    monkeypatch.setattr(survey, "WORTH_ASKING", 1000)
    job = bench.run("upload", "local", "/d", "dcache", "/up")
    assert job.error is not None
    assert (job.state, job.error.error, asked) == (JobState.FAILED, "NoSpace", ["/up"])
    assert "4000 bytes are needed" in job.error.message
    assert dcache.count("put") == 1
    for n in range(2):
        dcache.write(f"/up/d/{n}", bytes(1000))
    bench.engine.retry(job.id)
    assert bench.settled(job.id).state is JobState.DONE
