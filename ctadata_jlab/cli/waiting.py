"""`jobs wait` and `jobs show`: what became of transfers that somebody else works off."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.transfer.engine import Engine
    from ctadata_jlab.transfer.job import Job

__all__ = ["show", "wait"]

_TICK = 0.5


@click.command()
@click.argument("ids", metavar="[JOB]...", nargs=-1)
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Not longer than this; then 6.")
@click.option("--json", "as_json", is_flag=True, help="Each ended job as one JSON object a line.")
@click.pass_obj
def wait(choice: Choice, ids: tuple[str, ...], timeout: float | None, *, as_json: bool) -> None:
    """Wait until each JOB has ended; without one, all that are in the queue now.

    A job that waits for an answer or a login is not waited for: it is told, and counts as failed. Somebody must work the queue
    off meanwhile: JupyterLab's server, or `jobs run`. Ends with 0 if all are done, else with 1.

    \b
    Examples:
      jobs wait
      jobs wait --timeout 3600 3f2a && python analyse.py
    """  # noqa: D301
    from ctadata_jlab.cli.text import line  # noqa: PLC0415 - help needs no queue
    from ctadata_jlab.errors import Unreachable  # noqa: PLC0415
    from ctadata_jlab.transfer.job import FINAL, JobState  # noqa: PLC0415

    engine = choice.session.engine
    left = [_job(engine, word).id for word in ids] or [job.id for job in engine.jobs() if job.state not in FINAL]
    until = None if timeout is None else time.monotonic() + timeout
    is_well = True
    while left:
        for job in [engine.job(job_id) for job_id in left]:
            needs_user = job.state is JobState.BLOCKED and job.reason in {"question", "login"}
            if job.state not in FINAL and not needs_user:
                continue
            left.remove(job.id)
            is_well = is_well and job.state is JobState.DONE
            click.echo(line(asdict(job)) if as_json else _told(job))
        if left and until is not None and time.monotonic() >= until:
            raise Unreachable(f"{len(left)} of the jobs have not ended: {', '.join(left)}.", hint="Wait longer.")
        if left:
            time.sleep(_TICK)
    sys.exit(not is_well)


@click.command()
@click.argument("job_id", metavar="JOB")
@click.option("--failed", is_flag=True, help="Failed files only.")
@click.option("--json", "as_json", is_flag=True, help="The job, then each of its files, as one JSON object a line.")
@click.pass_obj
def show(choice: Choice, job_id: str, *, failed: bool, as_json: bool) -> None:
    """Tell how far JOB is and each of its files, and why one failed. The beginning of its id is enough."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no queue
    from ctadata_jlab.cli.text import line, safe  # noqa: PLC0415
    from ctadata_jlab.transfer.job import ItemState  # noqa: PLC0415

    engine = choice.session.engine
    job = _job(engine, job_id)
    click.echo(line(asdict(job)) if as_json else _told(job))
    after, wanted = -1, ItemState.FAILED if failed else None
    while page := engine.items(job.id, wanted, after=after):
        after = page[-1].n
        for item in page:
            why = f": {item.error.message}" if item.error else ""
            words = f"  {item.state.value:9} {safe(paths.display(item.path, 1000))}{safe(why)}"
            click.echo(line(asdict(item)) if as_json else words)


def _job(engine: Engine, word: str) -> Job:
    """Return the job whose id begins with *word*."""
    from ctadata_jlab.errors import BadPath, NotFound  # noqa: PLC0415 - help needs no queue

    found = [job for job in engine.jobs() if job.id.startswith(word)]
    if not found:
        raise NotFound(f"There is no job {word!r}.", hint="`jobs list` tells which there are.")
    if len(found) > 1:
        raise BadPath(f"{len(found)} jobs begin with {word!r}.", hint="Write more of the id.")
    return found[0]


def _told(job: Job) -> str:
    from ctadata_jlab.cli.text import safe  # noqa: PLC0415 - help needs no queue
    from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415

    why = f" ({job.reason})" if job.reason else ""
    size = f"{job.files_done} of {job.files_total} files, {readable_size(job.bytes_done)}"
    wrong = f": {job.error.message} {job.error.hint}".rstrip() if job.error else ""
    return safe(f"{job.id}  {job.state.value + why:18} {job.request.kind:9} {job.title}, {size}{wrong}")
