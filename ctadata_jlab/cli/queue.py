"""The queue of transfers: look at it, or work it off where no server does."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli import waiting

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.transfer.engine import Engine
    from ctadata_jlab.transfer.job import Job

__all__ = ["jobs"]

_TICK = 0.5


@click.group()
def jobs() -> None:
    """Look at the queue of transfers that the JupyterLab panel shows, or work it off."""


jobs.add_command(waiting.show)
jobs.add_command(waiting.wait)


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of objects.")
@click.pass_obj
def list_(choice: Choice, *, as_json: bool) -> None:
    """List the jobs of the queue, newest first."""
    found = choice.session.engine.jobs()
    if as_json:
        click.echo(json.dumps([asdict(job) for job in found], indent=1, ensure_ascii=False))
        return
    for job in found:
        click.echo(_line(job))


@jobs.command("run")
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The folder that JupyterLab was started in: the jobs' local paths are relative to it.",
)
@click.option("--until-idle", is_flag=True, help="End when nothing is left that could go on by itself.")
@click.pass_obj
def run(choice: Choice, workspace: Path, *, until_idle: bool) -> None:
    """Work off the queue without a Jupyter server, as on a login node or in a batch job.

    Ctrl-C, or the end of the batch job (SIGTERM), stops where everything is; the next one, or the server, goes on from there.
    """
    from ctadata_jlab.errors import Busy  # noqa: PLC0415 - help needs no queue
    from ctadata_jlab.session import Session  # noqa: PLC0415

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)

    session = Session(choice.session.config.with_workspace(workspace.resolve()))
    engine = session.engine
    if engine.notice:
        click.echo(engine.notice, err=True)
    engine.listeners.append(_Ends())
    engine.start()
    try:
        while not (until_idle and not engine.read_only and _is_idle(engine)):
            if engine.read_only:
                raise Busy(f"The queue is owned by {engine.read_only}.", hint="That one works it off; stop it first.")
            time.sleep(_TICK)
    finally:
        engine.stop()
        signal.signal(signal.SIGTERM, before)


class _Ends:
    """Says each change of a job's state once."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[str, float | None]] = {}

    def __call__(self, job: Job) -> None:
        news = (job.state.value, job.until)
        if self._said.get(job.id) != news:
            self._said[job.id] = news
            click.echo(_line(job))


def _is_idle(engine: Engine) -> bool:
    """Whether nothing is left that could go on without somebody who answers, logs in, or sends files."""
    moving = {"waiting", "planning", "running"}
    return not any(job.state.value in moving or job.reason in {"network", "staging"} for job in engine.jobs())


def _line(job: Job) -> str:
    from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415 - help needs no sizes
    from ctadata_jlab.transfer.waiting import waiting  # noqa: PLC0415

    blocked = waiting(job, time.time())
    why = f" ({blocked})" if blocked else ""
    size = f"{job.files_done} of {job.files_total} files, {readable_size(job.bytes_done)}"
    wrong = f": {job.error.message}" if job.error else ""
    return f"{job.id}  {job.state.value + why:18} {job.request.kind:9} {job.title}, {size}{wrong}"
