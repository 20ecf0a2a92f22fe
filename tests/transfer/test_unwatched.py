"""Where nobody watches: where the queue is kept, what older versions left, clocks that jump, and the log that is sent to who helps."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.config import Config, Transfers
from ctadata_jlab.errors import Misconfigured, Unreachable
from ctadata_jlab.session import Session
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import JobState
from ctadata_jlab.transfer.journal import _MIGRATIONS
from ctadata_jlab.transfer.place import usable
from tests.transfer.kit import Bench, Faulty

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    return Faulty({f"/d/{n}": bytes([n]) * 100 for n in range(5)})


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


# --- the place


def test_a_usual_home_holds_the_queue(tmp_path: Path) -> None:
    """Nothing is said, nothing is left of the trial, and nobody else can look into it."""
    folder = tmp_path / "state/ctadata_jlab"
    assert usable(folder) == (folder, "")
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("function", ["lockf", "flock"])
def test_a_file_system_without_locks_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, dcache: Faulty, work: Path
) -> None:
    """The queue moves to a folder of this machine, always the same, and says so; jobs work as ever."""
    home = tmp_path / "home/state"
    real = getattr(fcntl, function)

    def lacking(descriptor: int, operation: int, *more: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(home)):  # noqa: PTH115
            raise OSError(errno.ENOLCK, "No locks available")
        real(descriptor, operation, *more)

    monkeypatch.setattr(fcntl, function, lacking)
    folder, notice = usable(home, tmp_path)
    assert folder.is_relative_to(tmp_path / f"ctadata_jlab-{os.getuid()}")
    assert str(folder) in notice
    assert str(home) in notice
    assert "No locks available" in notice
    assert usable(home, tmp_path) == (folder, notice)
    assert usable(tmp_path / "other/state", tmp_path)[0] == tmp_path / "other/state"
    with Bench(folder, {"dcache": dcache, "local": Local(work)}) as bench:
        assert bench.run("download", "dcache", "/d", "local").state is JobState.DONE


def test_a_read_only_home_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a place that is no place; the session says so."""
    monkeypatch.setattr("ctadata_jlab.transfer.place._LOCAL", str(tmp_path))
    settings = Config(sources={}, transfers=Transfers(state="/proc/no-such-place/queue", roots=()))
    with Session(settings.with_workspace(tmp_path)) as session:
        engine = session.engine
        engine.start()
        try:
            assert engine.folder.is_relative_to(tmp_path)
            assert "/proc/no-such-place/queue" in engine.notice
            assert engine.read_only == ""
        finally:
            engine.stop()


def test_a_folder_that_others_can_reach_is_not_taken(tmp_path: Path) -> None:
    """Somebody else may have made it, to read or to change what is moved."""
    mine = tmp_path / f"ctadata_jlab-{os.getuid()}"
    mine.mkdir(mode=0o755)
    mine.chmod(0o755)
    with pytest.raises(Misconfigured, match="own"):
        usable(tmp_path / "file" / "state" if (tmp_path / "file").write_text("x") else tmp_path, tmp_path)
    mine.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    mine.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Misconfigured, match="own"):
        usable(tmp_path / "file" / "state", tmp_path)


