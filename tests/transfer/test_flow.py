"""Jobs that ask, stop, fail, and go on."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import (
    BadPath,
    Busy,
    Forbidden,
    Misconfigured,
    NotFound,
    NotLoggedIn,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.storage import Traits
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.job import Item, ItemState, JobState
from ctadata_jlab.transfer.part import part_names
from ctadata_jlab.transfer.patience import ATTEMPTS
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Reader


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    return Faulty({f"/d/{n}.h5": bytes([n]) * 100_000 for n in range(10)})


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, work: Path, dcache: Faulty) -> Iterator[Bench]:
    storages = {"dcache": dcache, "other": Memory(), "local": Local(work), "again": Local(work)}
    with Bench(tmp_path / "queue", storages) as bench:
        yield bench


class Gate:
    """Holds the pouring of every file after its first bytes until it is opened."""

    def __init__(self, dcache: Faulty) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        dcache.pouring = self._pour

    def _pour(self, reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        middle = max(start, 65_536)
        reader.pour(start, middle, sink)
        self.reached.set()
        while not self.open.wait(0.01):
            sink(b"")
        reader.pour(middle, end, sink)


# --- conflicts


def test_existing_targets_are_asked_about_once(bench: Bench, work: Path) -> None:
    """Counted before anything is written; identical files are no question; the answer is followed."""
    (work / "d").mkdir()
    (work / "d/1.h5").write_bytes(bytes([1]) * 100_000)
    (work / "d/2.h5").write_bytes(b"mine")
    (work / "d/3.h5").write_bytes(b"?" * 100_000)
    job = bench.run("download", "dcache", "/d", "local")
    assert (job.state, job.reason) == (JobState.BLOCKED, "question")
    assert job.question is not None
    assert (job.question.count, set(job.question.examples)) == (2, {"/d/2.h5", "/d/3.h5"})
    assert sorted(os.listdir(work / "d")) == ["1.h5", "2.h5", "3.h5"]  # noqa: PTH208
    bench.engine.answer(job.id, "skip")
    job = bench.settled(job.id)
    assert (job.state, job.question, job.request.conflict) == (JobState.DONE, None, "skip")
    assert (job.files_done, job.files_skipped, job.bytes_done) == (7, 3, 1_000_000)
    assert job.note == "7 of 10: adler32 checked; 1 of 10: already there; 2 of 10: exists already"
    assert (work / "d/2.h5").read_bytes() == b"mine"


def test_only_sensible_answers_are_taken(bench: Bench, work: Path) -> None:
    """And only by a job that asks."""
    (work / "1.h5").write_bytes(b"mine")
    job = bench.run("download", "dcache", "/d/1.h5", "local")
    for nonsense in ("ask", "yes"):
        with pytest.raises(Misconfigured):
            bench.engine.answer(job.id, nonsense)
    bench.engine.answer(job.id, "replace")
    assert bench.settled(job.id).state is JobState.DONE
    assert (work / "1.h5").read_bytes() == bytes([1]) * 100_000
    with pytest.raises(Misconfigured):
        bench.engine.answer(job.id, "skip")


def test_uploads_ask_too(bench: Bench, work: Path, dcache: Faulty) -> None:
    """With one listing a folder, not one question a file."""
    (work / "d").mkdir()
    for n in range(10):
        (work / f"d/{n}.h5").write_bytes(b"new")
    job = bench.run("upload", "local", "/d", "dcache")
    assert job.question is not None
    assert (job.question.count, len(job.question.examples)) == (10, 5)
    assert dcache.count("list") == 1
    assert dcache.count("put") == 0
    bench.engine.answer(job.id, "rename")
    assert bench.settled(job.id).state is JobState.DONE
    assert (dcache.read("/d/1.h5"), dcache.read("/d/1 (1).h5")) == (bytes([1]) * 100_000, b"new")


def test_a_file_that_turns_up_after_the_question_is_kept(bench: Bench, dcache: Faulty, work: Path) -> None:
    """Nobody was asked about it: it fails, and retry asks."""
    gate = Gate(dcache)
    job = bench.submit("download", "dcache", "/d/1.h5", "local")
    assert gate.reached.wait(10)
    (work / "1.h5").write_bytes(b"precious")
    gate.open.set()
    job = bench.settled(job.id)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.error == "AlreadyExists"
    assert (work / "1.h5").read_bytes() == b"precious"
    bench.engine.retry(job.id)
    assert bench.settled(job.id).reason == "question"


# --- stopping


def test_cancel_is_prompt_and_keeps_the_part(bench: Bench, dcache: Faulty, work: Path) -> None:
    """Never half a final file; trying again fetches only the rest."""
    gate = Gate(dcache)
    job = bench.submit("download", "dcache", "/d/1.h5", "local")
    assert gate.reached.wait(10)
    assert bench.engine.cancel(job.id).state is JobState.CANCELLED
    wait_for(lambda: not bench.engine._dispatcher.is_at_work(job.id), 2)
    assert not (work / "1.h5").exists()
    assert part_names(work / "1.h5")[0].stat().st_size == 65_536
    gate.open.set()
    bench.engine.retry(job.id)
    assert bench.settled(job.id).state is JobState.DONE
    assert dcache.poured[-1] == ("/d/1.h5", 65_536, 100_000)


def test_pause_and_resume(bench: Bench, dcache: Faulty, work: Path) -> None:
    """What is done stays done; what was on its way goes on."""
    gate = Gate(dcache)
    job = bench.submit("download", "dcache", "/d", "local")
    assert gate.reached.wait(10)
    assert bench.engine.pause(job.id).state is JobState.PAUSED
    gate.open.set()
    wait_for(lambda: not bench.engine._dispatcher.is_at_work(job.id))
    assert bench.engine.job(job.id).state is JobState.PAUSED
    bench.engine.resume(job.id)
    job = bench.settled(job.id)
    assert (job.state, job.files_done, job.bytes_done) == (JobState.DONE, 10, 1_000_000)
    assert len(list((work / "d").iterdir())) == 10


def test_what_has_ended_cannot_be_steered(bench: Bench) -> None:
    """A job that is done stays done, until it is forgotten."""
    job = bench.run("download", "dcache", "/d/1.h5", "local")
    for verb in (bench.engine.pause, bench.engine.resume, bench.engine.cancel, bench.engine.retry):
        with pytest.raises(Misconfigured):
            verb(job.id)
    wait_for(lambda: not bench.engine._dispatcher.is_at_work(job.id))
    bench.engine.forget(job.id)
    assert bench.engine.jobs() == []
    with pytest.raises(NotFound):
        bench.engine.job(job.id)


# --- failing


def test_one_failure_stops_nothing_else_and_retry_takes_only_it(bench: Bench, dcache: Faulty) -> None:
    """The job says the first error and how many; finished files are not touched again."""

    def before(verb: str, path: str) -> None:
        if verb == "open" and path in {"/d/3.h5", "/d/4.h5"}:
            raise Forbidden(f"not {path}")

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert (job.state, job.files_done, job.files_failed, job.bytes_done) == (JobState.FAILED, 8, 2, 800_000)
    assert job.error is not None
    assert (job.error.error, job.error.message) == ("Forbidden", "2 of 10 failed. The first: not /d/3.h5")
    assert {item.path for item in bench.engine.items(job.id, ItemState.FAILED)} == {"/d/3.h5", "/d/4.h5"}
    assert "/d/3.h5: Forbidden: not /d/3.h5" in bench.engine.log(job.id)
    dcache.before, dcache.calls = (lambda verb, path: None), []
    bench.engine.retry(job.id)
    job = bench.settled(job.id)
    assert (job.state, job.files_done, job.files_failed, job.bytes_done) == (JobState.DONE, 10, 0, 1_000_000)
    assert {path for verb, path in dcache.calls if verb == "open"} == {"/d/3.h5", "/d/4.h5"}


def test_a_dead_door_fails_the_item_after_some_tries(bench: Bench, dcache: Faulty) -> None:
    """The usual ones, and once more since the door answers other questions; and the error is kept."""

    def before(verb: str, path: str) -> None:
        if verb == "open":
            raise Unreachable("dead")

    dcache.before = before
    job = bench.run("download", "dcache", "/d/1.h5", "local")
    assert job.error is not None
    assert (job.state, job.error.error, job.error.retryable) == (JobState.FAILED, "Unreachable", True)
    assert dcache.count("open") == 2 * ATTEMPTS


def test_an_unexpected_error_is_one_files_failure(bench: Bench, dcache: Faulty) -> None:
    """A bug in a storage does not take the queue down."""

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("open", "/d/3.h5"):
            raise ZeroDivisionError

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert job.error is not None
    assert (job.state, job.files_done, job.error.error) == (JobState.FAILED, 9, "ServerFault")


def test_a_plan_that_fails_is_made_anew(bench: Bench, dcache: Faulty) -> None:
    """Nothing is copied by half a plan."""

    def before(verb: str, path: str) -> None:
        if verb == "list":
            raise Forbidden("closed")

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert job.error is not None
    assert (job.state, job.planned) == (JobState.FAILED, False)
    assert "/d" in job.error.message
    dcache.before = lambda verb, path: None
    bench.engine.retry(job.id)
    job = bench.settled(job.id)
    assert (job.state, job.files_done) == (JobState.DONE, 10)


def test_no_room_is_known_before_the_first_byte(
    bench: Bench, dcache: Faulty, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there already, and the bytes of parts, need no room again."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 900_000))
    job = bench.run("download", "dcache", "/d", "local")
    assert job.error is not None
    assert (job.state, job.error.error) == (JobState.FAILED, "NoSpace")
    assert dcache.count("open") == 0
    (work / "d").mkdir()
    (work / "d/1.h5").write_bytes(bytes([1]) * 100_000)
    bench.engine.retry(job.id)
    assert bench.settled(job.id).state is JobState.DONE


# --- login


def test_a_missing_login_blocks_and_a_login_wakes(bench: Bench, dcache: Faulty) -> None:
    """No file fails for it; the job goes on by itself."""
    logged_in = threading.Event()

    def before(verb: str, path: str) -> None:
        if verb == "open" and not logged_in.is_set():
            raise NotLoggedIn("log in")

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert job.error is not None
    assert (job.state, job.reason, job.error.error, job.files_failed) == (JobState.BLOCKED, "login", "NotLoggedIn", 0)
    assert dcache.count("open") <= 4
    logged_in.set()
    bench.engine.wake("other")
    assert bench.engine.job(job.id).state is JobState.BLOCKED
    bench.engine.wake("dcache")
    job = bench.until(job.id, lambda job: job.state is JobState.DONE)
    assert (job.files_done, job.error) == (10, None)


def test_a_look_finds_that_the_login_works_again(bench: Bench, dcache: Faulty) -> None:
    """A token that came by another way; while it has not, one question is asked and the job stays as it is."""

    def before(verb: str, path: str) -> None:
        raise NotLoggedIn("log in")

    dcache.before = before
    job = bench.run("download", "dcache", "/d", "local")
    assert (job.reason, job.planned) == ("login", False)
    seen = len(bench.told)
    bench.engine._dispatcher.look()
    assert (bench.engine.job(job.id).state, len(bench.told)) == (JobState.BLOCKED, seen)
    dcache.before = lambda verb, path: None
    bench.engine._dispatcher.look()
    assert bench.until(job.id, lambda job: job.state is JobState.DONE).files_done == 10


# --- other kinds


def test_deleting_a_tree(bench: Bench, dcache: Faulty) -> None:
    """Children before folders, each counted."""
    dcache.write("/d/sub/deep/x", b"1")
    job = bench.run("delete", "dcache", "/d")
    assert (job.state, job.files_done, job.files_total) == (JobState.DONE, 14, 14)
    assert list(dcache.list("/")) == []


def test_a_delete_that_cannot_remove_all_says_which(bench: Bench, dcache: Faulty) -> None:
    """The others go; the folder that still holds one stays."""

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("remove", "/d/3.h5"):
            raise Forbidden("no")

    dcache.before = before
    job = bench.run("delete", "dcache", "/d")
    assert (job.state, job.files_done, job.files_failed) == (JobState.FAILED, 9, 2)
    assert [entry.path for entry in dcache.list("/d")] == ["/d/3.h5"]


def test_measuring_touches_nothing(bench: Bench, dcache: Faulty) -> None:
    """Counts and sizes, for the question before a delete; it never waits its turn."""
    job = bench.run("measure", "dcache", "/d")
    assert (job.state, job.files_total, job.bytes_total, job.note) == (
        JobState.DONE,
        10,
        1_000_000,
        "10 files in 1 folder",
    )
    gate = Gate(dcache)
    for n in range(2):
        bench.submit("download", "dcache", f"/d/{n}.h5", "local")
    assert gate.reached.wait(10)
    assert bench.run("measure", "dcache", "/d").state is JobState.DONE
    gate.open.set()


def test_moving_within_a_storage_is_a_rename(bench: Bench, dcache: Faulty) -> None:
    """Nothing is copied."""
    job = bench.run("move", "dcache", ("/d/1.h5", "/d/2.h5"), "dcache", "/new")
    assert (job.state, job.files_done) == (JobState.DONE, 2)
    assert dcache.read("/new/1.h5") == bytes([1]) * 100_000
    assert dcache.count("put") == dcache.count("open") == 0


def test_moving_onto_something_asks_and_keeps_the_old_until_the_new_is_there(bench: Bench, dcache: Faulty) -> None:
    """If the move fails, everything is as it was."""
    dcache.write("/new/1.h5", b"old")
    job = bench.run("move", "dcache", "/d/1.h5", "dcache", "/new")
    assert job.reason == "question"

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("move", "/d/1.h5"):
            raise Forbidden("no")

    dcache.before = before
    bench.engine.answer(job.id, "replace")
    assert bench.settled(job.id).state is JobState.FAILED
    assert dcache.read("/new/1.h5") == b"old"
    dcache.before = lambda verb, path: None
    bench.engine.retry(job.id)
    assert bench.settled(job.id).state is JobState.DONE
    assert dcache.read("/new/1.h5") == bytes([1]) * 100_000
    assert len(list(dcache.list("/new"))) == 1


def test_moving_across_storages(bench: Bench, dcache: Faulty) -> None:
    """Copied, proven, then removed here; empty folders too."""
    dcache.make_folder("/d/empty")
    other = bench.storages["other"]
    job = bench.run("move", "dcache", "/d", "other", "/x")
    assert (job.state, job.files_done) == (JobState.DONE, 10)
    assert list(dcache.list("/")) == []
    assert other.stat("/x/d/9.h5").size == 100_000
    assert other.stat("/x/d/empty").is_folder


def test_a_move_removes_only_what_is_proven(bench: Bench, dcache: Faulty) -> None:
    """Corrupted on the way, written to meanwhile, or not copied at all: the original stays."""
    other = bench.storages["other"]
    assert isinstance(other, Memory)
    other.write("/d/2.h5", bytes([2]) * 100_000)

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        sink(b"?" * 100_000) if reader.entry.path == "/d/3.h5" else reader.pour(start, end, sink)

    dcache.pouring = pouring
    job = bench.run("move", "dcache", "/d", "other")
    assert (job.state, job.files_failed, job.files_skipped) == (JobState.FAILED, 1, 1)
    assert {entry.path for entry in dcache.list("/d")} == {"/d/2.h5", "/d/3.h5"}
    assert bench.engine.items(job.id, ItemState.SKIPPED)[-1].note == "already there; the original was kept"


def test_a_file_written_to_after_it_was_copied_is_not_removed(bench: Bench, dcache: Faulty) -> None:
    """The newer bytes are nowhere else."""

    class Late(Memory):
        def put(self, path: str, body: Any, *, replace: Any = False, ticket: str) -> Any:
            receipt = super().put(path, body, replace=replace, ticket=ticket)
            dcache.write("/d/1.h5", b"newer")
            return receipt

    bench.storages["late"] = Late()
    job = bench.run("move", "dcache", "/d/1.h5", "late")
    assert job.error is not None
    assert (job.state, job.error.error) == (JobState.FAILED, "Changed")
    assert dcache.read("/d/1.h5") == b"newer"


def test_a_move_onto_itself_by_another_name_removes_nothing(bench: Bench, work: Path) -> None:
    """Two sources may lead to one folder."""
    (work / "a").write_bytes(b"precious")
    job = bench.run("move", "local", "/a", "again", "/", "replace")
    assert job.state is JobState.FAILED
    assert (work / "a").read_bytes() == b"precious"


def test_copies_between_storages(bench: Bench, dcache: Faulty) -> None:
    """The original stays."""
    job = bench.run("copy", "dcache", "/d", "other", "/x")
    assert (job.state, job.note) == (JobState.DONE, "adler32 checked")
    assert bench.storages["other"].stat("/x/d/9.h5").size == 100_000
    assert len(list(dcache.list("/d"))) == 10


# --- what may be asked


@pytest.mark.parametrize(("kind", "source", "tops", "to", "error"), [
    ("download", "dcache", (), "local", Misconfigured),
    ("download", "dcache", "/d", None, Misconfigured),
    ("delete", "dcache", "/d", "local", Misconfigured),
    ("delete", "dcache", "/", None, BadPath),
    ("download", "dcache", "/d/../../etc", "local", BadPath),
    ("download", "nowhere", "/d", "local", KeyError),
    ("upload", "local", "/d", "frozen", Unsupported),
    ("move", "frozen", "/d", "local", Unsupported),
])  # fmt: skip
def test_nonsense_is_refused_at_once(
    bench: Bench, kind: str, source: str, tops: Any, to: str | None, error: type[Exception]
) -> None:
    """Nothing of it gets into the queue."""

    class Frozen(Memory):
        traits = Traits()

    bench.storages["frozen"] = Frozen()
    with pytest.raises(error):
        bench.submit(kind, source, tops, to)
    assert bench.engine.jobs() == []


# --- being told


def test_every_change_is_told_in_order_and_not_too_often(bench: Bench, dcache: Faulty) -> None:
    """`seq` grows; at most four reports a second beside the changes of state; the last word is the end."""

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        for at in range(start, end or 0, 5000):
            reader.pour(at, min(at + 5000, end or 0), sink)
            time.sleep(0.01)

    dcache.pouring = pouring
    begun = time.monotonic()
    job = bench.run("download", "dcache", "/d", "local")
    took = time.monotonic() - begun
    wait_for(lambda: bench.told and bench.told[-1].state is JobState.DONE)
    told = [one for one in bench.told if one.id == job.id]
    assert [one.seq for one in told] == sorted({one.seq for one in told})
    assert [state for n, state in enumerate(one.state for one in told) if n == 0 or told[n - 1].state is not state] == [
        JobState.WAITING, JobState.PLANNING, JobState.RUNNING, JobState.DONE,
    ]  # fmt: skip
    assert len(told) <= took * 4 + 6
    assert any(one.speed for one in told)
    assert [one.bytes_done for one in told] == sorted(one.bytes_done for one in told)


def test_a_listener_that_fails_disturbs_nobody(bench: Bench) -> None:
    """Neither the job nor the other listeners."""

    def broken(_: object) -> None:
        raise ZeroDivisionError

    bench.engine.listeners.insert(0, broken)
    job = bench.run("download", "dcache", "/d", "local")
    assert job.state is JobState.DONE
    wait_for(lambda: bench.told[-1].state is JobState.DONE)


def test_jobs_take_turns(bench: Bench, dcache: Faulty) -> None:
    """Two at once, in order; newest first in the list."""
    gate = Gate(dcache)
    jobs = [bench.submit("download", "dcache", f"/d/{n}.h5", "local") for n in range(4)]
    assert gate.reached.wait(10)
    wait_for(lambda: bench.engine.job(jobs[1].id).state is JobState.RUNNING)
    assert [job.state.value for job in bench.engine.jobs()] == ["waiting", "waiting", "running", "running"]
    assert [job.id for job in bench.engine.jobs()] == [job.id for job in reversed(jobs)]
    gate.open.set()
    for job in jobs:
        assert bench.settled(job.id).state is JobState.DONE


def test_not_more_files_at_once_than_allowed(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """Over all jobs together."""
    now, most, lock = 0, 0, threading.Lock()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        reader.pour(start, end, sink)
        with lock:
            now -= 1

    dcache.pouring = pouring
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(work)}, files_at_once=3) as bench:
        jobs = [bench.submit("download", "dcache", "/d", "local", f"/{n}") for n in range(2)]
        for job in jobs:
            assert bench.settled(job.id).state is JobState.DONE
    assert most == 3


def test_a_second_engine_only_looks(tmp_path: Path, bench: Bench, dcache: Faulty) -> None:
    """Until the first has gone; then it takes over what waits."""
    gate = Gate(dcache)
    job = bench.submit("download", "dcache", "/d", "local")
    assert gate.reached.wait(10)
    with Bench(tmp_path / "queue", bench.storages) as second:
        assert [seen.id for seen in second.engine.jobs()] == [job.id]
        assert "process" in second.engine.read_only
        with pytest.raises(Busy, match="process"):
            second.submit("delete", "dcache", "/d")
        with pytest.raises(Busy, match="process"):
            second.engine.cancel(job.id)
        bench.engine.stop(5)
        gate.open.set()
        job = second.until(job.id, lambda job: job.state is JobState.DONE)
        assert (job.files_done, second.engine.read_only) == (10, "")


def test_a_job_whose_state_cannot_be_written_goes_on_later(bench: Bench) -> None:
    """Left at work without a run, it waits its turn again."""
    board = bench.engine._board
    job = bench.run("download", "dcache", "/d/1.h5", "local")
    with board.lock:
        from dataclasses import replace

        board._jobs[job.id] = replace(job, state=JobState.RUNNING)
        bench.engine._journal._scribe.ask(lambda db: db.execute("UPDATE job SET state = 'running'") and None)
        bench.engine._journal.mark(job.id, [Item(0, "/d/1.h5", "/again.h5", size=100_000)], wait=True)
    job = bench.until(job.id, lambda job: job.state is JobState.DONE)
    assert job.files_done == 1


def test_a_job_with_files_that_were_not_reached_is_not_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever went wrong with the bookkeeping: done means that every file is."""
    from ctadata_jlab.transfer.acts import Acts

    monkeypatch.setattr(Acts, "phases", lambda _: [])
    job = bench.run("download", "dcache", "/d", "local")
    assert job.error is not None
    assert (job.state, job.files_done) == (JobState.FAILED, 0)
    monkeypatch.undo()
    bench.engine.retry(job.id)
    assert bench.settled(job.id).files_done == 10


