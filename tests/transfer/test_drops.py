"""Files that the browser sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import AlreadyExists, BadPath, Busy, CtaDataError, Misconfigured, NoSpace, NotFound
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.drops import BadRequest
from ctadata_jlab.transfer.job import ItemState, Job, JobRequest, JobState, Manifest, Place
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    return Faulty()


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, dcache: Faulty) -> Iterator[Bench]:
    with Bench(tmp_path / "queue", {"dcache": dcache}, spool=tmp_path / "spool", spool_limit=1000) as bench:
        yield bench


def _announce(bench: Bench, *files: tuple[str, int], folders: tuple[str, ...] = (), conflict: str = "ask") -> Job:
    manifest = tuple(Manifest(path, size, 1e9) for path, size in files)
    request = JobRequest("upload", "browser", (), Place("dcache", "/lst"), conflict, manifest, folders)  # type: ignore[arg-type]
    return bench.engine.submit(request)


def _send(bench: Bench, job: Job, n: int, data: bytes) -> None:
    with bench.engine.receive(job.id, n) as drop:
        drop.write(data[:2])
        drop.write(data[2:])
        drop.finish()


def _spooled(tmp_path: Path) -> list[str]:
    return sorted(file.name for file in (tmp_path / "spool").rglob("*") if file.is_file())


def test_dropped_files_are_uploaded_as_they_come(bench: Bench, dcache: Faulty, tmp_path: Path) -> None:
    """In any order; folders too; the job waits for the browser and ends when all are stored; the spool is empty then."""
    job = _announce(bench, ("new/a.h5", 5), ("new/b.h5", 3), ("c.txt", 0), folders=("new/empty",))
    assert (job.state, job.reason, job.title) == (JobState.BLOCKED, "upload", "new and 1 more")
    assert (job.files_total, job.bytes_total) == (3, 8)
    _send(bench, job, 1, b"bbb")
    wait_for(lambda: dcache.calls and ("put", "/lst/new/b.h5") in dcache.calls)
    bench.until(job.id, lambda job: job.reason == "upload")  # a second later it waits for the browser again
    _send(bench, job, 2, b"")
    _send(bench, job, 0, b"aaaaa")
    job = bench.until(job.id, lambda job: job.state is JobState.DONE)
    assert (job.files_done, job.bytes_done) == (3, 8)
    assert [dcache.read(f"/lst/{name}") for name in ("new/a.h5", "new/b.h5", "c.txt")] == [b"aaaaa", b"bbb", b""]
    assert dcache.stat("/lst/new/empty").is_folder
    assert _spooled(tmp_path) == []
    assert [item.path for item in bench.engine.items(job.id)] == ["new/a.h5", "new/b.h5", "c.txt", "new/empty"]


def test_a_file_of_another_size_is_refused(bench: Bench, tmp_path: Path) -> None:
    """Too few or too many bytes; it can be sent again."""
    job = _announce(bench, ("a", 5))
    with pytest.raises(BadRequest):
        _send(bench, job, 0, b"1234")
    with bench.engine.receive(job.id, 0) as drop, pytest.raises(BadRequest):
        drop.write(b"123456")
    assert _spooled(tmp_path) == []
    _send(bench, job, 0, b"12345")
    assert bench.until(job.id, lambda job: job.state is JobState.DONE)


def test_a_file_is_received_once(bench: Bench, dcache: Faulty) -> None:
    """While it comes `Busy`; later `AlreadyExists`, stored or not."""
    job = _announce(bench, ("a", 5), ("b", 1))
    with bench.engine.receive(job.id, 0) as drop:
        with pytest.raises(Busy):
            bench.engine.receive(job.id, 0)
        drop.write(b"12345")
        drop.finish()
    with pytest.raises(AlreadyExists):
        bench.engine.receive(job.id, 0)
    wait_for(lambda: bench.engine.items(job.id)[0].state is ItemState.DONE)
    with pytest.raises(AlreadyExists):
        bench.engine.receive(job.id, 0)


def test_a_drop_that_breaks_off_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    """The connection was lost: the file is still owed."""
    job = _announce(bench, ("a", 5))
    with bench.engine.receive(job.id, 0) as drop:
        drop.write(b"123")
    assert _spooled(tmp_path) == []
    assert bench.engine.items(job.id)[0].state is ItemState.WAITING


def test_the_spool_has_a_limit(bench: Bench, dcache: Faulty, tmp_path: Path) -> None:
    """What is announced counts; there is room again when files are stored. What can never fit says so."""
    job = _announce(bench, ("a", 600), ("b", 600), ("huge", 2000))
    with bench.engine.receive(job.id, 0) as drop:
        with pytest.raises(NoSpace):
            bench.engine.receive(job.id, 1)
        drop.write(b"a" * 600)
        drop.finish()
    wait_for(lambda: _spooled(tmp_path) == [])
    _send(bench, job, 1, b"b" * 600)
    with pytest.raises(NoSpace, match="through the browser"):
        bench.engine.receive(job.id, 2)


def test_the_spool_is_private(bench: Bench, dcache: Faulty, tmp_path: Path) -> None:
    """Nobody else on the machine reads what is uploaded."""
    job = _announce(bench, ("a", 1))
    with bench.engine.receive(job.id, 0):
        part = next((tmp_path / "spool").rglob(".0"))
        assert part.stat().st_mode & 0o777 == 0o600
        assert part.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("path", ["../a", "a/../../b", "a\0b", "x" * 300, ""])
def test_a_manifest_cannot_leave_its_folder(bench: Bench, path: str) -> None:
    """Names from the browser are not trusted."""
    with pytest.raises(BadPath):
        _announce(bench, (path, 1))
    assert bench.engine.jobs() == []


def test_a_manifest_names_each_file_once(bench: Bench) -> None:
    """One would overwrite the other."""
    with pytest.raises(BadPath):
        _announce(bench, ("a/b", 1), ("a//b", 1))


def test_what_was_received_survives_a_restart(bench: Bench, dcache: Faulty, tmp_path: Path) -> None:
    """The next engine uploads it; the rest is owed."""

    def before(verb: str, path: str) -> None:
        if verb == "put":
            raise Busy("not yet")

    dcache.before = before
    job = _announce(bench, ("a", 1), ("b", 1))
    _send(bench, job, 0, b"a")
    bench.engine.stop(5)
    assert _spooled(tmp_path) == ["0"]
    dcache.before = lambda verb, path: None
    with Bench(tmp_path / "queue", bench.storages, spool=tmp_path / "spool") as second:
        second.engine.retry(job.id) if second.engine.job(job.id).state is JobState.FAILED else None
        wait_for(lambda: second.engine.items(job.id)[0].state is ItemState.DONE)
        assert dcache.read("/lst/a") == b"a"
        assert second.until(job.id, lambda job: job.reason == "upload")
        _send(second, job, 1, b"b")
        assert second.until(job.id, lambda job: job.state is JobState.DONE).files_done == 2


def test_existing_targets_are_asked_about(bench: Bench, dcache: Faulty) -> None:
    """Before anything is stored; what has come meanwhile is kept."""
    dcache.write("/lst/a", b"old")
    job = _announce(bench, ("a", 3), ("b", 3))
    _send(bench, job, 0, b"new")
    job = bench.until(job.id, lambda job: job.reason == "question")
    assert dcache.count("put") == 0
    _send(bench, job, 1, b"bbb")
    assert bench.engine.job(job.id).reason == "question"
    bench.engine.answer(job.id, "replace")
    bench.until(job.id, lambda job: job.state is JobState.DONE)
    assert (dcache.read("/lst/a"), dcache.read("/lst/b")) == (b"new", b"bbb")


def test_a_file_that_comes_while_the_target_is_looked_at_counts_once(bench: Bench, dcache: Faulty) -> None:
    """It was announced before and is here now: one and the same file."""
    dcache.write("/lst/a", b"old")
    dcache.write("/lst/b", b"old")
    job = _announce(bench, ("a", 3), ("b", 3))
    late = [1]

    def look(verb: str, _: str) -> None:
        if verb == "list" and late:
            _send(bench, job, late.pop(), b"bbb")

    dcache.before = look
    _send(bench, job, 0, b"new")
    question = bench.until(job.id, lambda job: job.reason == "question").question
    assert question is not None
    assert (question.count, sorted(question.examples)) == (2, ["/lst/a", "/lst/b"])


def test_cancel_empties_the_spool(bench: Bench, dcache: Faulty, tmp_path: Path) -> None:
    """And an ended job takes no more files."""
    dcache.write("/lst/a", b"old")
    job = _announce(bench, ("a", 3), ("b", 3))
    _send(bench, job, 0, b"new")
    bench.until(job.id, lambda job: job.reason == "question")
    bench.engine.cancel(job.id)
    wait_for(lambda: _spooled(tmp_path) == [])
    with pytest.raises(Misconfigured):
        bench.engine.receive(job.id, 1)
    bench.engine.forget(job.id)
    with pytest.raises(NotFound):
        bench.engine.receive(job.id, 1)


def test_a_drop_that_outlives_its_job_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    """Cancelled while the file came: nobody wants it any more."""
    job = _announce(bench, ("a", 3))
    with bench.engine.receive(job.id, 0) as drop:
        drop.write(b"new")
        bench.engine.cancel(job.id)
        with pytest.raises(CtaDataError):
            drop.finish()
    assert _spooled(tmp_path) == []
    assert bench.engine.items(job.id)[0].state is ItemState.WAITING


def test_a_drop_that_cannot_be_noted_can_be_sent_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser hears the error; a file that nobody knows of does not stay."""

    def full(*_: object, **__: object) -> None:
        raise NoSpace("the journal is full")

    job = _announce(bench, ("a", 3))
    with monkeypatch.context() as patch:
        patch.setattr(bench.engine._journal, "mark", full)
        with pytest.raises(NoSpace):
            _send(bench, job, 0, b"new")
    _send(bench, job, 0, b"new")
    assert bench.until(job.id, lambda job: job.state is JobState.DONE).files_done == 1


def test_only_uploads_from_the_browser_take_files(bench: Bench) -> None:
    """And only those that were announced."""
    job = _announce(bench, ("a", 3), folders=("empty",))
    with pytest.raises(NotFound):
        bench.engine.receive(job.id, 7)
    with pytest.raises(Misconfigured):
        bench.engine.receive(job.id, 1)
    other = bench.run("measure", "dcache", "/")
    with pytest.raises(CtaDataError):
        bench.engine.receive(other.id, 0)


def test_an_upload_of_empty_folders_only(bench: Bench, dcache: Faulty) -> None:
    """Needs nothing from the browser."""
    job = _announce(bench, folders=("x/y",))
    assert bench.settled(job.id).state is JobState.DONE
    assert isinstance(dcache, Memory)
    assert dcache.stat("/lst/x/y").is_folder