def test_a_full_disk_is_no_reason_to_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs that are in the queue there would not be seen."""

    def full(descriptor: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("ctadata_jlab.transfer.place.require_locks", full)
    assert usable(tmp_path / "state", tmp_path) == (tmp_path / "state", "")


# --- what older versions left


def test_a_queue_of_the_first_version_goes_on(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """Its jobs are all there, with their items and logs, and what was waiting is done."""
    folder = tmp_path / "q"
    folder.mkdir()
    request = {"kind": "download", "source": "dcache", "paths": ["/d/1"], "to": {"source": "local", "path": "/"},
               "conflict": "ask", "manifest": [], "folders": []}  # fmt: skip
    facts = {"request": request, "title": "1", "created": 1.0, "reason": None, "ended": None, "seq": 3, "files_total": 0,
             "bytes_total": 0, "planned": False, "error": None, "question": None, "note": None}  # fmt: skip
    with sqlite3.connect(folder / "transfers.sqlite") as old:
        old.executescript(_MIGRATIONS[0])
        old.execute("PRAGMA user_version=1")
        for n, state in enumerate(("waiting", "failed", "done")):
            old.execute("INSERT INTO job VALUES (?, ?, ?)", (f"J{n}", state, json.dumps({**facts, "id": f"J{n}"})))
        old.execute("INSERT INTO item VALUES ('J1', 0, '/d/1', '/1', 'file', 100, '1', 'failed', NULL, NULL, 1)")
        old.execute("INSERT INTO log VALUES ('J1', 1.0, 'an old line')")
    old.close()
    with Bench(folder, {"dcache": dcache, "local": Local(work)}) as bench:
        assert bench.until("J0", lambda job: job.state is JobState.DONE).files_done == 1
        assert [job.id for job in bench.engine.jobs()] == ["J2", "J1", "J0"]
        assert bench.engine.items("J1")[0].target == "/1"
        assert "an old line" in bench.engine.log("J1")
        job = bench.engine.job("J2")
        assert (job.order, job.limit, job.request.include, job.request.sync) == (0.0, None, (), False)
        bench.run("download", "dcache", "/d/2", "local")
    with sqlite3.connect(folder / "transfers.sqlite") as new:
        assert new.execute("PRAGMA user_version").fetchone()[0] == len(_MIGRATIONS)
    new.close()


# --- clocks


def test_a_clock_that_jumps_upsets_nothing(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """Set back by a day, or forward by a year: jobs come in the order they were given, and all are done."""
    now = [2e9]
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}, clock=lambda: now[0], jobs_at_once=1) as bench:
        begun: list[str] = []
        bench.engine.listeners.append(lambda job: begun.append(job.id) if job.state is JobState.PLANNING else None)
        ids: list[str] = []
        for jump in (0.0, -86400.0, 3.15e7, -1e9, 5.0):
            now[0] += jump
            ids.append(bench.submit("download", "dcache", f"/d/{len(ids)}", "local").id)
        for identity in ids:
            assert bench.until(identity, lambda job: job.state is JobState.DONE).files_done == 1
        assert list(dict.fromkeys(begun)) == ids
        assert len(set(ids)) == 5


# --- the log


def test_the_log_tells_what_was_asked_and_what_happened(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """With versions, options, every trouble and every failure: what whoever helps would ask for."""
    troubles = iter([Unreachable("the pool broke off")])

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("open", "/d/3"):
            raise Unreachable("no pool\nfor a file\x1b[31m that writes lines")
        if (verb, path) == ("open", "/d/1") and (trouble := next(troubles, None)):
            raise trouble

    dcache.before = before
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}) as bench:
        job = bench.run("download", "dcache", "/d", "local", exclude=("4",), limit=10**9)
        assert job.state is JobState.FAILED
        log = bench.engine.log(job.id)
    head, _, lines = log.partition("\n\n")
    assert head.startswith("ctadata_jlab ")
    for word in ("Python ", f"job {job.id}: download", "from dcache: /d", "to local: /", "exclude: ('4',)", "limit: 1000000000",
                 "failed: 3 of 4 files done, 0 skipped, 1 failed"):  # fmt: skip
        assert word in head
    for word in (
        "running",
        "/d/1: Unreachable: the pool broke off Again in 0 s.",
        "/d/3: Unreachable: no pool",
        "failed:",
    ):
        assert word in lines
    assert "\x1b" not in log
    assert all(line[:4].isdigit() for line in lines.splitlines())


def test_no_secret_gets_into_a_log(tmp_path: Path, work: Path, dcache: Faulty) -> None:
    """Foreign errors may hold what must not be shown: of them only the kind is written."""
    secret = "eyJhbGciOi.a-bearer-token.signature"

    def before(verb: str, path: str) -> None:
        if verb == "open":
            raise RuntimeError(f"Authorization: Bearer {secret}")

    dcache.before = before
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}) as bench:
        job = bench.run("download", "dcache", "/d", "local")
        assert "RuntimeError" in bench.engine.log(job.id)
        assert secret not in bench.engine.log(job.id)
    assert secret.encode() not in (tmp_path / "q/transfers.sqlite").read_bytes()