def test_a_stranger_takes_over_when_the_journal_can_be_read(
    tmp_path: Path, bench: Bench, dcache: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that is locked for a moment does not end the queue's own thread."""
    second = Bench(tmp_path / "queue", bench.storages)
    with second:
        failing = threading.Event()
        load = second.engine._board.load

        def flaky(*, bump: bool) -> None:
            if bump and not failing.is_set():
                failing.set()
                raise Busy("locked")
            load(bump=bump)

        monkeypatch.setattr(second.engine._board, "load", flaky)
        job = bench.run("measure", "dcache", "/d")
        bench.engine.stop(5)
        wait_for(failing.is_set)
        wait_for(lambda: not second.engine.read_only)
        assert [known.id for known in second.engine.jobs()] == [job.id]
        assert second.run("download", "dcache", "/d", "local").state is JobState.DONE


def test_bytes_of_a_failed_file_are_not_counted(bench: Bench, dcache: Faulty) -> None:
    """Half a file that failed is no progress: what is told while the job runs never ends above what is done."""
    failed = threading.Event()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        if reader.entry.path == "/d/0.h5":
            reader.pour(start, 65_536, sink)
            raise Forbidden("no more")
        wait_for(lambda: bench.engine.items(job.id, ItemState.FAILED))
        for _ in range(60):
            time.sleep(0.01)
            sink(b"")
            failed.set()
        reader.pour(start, end, sink)

    dcache.pouring = pouring
    job = bench.submit("download", "dcache", ("/d/0.h5", "/d/1.h5"), "local")
    assert failed.wait(10)
    bench.settled(job.id)
    assert {one.bytes_done for one in bench.told if one.state is JobState.RUNNING and one.files_failed} == {0}
