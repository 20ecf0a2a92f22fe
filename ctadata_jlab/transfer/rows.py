"""Jobs and items as rows of the journal, and back."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from ctadata_jlab.transfer.job import (
    ErrorNote,
    Item,
    ItemState,
    Job,
    JobRequest,
    JobState,
    Manifest,
    Place,
    Question,
)

__all__ = ["ITEM_COLUMNS", "item_of", "item_row", "job_facts", "job_of"]

ITEM_COLUMNS = "n, path, target, kind, size, version, state, error, note, attempts, modified, checksum, online"

_COUNTED = ("state", "files_done", "files_skipped", "files_failed", "bytes_done", "speed")
"""Not among the facts: the state has its column, the rest is counted from the items."""


def job_facts(job: Job) -> str:
    """Return what is kept of *job* besides its state; the manifest is not, it has become items."""
    slim = replace(job, request=replace(job.request, manifest=(), folders=()))
    return json.dumps({name: value for name, value in asdict(slim).items() if name not in _COUNTED})


def job_of(state: str, facts: str) -> Job:
    """Return the job of a row."""
    given: dict[str, Any] = json.loads(facts)
    request = given.pop("request")
    question, error = given.pop("question"), _error(given.pop("error"))
    return Job(
        **{
            **given,
            "state": JobState(state),
            "request": _request(request),
            "error": error,
            "question": Question(question["count"], tuple(question["examples"])) if question else None,
        }
    )


def _request(given: dict[str, Any]) -> JobRequest:
    lists: dict[str, Any] = {
        name: tuple(given[name]) for name in ("paths", "folders", "include", "exclude") if name in given
    }
    to = given["to"]
    lists["manifest"] = tuple(Manifest(**one) for one in given["manifest"])
    return JobRequest(**{**given, **lists, "to": Place(**to) if to else None})


def _error(given: dict[str, Any] | None) -> ErrorNote | None:
    return ErrorNote(**given) if given else None


def item_row(item: Item) -> tuple[Any, ...]:
    """Return the values of `ITEM_COLUMNS`."""
    error = json.dumps(asdict(item.error)) if item.error else None
    place = (item.n, item.path, item.target, item.kind, item.size, item.version)
    seen = (item.modified, item.checksum, item.online)
    return (*place, item.state.value, error, item.note, item.attempts, *seen)


def item_of(row: tuple[Any, ...]) -> Item:
    """Return the item of a row of `ITEM_COLUMNS`."""
    n, path, target, kind, size, version, state, error, note, attempts, modified, checksum, online = row
    parsed = _error(json.loads(error)) if error else None
    seen = (modified, checksum, None if online is None else bool(online))
    return Item(n, path, target, kind, size, version, ItemState(state), parsed, note, attempts, *seen)
