"""Values as JSON: what the server says. The words themselves are in `docs/reference/rest.md`; what it hears is in `requests`."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.transfer.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Entry, Run, Service
    from ctadata_jlab.tokens.attempt import Attempt
    from ctadata_jlab.tokens.keeper import LoginState
    from ctadata_jlab.transfer.engine import Engine
    from ctadata_jlab.transfer.job import ErrorNote, Item, Job

__all__ = [
    "EPOCH",
    "Tally",
    "attempt",
    "dumps",
    "entry_model",
    "etag",
    "folder_model",
    "item",
    "items",
    "job",
    "job_event",
    "listing_block",
    "login",
    "mimetype",
    "moment",
    "queue",
    "run",
    "service",
    "source",
]

JSON = dict[str, Any]

EPOCH = "1970-01-01T00:00:00Z"
"""The time of what has none: Jupyter's own client demands one."""
MANY = 2000
"""Longer lists are written item by item: one call for all of them would hold up every other thread."""
CHOICES = ["skip", "replace", "rename", "newer"]
"""What a job's question may be answered with."""
FOLDER, OFFLINE = 1, 2


def dumps(value: object) -> str:
    """Return *value* as JSON text, in ASCII, so that names which are no Unicode do no harm."""
    if isinstance(value, list) and len(value) > MANY:
        return f"[{','.join(map(dumps, value))}]"
    if isinstance(value, dict) and any(isinstance(one, list) and len(one) > MANY for one in value.values()):
        return f"{{{','.join(f'{_short(key)}:{dumps(one)}' for key, one in value.items())}}}"
    return _short(value)


