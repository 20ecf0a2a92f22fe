"""The process that is killed: a small server of forks, each of which does one thing and dies where it is told to.

``python -m tests.faults.victim`` reads a task a line (JSON), forks, lets the child do it, and says what became of it. A child
counts the lines of our package that it executes, in all its threads, and kills itself (SIGKILL) at the one that was chosen.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stamina

import ctadata_jlab
from ctadata_jlab.curl import exchange
from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.http import Trust
from ctadata_jlab.storage import dcache
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import part, strands
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.copy import copy
from ctadata_jlab.transfer.engine import Engine
from ctadata_jlab.transfer.job import FINAL, JobState
from tests.faults.operations import OPERATIONS, Operation

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from ctadata_jlab.transfer.job import Job

__all__ = ["TICKET", "perform"]

PACKAGE = str(Path(ctadata_jlab.__file__).parent)
TICKET = "job-1"
_PATIENCE = 60.0


def hasten() -> None:
    """Let small files be treated as large ones are, and nobody rest between attempts."""
    stamina.set_testing(True, attempts=5)
    dcache.CHECKSUM_WAITS = (0.0, 0.01, 0.02, 0.03, 0.05)
    part.SMALL, part._CHECKPOINT = 50_000, 150_000
    exchange.PORTION = 1 << 15
    strands.LARGE, strands.BLOCK, strands.FAST = 200_000, 60_000, 1 << 40


def watch(line: int, deed: Callable[[], object]) -> itertools.count[int]:
    """Do *deed* before the *line*-th executed line of the package; returns the counter."""
    counter = itertools.count(1)

    def local(frame: FrameType, event: str, _: object) -> Any:
        if event == "line" and next(counter) == line:
            deed()
        return local

    def tracer(frame: FrameType, _event: str, _: object) -> Any:
        return local if frame.f_code.co_filename.startswith(PACKAGE) else None

    threading.settrace(tracer)
    sys.settrace(tracer)
    return counter


def storages(task: dict[str, Any]) -> dict[str, Any]:
    """Return the two ends of the task."""

    def authorise(_refused: str | None) -> str:
        return f"Bearer {task['token']}"

    door = dcache.DCache(
        "dCache",
        task["door"],
        Trust.of(task["ca"]),
        authorise=authorise,
        frontend=task["frontend"],
    )
    return {"dcache": door, "local": Local(Path(task["folder"]) / "work")}


def perform(task: dict[str, Any]) -> dict[str, str]:
    """Do it; say ``done``, or the error."""
    operation, ends = OPERATIONS[task["operation"]], storages(task)
    try:
        if operation.copies is not None:
            _copy(operation, ends)
            return {"said": "done"}
        return _queued(operation, ends, Path(task["folder"]) / "queue")
    except CtaDataError as error:
        return {"said": error.name, "message": error.message, "hint": error.hint}
    except Exception:  # noqa: BLE001 - told to whoever looks for it
        return {"said": "fault", "message": traceback.format_exc()}


def _copy(operation: Operation, ends: dict[str, Any]) -> None:
    assert operation.copies is not None
    places = [place.partition(":") for place in operation.copies]
    source, target = (End(name, ends[name], path) for name, _, path in places)
    copy(source, target, conflict="replace" if operation.replaces else "ask", ticket=TICKET)


def _queued(operation: Operation, ends: dict[str, Any], folder: Path) -> dict[str, str]:
    """Submit it, or let go on what a predecessor has left in the queue, and wait for its end."""
    assert operation.job is not None
    engine = Engine(folder, ends.__getitem__, files_at_once=2)
    engine.start()
    found = engine.jobs()
    job = found[0] if found else engine.submit(operation.job)
    if job.state in {JobState.FAILED, JobState.CANCELLED}:
        engine.retry(job.id)
    elif job.state in {JobState.BLOCKED, JobState.PAUSED}:
        engine.resume(job.id)
    job = _settled(engine, job.id)
    if found and job.state is JobState.FAILED:  # for what had failed before the predecessor was killed
        engine.retry(job.id)
        job = _settled(engine, job.id)
    if job.state is JobState.DONE:
        return {"said": "done"}
    said = job.error.error if job.error else f"{job.state.value}: {job.reason}"
    return {"said": said, "message": job.error.message if job.error else ""}


def _settled(engine: Engine, job_id: str) -> Job:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        job = engine.job(job_id)
        if job.state in FINAL or job.state in {JobState.BLOCKED, JobState.PAUSED}:
            return job
        time.sleep(0.003)
    raise AssertionError(f"the job does not end: {job}")


def child(task: dict[str, Any], tell: int) -> None:
    """Do the task in this process and end."""
    signal.alarm(int(_PATIENCE) + 30)
    if task.get("disk") is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (task["disk"], resource.RLIM_INFINITY))
    counter = watch(task["line"], _deed(task)) if "line" in task else itertools.count(1)
    said = perform(task)
    sys.settrace(None)
    os.write(tell, json.dumps({**said, "lines": next(counter) - 1}).encode())
    os._exit(0)


def _deed(task: dict[str, Any]) -> Callable[[], object]:
    """Return what happens at the chosen line: this process dies, or somebody else writes a file here."""
    file = task.get("writes")
    if file is None:
        return lambda: os.kill(os.getpid(), signal.SIGKILL)
    return lambda: _write(Path(file), task["mode"])


def _write(file: Path, mode: str) -> None:
    try:
        with file.open(mode) as out:
            out.write(b"somebody else's")
    except FileExistsError:
        pass  # it came too late


def serve() -> None:
    """Take one task after another."""
    hasten()
    for line in sys.stdin:
        task = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reader)
            child(task, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(pid, 0)
        said = json.loads(told) if told else {"said": f"ended by {os.waitstatus_to_exitcode(status)}"}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
