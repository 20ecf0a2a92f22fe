"""`jobs run`: the queue without a server, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.cli.queue import _is_idle, _line
from ctadata_jlab.session import Session
from ctadata_jlab.transfer.job import Job, JobRequest, JobState, Place

if TYPE_CHECKING:
    from tests.cli.settings import Desk


class _Queue:
    def __init__(self, *jobs: Job) -> None:
        self._jobs = jobs

    def jobs(self) -> tuple[Job, ...]:
        return self._jobs


@pytest.mark.parametrize(
    ("state", "reason", "idle"),
    [
        (JobState.DONE, None, True),
        (JobState.WAITING, None, False),
        (JobState.BLOCKED, "network", False),
        (JobState.BLOCKED, "staging", False),
        (JobState.BLOCKED, "login", True),
        (JobState.BLOCKED, "question", True),
        (JobState.PAUSED, None, True),
    ],
)
def test_idle_is_what_cannot_go_on_by_itself(state: JobState, reason: str | None, idle: bool) -> None:
    """A network that is gone and files on tape are waited for; a person is not."""
    job = Job("J", JobRequest("download", "dcache", ("/x",), None), "x", 0.0, state, reason)  # type: ignore[arg-type]
    assert _is_idle(_Queue(job)) is idle  # type: ignore[arg-type]


def test_what_a_job_waits_for_is_said() -> None:
    """In words, with the time of the next try."""
    request = JobRequest("download", "dcache", ("/x",), None)
    line = _line(Job("J", request, "x", 0.0, JobState.BLOCKED, "network", until=time.time() + 40))
    assert "blocked (waiting for the network, next try in" in line


def test_the_end_of_a_batch_job_stops_it_tidily(desk: Desk) -> None:
    """SIGTERM stops where everything is and gives the queue back; a second one is told who owns it."""
    workspace = desk.cwd / "workspace"
    workspace.mkdir()
    desk.raw_put("/lst/a", b"1")
    with Session(config.load().with_workspace(workspace)) as session:
        session.engine.start()
        session.engine._dispatcher._stopping = True  # the server is killed before it begins
        job = session.engine.submit(JobRequest("download", "dcache", ("/lst",), Place("local", "/"), "skip"))
        session.engine.stop()
        folder = session.engine.folder
    words = [sys.executable, "-m", "ctadata_jlab.cli", "jobs", "run", "--workspace", str(workspace)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as first:
        assert first.stdout is not None
        for line in first.stdout:
            if job.id in line and " done " in line:
                break
        second = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 6
        assert str(first.pid) in second.stderr
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 130
    assert (workspace / "lst/a").read_bytes() == b"1"
    assert not (folder / "owner.json").exists()
