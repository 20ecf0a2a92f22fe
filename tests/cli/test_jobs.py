"""`jobs wait` and `jobs show`: a script waits for what a server, or `jobs run`, works off."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.session import Session
from ctadata_jlab.transfer.job import JobRequest, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    from tests.cli.settings import Desk


@pytest.fixture
def server(desk: Desk) -> Iterator[Session]:
    """Return a session that works the queue off, as JupyterLab's server does."""
    workspace = desk.cwd / "workspace"
    workspace.mkdir()
    with Session(config.load().with_workspace(workspace)) as session:
        session.engine.start()
        yield session
        session.engine.stop()


def download(server: Session, path: str, conflict: str = "skip") -> str:
    """Submit the download of *path*; return the job's id."""
    return server.engine.submit(JobRequest("download", "dcache", (path,), Place("local", "/"), conflict)).id  # type: ignore[arg-type]


def test_a_script_waits_until_all_is_done(desk: Desk, server: Session) -> None:
    """From a process of its own; 0, a line for each job; a second wait has nothing to wait for."""
    desk.raw_put("/lst/a", b"12345")
    job = download(server, "/lst")
    command = [sys.executable, "-m", "ctadata_jlab.cli", "jobs", "wait", job[:12]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{job}  done")
    assert "1 of 1 files, 5 bytes" in done.stdout
    again = subprocess.run(command[:-1], capture_output=True, text=True, check=False, timeout=60)
    assert (again.returncode, again.stdout) == (0, "")


def test_a_failed_job_is_one(desk: Desk, server: Session, run: Callable[..., Result]) -> None:
    """1; `show` tells the file and why."""
    job = download(server, "/missing")
    waited = run("jobs", "wait", job, "--json")
    assert waited.exit_code == 1
    ended = json.loads(waited.stdout)
    assert (ended["id"], ended["state"], ended["error"]["error"]) == (job, "failed", "NotFound")
    assert "missing" in run("jobs", "show", job).stdout


def test_a_question_is_not_waited_for(desk: Desk, server: Session, run: Callable[..., Result]) -> None:
    """Only a person can answer it."""
    desk.raw_put("/lst/a", b"theirs")
    (desk.cwd / "workspace/lst").mkdir()
    (desk.cwd / "workspace/lst/a").write_bytes(b"mine, longer")
    job = download(server, "/lst", "ask")
    waited = run("jobs", "wait", job)
    assert waited.exit_code == 1
    assert "question" in waited.stdout


def test_patience_ends(desk: Desk, run: Callable[..., Result]) -> None:
    """6, naming the jobs: nobody works the queue off here."""
    desk.raw_put("/lst/a", b"1")
    with Session(config.load()) as session:
        session.engine.start()
        session.engine._dispatcher._stopping = True
        job = download(session, "/lst")
        session.engine.stop()
    waited = run("jobs", "wait", "--timeout", "0")
    assert waited.exit_code == 6
    assert job in waited.stderr


def test_show_tells_each_file(desk: Desk, server: Session, run: Callable[..., Result]) -> None:
    """As lines, and as JSON lines of which the first is the job."""
    for name in "ab":
        desk.raw_put(f"/lst/{name}", b"1")
    job = download(server, "/lst")
    assert run("jobs", "wait", job).exit_code == 0
    shown = run("jobs", "show", job).stdout.splitlines()
    assert sorted(line.split()[-1] for line in shown[1:] if "done" in line and "/lst/" in line) == ["/lst/a", "/lst/b"]
    first, *items = [json.loads(line) for line in run("jobs", "show", job, "--json").stdout.splitlines()]
    assert first["id"] == job
    assert {item["path"] for item in items} >= {"/lst/a", "/lst/b"}
    assert run("jobs", "show", job, "--failed").stdout.count("\n") == 1


def test_a_job_that_is_not_there(run: Callable[..., Result], desk: Desk) -> None:
    """4, with where to look."""
    result = run("jobs", "show", "nope")
    assert result.exit_code == 4
    assert "jobs list" in result.stderr
