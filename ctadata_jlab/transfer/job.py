"""What a job and its items are, and which state may follow which. Pure values."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from ctadata_jlab.errors import CtaDataError, Misconfigured, NotLoggedIn

__all__ = [
    "FINAL",
    "Conflict",
    "ErrorNote",
    "Item",
    "ItemState",
    "Job",
    "JobKind",
    "JobRequest",
    "JobState",
    "Manifest",
    "Place",
    "Question",
    "Reason",
    "counts_folders",
    "is_from_browser",
    "logins_of",
    "may_follow",
    "new_id",
    "note_of",
    "require",
]

JobKind = Literal["download", "upload", "copy", "move", "delete", "measure", "stage"]
Conflict = Literal["ask", "skip", "replace", "rename", "newer"]
Reason = Literal["question", "login", "network", "staging", "upload"]


class JobState(str, Enum):
    """Where a job stands."""

    WAITING = "waiting"
    PLANNING = "planning"
    RUNNING = "running"
    PAUSED = "paused"
    BLOCKED = "blocked"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ItemState(str, Enum):
    """Where one file of a job stands; `STAGING`: on its way from tape, or (sent by the browser) received and in the spool."""

    WAITING = "waiting"
    STAGING = "staging"
    COPYING = "copying"
    VERIFYING = "verifying"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


FINAL = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
"""The states that end a job; `retry` leads out of the last two."""

_W, _P, _R = JobState.WAITING, JobState.PLANNING, JobState.RUNNING
_FOLLOWERS: dict[JobState, frozenset[JobState]] = {
    _W: frozenset({_P, JobState.PAUSED, JobState.BLOCKED, JobState.FAILED, JobState.CANCELLED}),
    _P: frozenset({_R, _W, JobState.BLOCKED, JobState.PAUSED, JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    _R: frozenset({_W, JobState.BLOCKED, JobState.PAUSED, JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    JobState.PAUSED: frozenset({_W, JobState.CANCELLED}),
    JobState.BLOCKED: frozenset({_W, JobState.PAUSED, JobState.FAILED, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({_W}),
    JobState.CANCELLED: frozenset({_W}),
}


def may_follow(old: JobState, new: JobState) -> bool:
    """Whether a job in state *old* may go to *new*; a paused or blocked job goes on by waiting its turn again."""
    return new in _FOLLOWERS[old]


def require(old: JobState, new: JobState) -> None:
    """Raise `Misconfigured` when *new* may not follow *old*."""
    if not may_follow(old, new):
        raise Misconfigured(
            f"A job that is {old.value} cannot become {new.value}.", hint="Reload the list of transfers."
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of a source."""

    source: str
    path: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file that the browser will send: its path relative to the target folder, size in bytes, modification time (epoch seconds)."""

    path: str
    size: int
    modified: float | None = None


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What the user asked for. `source` is ``browser`` for files that the browser sends; then `manifest` and `folders` name them."""

    kind: JobKind
    source: str
    paths: tuple[str, ...]
    to: Place | None
    conflict: Conflict = "ask"
    manifest: tuple[Manifest, ...] = ()
    folders: tuple[str, ...] = ()
    base: str | None = None
    """Paths land as they are seen from here, not under their own last names: for lists of files. They are below it."""
    include: tuple[str, ...] = ()
    """Only files that one of these patterns names (as in gitignore, seen from each of `paths`); none: all."""
    exclude: tuple[str, ...] = ()
    """What one of these patterns names is left out, a folder with all that it holds."""
    sync: bool = False
    """What the target has already is found out while planning, a folder at a time; nothing is ever deleted."""
    limit: int | None = None
    """How fast the job may be at the beginning, in bytes a second; None: as fast as it goes."""
    listed: int = 0
    """How many `paths` there are if these are only the first few, the others being in the journal."""


@dataclass(frozen=True, slots=True)
class ErrorNote:
    """An error as it is kept and shown: the name of its class, words, and what to do."""

    error: str
    message: str
    hint: str = ""
    retryable: bool = False
    source: str = ""
    """Whose login is missing, if neither that of where the files come from nor of where they go."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a blocked job asks: how many targets exist already, some of them by path."""

    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A request and how far it is. Sizes in bytes, times in seconds since the epoch, speed in bytes a second."""

    id: str
    request: JobRequest
    title: str
    created: float
    state: JobState = JobState.WAITING
    reason: Reason | None = None
    ended: float | None = None
    seq: int = 0
    files_total: int = 0
    files_done: int = 0
    files_skipped: int = 0
    files_failed: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    speed: float | None = None
    planned: bool = False
    """Whether all its items are known."""
    error: ErrorNote | None = None
    question: Question | None = None
    note: str | None = None
    order: float = 0.0
    """Its place in the queue: who waits is taken by it, the lowest first."""
    limit: int | None = None
    """How fast it may be, in bytes a second; None: as fast as it goes."""
    until: float | None = None
    """When a blocked job is tried again by itself."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file (or, with `kind` folder, one folder to make or remove) of a job."""

    n: int
    path: str
    target: str | None
    kind: Literal["file", "folder"] = "file"
    size: int | None = None
    version: str | None = None
    state: ItemState = ItemState.WAITING
    error: ErrorNote | None = None
    note: str | None = None
    attempts: int = field(default=0)
    modified: float | None = None
    """When the source was last written, in seconds since the epoch."""
    checksum: str | None = None
    """What the listing said of its bytes, as ``algorithm:value``."""
    online: bool | None = None


def is_from_browser(request: JobRequest) -> bool:
    """Whether the files come from the user's own computer, through the browser."""
    return request.source == "browser"


def logins_of(job: Job) -> set[str]:
    """Return the sources whose logins a job that is blocked for one may wait for."""
    if job.error is not None and job.error.source:
        return {job.error.source}
    return {job.request.source} | ({job.request.to.source} if job.request.to else set())


def counts_folders(request: JobRequest) -> bool:
    """Whether a folder counts as something done, as when it is deleted or moved whole."""
    within = request.to is not None and request.to.source == request.source
    return request.kind == "delete" or (request.kind == "move" and within)


def note_of(error: Exception) -> ErrorNote:
    """Return *error* as it is kept and shown."""
    if isinstance(error, CtaDataError):
        source = error.source if isinstance(error, NotLoggedIn) else ""
        return ErrorNote(error.name, error.message, error.hint, error.retryable, source)
    # its words are foreign, and may hold what must not be shown
    return ErrorNote(
        "ServerFault", f"Something unexpected happened: {type(error).__name__}.", "Report it to the developers."
    )


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(now: float) -> str:
    """Return a new identifier that sorts by the time *now*: a ULID, within one millisecond by this process's own order."""
    order = time.monotonic_ns() & 0xFFFFFFFFFF
    number = (int(now * 1000) << 80) | (order << 40) | int.from_bytes(os.urandom(5), "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
