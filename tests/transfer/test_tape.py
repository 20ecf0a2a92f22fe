"""Files on tape: asked for together, waited for by nobody, copied when they have come."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Forbidden, Unreachable, Unsupported
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.job import ItemState, Job, JobState
from tests.door.traps import Traps
from tests.storage.test_dcache import dcache
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Entry
    from tests.door.double import Double


class Tape(Faulty):
    """A memory whose files are on tape unless they are `online`; what is `lost` never comes."""

    traits = replace(Memory.traits, stages=True)

    def __init__(self, count: int) -> None:
        super().__init__({f"/d/{n:04}": bytes([n % 256]) for n in range(count)})
        self.online: set[str] = set()
        self.lost: set[str] = set()
        self.asked: list[list[str]] = []
        self.error: Exception | None = None

    def stat(self, path: str) -> Entry:
        entry = super().stat(path)
        return entry if entry.is_folder else replace(entry, online=path in getattr(self, "online", {path}))

    def list(self, folder: str) -> Iterator[Entry]:
        for entry in super().list(folder):
            yield entry if entry.is_folder else replace(entry, online=entry.path in self.online)

    def stage(self, paths: Any) -> Any:
        self.asked.append(list(paths))
        if self.error is not None:
            raise self.error
        return [path for path in paths if path not in self.online | self.lost]


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture(name="tape")
def _tape() -> Tape:
    return Tape(6)


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, work: Path, tape: Tape) -> Iterator[Bench]:
    with Bench(tmp_path / "queue", {"tape": tape, "local": Local(work)}) as bench:
        yield bench


def _look(bench: Bench, job: Job) -> Job:
    """Let the next look come now."""
    seq = bench.engine.job(job.id).seq
    bench.engine._dispatcher._desk.tape.over(job.id)
    return bench.until(
        job.id, lambda now: now.seq > seq and now.state in {JobState.BLOCKED, JobState.DONE, JobState.FAILED}
    )


def test_files_on_tape_are_staged_without_holding_a_worker(bench: Bench, tape: Tape, work: Path) -> None:
    """The others are copied meanwhile; then the job waits, says for what and until when, and asks for all in one request."""
    tape.online = {"/d/0000"}
    job = bench.run("download", "tape", "/d", "local")
    assert (job.state, job.reason, job.files_done) == (JobState.BLOCKED, "staging", 1)
    assert job.until is not None
    assert tape.asked == [[f"/d/{n:04}" for n in range(1, 6)]]
    assert bench.states(job.id)["/d/0003"] == "staging"
    assert tape.count("open") == 1
    tape.online |= {"/d/0001", "/d/0002"}
    job = _look(bench, job)
    assert (job.state, job.files_done) == (JobState.BLOCKED, 3)
    tape.online |= {f"/d/{n:04}" for n in range(6)}
    job = _look(bench, job)
    assert (job.state, job.files_done, job.files_failed) == (JobState.DONE, 6, 0)
    assert len(list((work / "d").iterdir())) == 6


def test_a_job_that_is_held_up_by_tape_holds_up_no_other(bench: Bench, tape: Tape) -> None:
    """Its place is free for the next job."""
    jobs = [bench.run("download", "tape", f"/d/{n:04}", "local") for n in range(3)]
    assert {job.reason for job in jobs} == {"staging"}
    tape.online = {"/d/0005"}
    assert bench.run("download", "tape", "/d/0005", "local").state is JobState.DONE


def test_what_the_tape_gives_up_fails_by_name(bench: Bench, tape: Tape) -> None:
    """It is not asked for again and again; retry asks once more."""
    tape.lost = {"/d/0004"}
    tape.online = {f"/d/{n:04}" for n in range(6)} - tape.lost
    job = bench.run("download", "tape", "/d", "local")
    assert job.error is not None
    assert (job.state, job.files_done, job.error.error) == (JobState.FAILED, 5, "Offline")
    assert "did not come" in job.error.message
    tape.lost = set()
    bench.engine.retry(job.id)
    job = bench.settled(job.id)
    assert job.reason == "staging"
    tape.online.add("/d/0004")
    assert _look(bench, job).state is JobState.DONE


def test_what_cannot_be_asked_for_fails(bench: Bench, tape: Tape) -> None:
    """No right to stage: the files on tape fail with that, those on disk arrive."""
    tape.online, tape.error = {"/d/0000"}, Forbidden("no staging")
    job = bench.run("download", "tape", "/d", "local")
    assert job.error is not None
    assert (job.state, job.files_done, job.files_failed, job.error.error) == (JobState.FAILED, 1, 5, "Forbidden")


def test_a_frontend_that_is_away_is_no_reason_to_fail(bench: Bench, tape: Tape) -> None:
    """Where nothing answers, the job waits for the network and asks later."""
    tape.error = Unreachable("no frontend")

    def before(verb: str, path: str) -> None:
        if path == "/":
            raise Unreachable("no door")

    tape.before = before
    job = bench.run("download", "tape", "/d", "local")
    assert job.reason == "network"
    assert {item.state for item in bench.engine.items(job.id) if item.kind == "file"} == {ItemState.STAGING}


def test_after_a_restart_what_was_asked_for_is_looked_after(tmp_path: Path, work: Path, tape: Tape) -> None:
    """The next process goes on where the one before stopped."""
    with Bench(tmp_path / "q", {"tape": tape, "local": Local(work)}) as bench:
        identity = bench.run("download", "tape", "/d", "local").id
    tape.online = {f"/d/{n:04}" for n in range(6)}
    with Bench(tmp_path / "q", {"tape": tape, "local": Local(work)}) as bench:
        assert bench.until(identity, lambda job: job.state is JobState.DONE).files_done == 6


@pytest.mark.parametrize("no_tape_api", [False, True], ids=["tape", "bulk"])
def test_a_job_brings_files_from_the_tape_of_a_dcache(
    double: Double, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch, no_tape_api: bool
) -> None:
    """No GET is sent for a file on tape, which would block; one request asks for all; what the tape gives up fails."""
    from ctadata_jlab.storage import staging

    monkeypatch.setattr(staging, "_LOOK", 0.0)
    double.reset(Traps(tape_blocks=60.0, tape_seconds=1.0, no_tape_api=no_tape_api, tape_fails={"/d/3"}))
    content = {f"/d/{n}": os.urandom(1000 + n) for n in range(8)}
    for path, data in content.items():
        double.raw_put(path, data).locality = "ONLINE" if path == "/d/0" else "NEARLINE"
    storage = dcache(double, frontend=True)
    try:
        with Bench(tmp_path / "q", {"dcache": storage, "local": Local(work)}) as bench:
            monkeypatch.setattr(bench.engine._dispatcher._desk.tape, "_first", 0.3)
            job = bench.submit("download", "dcache", "/d", "local")
            bench.until(job.id, lambda job: job.reason == "staging")
            job = bench.until(job.id, lambda job: job.state in {JobState.DONE, JobState.FAILED})
            assert (job.state, job.files_done, job.files_failed) == (JobState.FAILED, 7, 1)
            (failed,) = bench.engine.items(job.id, ItemState.FAILED)
            assert failed.path == "/d/3"
        asked = [one.path for one in double.requests("frontend", "POST") if one.status == 201]
        assert asked == ["/api/v1/bulk-requests" if no_tape_api else "/api/v1/tape/stage"]
        assert all((work / path[1:]).read_bytes() == data for path, data in content.items() if path != "/d/3")
    finally:
        storage.close()
        wait_for(lambda: not double.movers)


# -- brought for its own sake


def test_staging_brings_what_is_on_tape_and_no_more(bench: Bench, tape: Tape) -> None:
    """All are asked for in one request, what is on disk is skipped, nothing is read, and the job ends when each has come."""
    tape.online = {"/d/0000"}
    job = bench.run("stage", "tape", "/d", None)
    assert (job.state, job.reason, job.files_total, job.files_skipped) == (JobState.BLOCKED, "staging", 6, 1)
    assert {tuple(asked) for asked in tape.asked} == {tuple(f"/d/{n:04}" for n in range(1, 6))}
    assert tape.count("stat") == 1  # the folder: no file by itself before it has come
    tape.online |= {"/d/0001", "/d/0002"}
    job = _look(bench, job)
    assert (job.state, job.files_done) == (JobState.BLOCKED, 2)
    tape.online |= {f"/d/{n:04}" for n in range(6)}
    job = _look(bench, job)
    assert (job.state, job.files_done, job.files_skipped, job.bytes_done) == (JobState.DONE, 5, 1, 6)
    assert tape.count("open") == 0


def test_staging_what_is_lost_fails_by_name(bench: Bench, tape: Tape) -> None:
    """A file that the tape gives up is no success."""
    tape.lost = {"/d/0004"}
    tape.online = {f"/d/{n:04}" for n in range(6)} - tape.lost
    job = bench.run("stage", "tape", "/d/0004", None)
    assert job.error is not None
    assert (job.state, job.error.error) == (JobState.FAILED, "Offline")
    assert "did not come" in job.error.message


def test_staging_needs_a_storage_with_tape(bench: Bench) -> None:
    """Another one refuses at once, in words."""
    with pytest.raises(Unsupported, match="tape"):
        bench.submit("stage", "local", "/x", None)


@pytest.mark.parametrize("extra", ["catalogues", "prepares"])
def test_staging_needs_a_storage_that_tells_what_is_on_disk(bench: Bench, tape: Tape, extra: str) -> None:
    """Where nothing tells that a file has come, that it has cannot be promised: neither a catalogue nor a staged copy is asked."""
    tape.traits = replace(Tape.traits, extras=frozenset({extra}))
    with pytest.raises(Unsupported, match="tape"):
        bench.submit("stage", "tape", "/d", None)
    assert not tape.asked


@pytest.mark.parametrize("locality", ["LOST", "UNAVAILABLE"])
def test_staging_proves_that_a_file_is_on_disk(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locality: str
) -> None:
    """The tape's word is not enough: what the door does not tell to be on disk fails by name, the others are done."""
    from ctadata_jlab.storage import staging

    monkeypatch.setattr(staging, "_LOOK", 0.0)
    for name in ("a", "b"):
        double.raw_put(f"/d/{name}", b"1234").locality = locality if name == "a" else "NEARLINE"
    storage = dcache(double, frontend=True)
    try:
        with Bench(tmp_path / "q", {"dcache": storage}) as bench:
            monkeypatch.setattr(bench.engine._dispatcher._desk.tape, "_first", 0.3)
            job = bench.submit("stage", "dcache", "/d", None)
            job = bench.until(job.id, lambda job: job.state in {JobState.DONE, JobState.FAILED})
            assert (job.state, job.files_done, job.files_failed) == (JobState.FAILED, 1, 1)
            assert bench.states(job.id)["/d/a"] == "failed"
        assert job.error is not None
        assert "/d/a is on disk: it may be lost" in job.error.message
    finally:
        storage.close()


def test_staging_at_a_dcache(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request to the frontend, no GET at the door; the listing then says that they are on disk."""
    from ctadata_jlab.storage import staging

    monkeypatch.setattr(staging, "_LOOK", 0.0)
    double.reset(Traps(tape_seconds=0.5))
    for name in ("a", "b", "c"):
        double.raw_put(f"/d/{name}", b"1234").locality = "ONLINE" if name == "a" else "NEARLINE"
    storage = dcache(double, frontend=True)
    try:
        with Bench(tmp_path / "q", {"dcache": storage}) as bench:
            monkeypatch.setattr(bench.engine._dispatcher._desk.tape, "_first", 0.3)
            job = bench.submit("stage", "dcache", "/d", None)
            job = bench.until(job.id, lambda job: job.state in {JobState.DONE, JobState.FAILED})
        assert (job.state, job.files_done, job.files_skipped) == (JobState.DONE, 2, 1)
        assert {entry.online for entry in storage.list("/d")} == {True}
        assert not double.requests("door", "GET")
        assert len([one for one in double.requests("frontend", "POST") if one.status == 201]) == 1
    finally:
        storage.close()
