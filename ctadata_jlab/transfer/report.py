"""The log of a job as a user reads it and sends it to whoever helps: what was asked, by which versions, and what happened."""

from __future__ import annotations

import platform
import sys
import time
from typing import TYPE_CHECKING

from ctadata_jlab import __version__, paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ctadata_jlab.transfer.job import Job

__all__ = ["report"]


def report(job: Job, lines: Iterable[tuple[float, str]]) -> str:
    """Return the log of *job*: a head, then *lines*, each with its time. No secret ever gets into either."""
    said = [*_head(job), "", *(f"{_stamp(at)}  {_clean(text)}" for at, text in lines)]
    return "".join(f"{line}\n" for line in said)


def _head(job: Job) -> Iterator[str]:
    request, system = job.request, f"{platform.system()} {platform.machine()}"
    yield f"ctadata_jlab {__version__}, Python {sys.version.split()[0]}, {system}, {time.strftime('%z') or 'UTC'}"
    yield f"job {job.id}: {request.kind} {_clean(job.title)}"
    shown = [_clean(path) for path in request.paths[:5]]
    more = (request.listed or len(request.paths)) - len(shown)
    yield f"from {request.source}: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}"
    if request.to is not None:
        yield f"to {request.to.source}: {_clean(request.to.path)}, conflict: {request.conflict}"
    options = {"base": request.base, "include": request.include, "exclude": request.exclude, "sync": request.sync}
    if any(options.values()) or job.limit:
        chosen = [f"{name}: {_clean(str(value))}" for name, value in {**options, "limit": job.limit}.items() if value]
        yield f"options: {', '.join(chosen)}"
    why = f" ({job.reason})" if job.reason else ""
    yield (
        f"{job.state.value}{why}: {job.files_done} of {job.files_total} files done, {job.files_skipped} skipped, "
        f"{job.files_failed} failed; {job.bytes_done} of {job.bytes_total} bytes"
    )


def _clean(text: str) -> str:
    """Return *text* on one line: a file's name cannot write lines of its own into a log."""
    return paths.display(text, 1000)


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