def _short(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


# --- sources ---


def source(source: Source, state: LoginState | None) -> JSON:
    """Return what the panel shows of a source; *state* is None where no login is needed."""
    traits = source.storage.traits
    return {
        "name": source.name,
        "title": source.title,
        "kind": source.kind,
        "twin": source.twin,
        "production": source.production,
        "home": source.home,
        "url": _bare(source.url),
        "root": source.root,
        "traits": {
            "writable": traits.writable,
            "resumes": traits.resumes,
            "replaces_atomically": traits.replaces_atomically,
            "renames": traits.renames,
            "stages": traits.tells_of_tape,
            "checksums": list(traits.checksums),
            "local": "local" in traits.extras,
            "runs": "runs" in traits.extras,
        },
        "login": login(state),
    }


def _bare(url: str) -> str:
    """Return *url* without user and password, which nobody should have written into it."""
    scheme, found, rest = url.partition("://")
    return f"{scheme}{found}{rest.rpartition('@')[2]}"


def login(state: LoginState | None) -> JSON:
    """Return how a login stands, without the token."""
    if state is None:
        return {
            "needed": False, "state": "none", "subject": None, "issuer": None, "until": None, "source": None, "hint": "",
            "audience": [], "scopes": [], "may": "",
        }  # fmt: skip
    return {
        "needed": True,
        "state": state.state,
        "subject": state.subject,
        "issuer": state.issuer,
        "until": state.until,
        "source": state.source,
        "hint": state.hint,
        "audience": list(state.audience),
        "scopes": list(state.scopes),
        "may": state.may,
    }


def attempt(one: Attempt) -> JSON:
    """Return what one place for tokens had to offer."""
    return {"source": one.source, "place": one.place, "outcome": one.outcome, "ok": one.ok}


def service(one: Service) -> JSON:
    """Return a service that can be run."""
    return {"name": one.name, "input": one.input, "output": one.output}


def run(one: Run) -> JSON:
    """Return one run of a service."""
    return {"id": one.id, "state": one.state, "created": None if one.created is None else one.created.timestamp()}


# --- Jupyter's contents models ---


def entry_model(source: Source, entry: Entry, kind: str | None = None) -> JSON:
    """Return Jupyter's model of *entry*, without content; *kind* is its type if not the one its name says."""
    kind = kind or ("directory" if entry.is_folder else "notebook" if entry.name.endswith(".ipynb") else "file")
    return {
        "name": entry.name or source.name,
        "path": f"{source.name}{entry.path}".rstrip("/"),
        "type": kind,
        "writable": source.storage.traits.writable,
        "created": moment(entry.modified),
        "last_modified": moment(entry.modified),
        "size": entry.size,
        "mimetype": mimetype(entry.name) if kind == "file" else None,
        "content": None,
        "format": None,
        "ctadata": {
            "online": entry.online,
            "checksum": str(entry.checksum) if entry.checksum else None,
            "version": entry.version,
        },
    }


def folder_model(name: str, models: Iterable[JSON] | None) -> JSON:
    """Return Jupyter's model of the root, whose folders are the sources."""
    return {
        "name": name,
        "path": name,
        "type": "directory",
        "writable": False,
        "created": EPOCH,
        "last_modified": EPOCH,
        "size": None,
        "mimetype": None,
        "content": None if models is None else list(models),
        "format": None if models is None else "json",
        "ctadata": {"online": None, "checksum": None, "version": None},
    }


def moment(when: datetime | None) -> str:
    """Return a time as Jupyter writes it."""
    return EPOCH if when is None else when.isoformat().replace("+00:00", "Z")


def mimetype(name: str) -> str | None:
    """Return what kind of bytes a name promises."""
    return mimetypes.guess_type(name)[0]


# --- listings ---


class Tally:
    """Counts the rows of a listing and sums their hashes, so that the same rows in another order have the same hash."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0

    def add(self, entries: Sequence[Entry]) -> None:
        """Take the rows of one block into account."""
        for entry in entries:
            row = f"{entry.name}\0{entry.kind}\0{entry.size}\0{entry.modified}\0{entry.online}\0{entry.version}"
            digest = hashlib.blake2b(row.encode(errors="surrogatepass"), digest_size=16).digest()
            self._sum = (self._sum + int.from_bytes(digest, "big")) % (1 << 128)
        self._count += len(entries)

    def last_line(self) -> JSON:
        """Return the line that says that nothing is missing."""
        return {"complete": True, "count": self._count, "hash": f"{self._sum:032x}"}


def listing_block(entries: Sequence[Entry]) -> JSON:
    """Return the rows of one block, by columns."""
    return {
        "names": [entry.name for entry in entries],
        "sizes": [entry.size for entry in entries],
        "mtimes": [None if entry.modified is None else entry.modified.timestamp() for entry in entries],
        "flags": [FOLDER * entry.is_folder + OFFLINE * (entry.online is False) for entry in entries],
    }


def etag(entry: Entry) -> str | None:
    """Return a strong HTTP entity tag of this version of the file, None if nothing tells versions apart."""
    if entry.version is None and entry.modified is None:
        return None
    mark = f"{entry.version}\0{entry.size}\0{entry.modified}"
    return f'"{hashlib.blake2b(mark.encode(errors="surrogatepass"), digest_size=16).hexdigest()}"'


# --- jobs ---


def job(job: Job) -> JSON:
    """Return all there is to know of a job but its items."""
    request, target, question = job.request, job.request.to, job.question
    origin = {"source": request.source, "paths": list(request.paths), "count": request.listed or len(request.paths)}
    return {
        "id": job.id,
        "kind": request.kind,
        "title": job.title,
        "state": job.state.value,
        "reason": job.reason,
        "seq": job.seq,
        "from": {**origin, "base": request.base},
        "to": None if target is None else {"source": target.source, "path": target.path},
        "conflict": request.conflict,
        "include": list(request.include),
        "exclude": list(request.exclude),
        "sync": request.sync,
        "order": job.order,
        "limit": job.limit,
        "created": job.created,
        "ended": job.ended,
        "files_total": job.files_total,
        "files_done": job.files_done,
        "files_skipped": job.files_skipped,
        "files_failed": job.files_failed,
        "bytes_total": job.bytes_total,
        "bytes_done": job.bytes_done,
        "speed": job.speed,
        "error": _note(job.error),
        "question": question
        and {"count": question.count, "examples": list(question.examples), "choices": list(CHOICES)},
        "note": job.note,
        "until": job.until,
        "waiting": waiting(job, time.time()),
    }


def queue(engine: Engine) -> JSON:
    """Return how the queue is: `owner` in words if it is not this server's, `notice` if the user should know something of its place."""
    return {
        "owner": engine.read_only or None,
        "folder": str(engine.folder),
        "notice": engine.notice or None,
        "limit": engine.overall_limit,
        "files_at_once": engine.files_at_once,
        "jobs_at_once": engine.jobs_at_once,
    }


def job_event(job: Job, state: str | None = None) -> JSON:
    """Return what the event bus is told of a job; *state* instead of its own."""
    return {
        "job_id": job.id,
        "seq": job.seq,
        "kind": job.request.kind,
        "title": paths.display(job.title),
        "state": state or job.state.value,
        "reason": job.reason,
        "files_done": job.files_done,
        "files_total": job.files_total,
        "files_failed": job.files_failed,
        "bytes_done": job.bytes_done,
        "bytes_total": job.bytes_total,
        "speed": job.speed,
        "error": job.error and job.error.error,
        "until": job.until,
        "waiting": waiting(job, time.time()),
    }


def items(found: Sequence[Item], limit: int) -> JSON:
    """Return a page of items; `next` is what to give as `after` for the page after it, None on the last."""
    return {"items": [item(one) for one in found], "next": found[-1].n if len(found) == limit else None}


def item(item: Item) -> JSON:
    """Return one file of a job."""
    return {
        "n": item.n,
        "path": item.path,
        "target": item.target,
        "size": item.size,
        "state": item.state.value,
        "error": _note(item.error),
        "note": item.note,
    }


def _note(note: ErrorNote | None) -> JSON | None:
    if note is None:
        return None
    told = {"error": note.error, "message": note.message, "hint": note.hint, "retryable": note.retryable}
    return {**told, "source": note.source} if note.source else told
