"""Values and their JSON: `tests/fixtures/wire/*.json` is what both sides of the wire are tested against.

Run with ``WRITE_WIRE_FIXTURES=1`` to write them anew after a change of the contract.
"""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from jupyter_events.schema import EventSchema

from ctadata_jlab import errors
from ctadata_jlab.server import refusal, wire
from ctadata_jlab.server.events import SCHEMAS
from ctadata_jlab.session import Source
from ctadata_jlab.storage import Checksum, Entry, Traits
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.tokens.keeper import LoginState
from ctadata_jlab.transfer.job import (
    ErrorNote,
    Item,
    ItemState,
    Job,
    JobRequest,
    JobState,
    Place,
    Question,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES = Path(__file__).parents[1] / "fixtures" / "wire"
WHEN = datetime(2024, 11, 14, 20, 15, 30, 500000, tzinfo=timezone.utc)


class _Sky(Memory):
    traits = Traits(writable=True, resumes=True, stages=True, checksums=("adler32", "md5"))


class _Home(Memory):
    traits = Traits(writable=True, resumes=True, replaces_atomically=True, extras=frozenset({"local"}))


SKY = Source(
    "dcache", "dCache", "dcache", _Sky(), cast("Any", None), None, "dcache-dev", production=True, home="/lst/users/me",
    url="https://someone:secret@dcache.example:2880",
)  # fmt: skip
HOME = Source("local", "Workspace", "local", _Home(), cast("Any", None))
LOGIN = LoginState(
    "ok", "alice", "https://issuer.example/realm/", 1790000000.0, "file", audience=("https://dcache.example",),
    scopes=("openid", "storage.read:/", "storage.modify:/lst"),
)  # fmt: skip
FILE = Entry("/lst/run é#1.txt", "file", 5, WHEN, 'W/"7"', Checksum("adler32", "03da0195"), online=False)
FOLDER = Entry("/lst/DL1", "folder", modified=WHEN)
REQUEST = JobRequest("download", "dcache", ("/lst/DL1", "/lst/a.h5"), Place("local", "/data"), "ask")
NOTE = ErrorNote("NoSpace", "The disk is full.", "Free some space, or choose another place.", retryable=False)
RUNNING = Job(
    "01JD0000000000000000000000", REQUEST, "DL1 and 1 more", 1790000000.0, JobState.RUNNING, seq=12, files_total=500,
    files_done=120, files_skipped=3, bytes_total=1234, bytes_done=700, speed=12345.0,
)  # fmt: skip
BLOCKED = Job(
    "01JD0000000000000000000001", REQUEST, "DL1 and 1 more", 1790000001.0, JobState.BLOCKED, "question", seq=3,
    files_total=3, question=Question(3, ("/data/a.h5",)),
)  # fmt: skip
FAILED = Job(
    "01JD0000000000000000000002", JobRequest("upload", "browser", (), Place("dcache", "/lst")), "a.h5", 1790000002.0,
    JobState.FAILED, ended=1790000009.5, files_total=1, files_failed=1, error=NOTE, note="size checked only",
)  # fmt: skip
ITEMS = (
    Item(0, "/lst/DL1/a.h5", "/data/DL1/a.h5", "file", 5, state=ItemState.DONE, note="adler32 checked"),
    Item(1, "/lst/DL1/b.h5", "/data/DL1/b.h5", "file", None, state=ItemState.FAILED, error=NOTE),
)


def _listing() -> list[Any]:
    tally = wire.Tally()
    tally.add([FILE, FOLDER])
    return [wire.listing_block([FILE, FOLDER]), tally.last_line()]


def _folder() -> Any:
    model = wire.entry_model(SKY, Entry("/lst", "folder", modified=WHEN))
    return {**model, "content": [wire.entry_model(SKY, one) for one in (FILE, FOLDER)], "format": "json"}


MADE: dict[str, Callable[[], Any]] = {
    "sources": lambda: [wire.source(SKY, LOGIN), wire.source(HOME, None)],
    "login-missing": lambda: wire.login(LoginState("missing", hint="Log in.")),
    "contents-root": lambda: wire.folder_model("", [wire.folder_model(one.name, None) for one in (SKY, HOME)]),
    "contents-folder": _folder,
    "contents-file": lambda: {**wire.entry_model(SKY, FILE), "content": "x", "format": "text"},
    "listing": _listing,
    "listing-broken": lambda: [_listing()[0], {"error": refusal.body(errors.Unreachable("The door broke off."))}],
    "error": lambda: refusal.body(errors.NotFound("There is no /lst/nope on dCache.")),
    "jobs": lambda: [wire.job(one) for one in (FAILED, BLOCKED, RUNNING)],
    "items": lambda: wire.items(ITEMS, 2),
    "items-last": lambda: wire.items(ITEMS, 200),
    "event-job": lambda: wire.job_event(RUNNING),
    "event-job-forgotten": lambda: wire.job_event(FAILED, "forgotten"),
}


@pytest.mark.parametrize("name", MADE)
def test_fixture(name: str) -> None:
    """The JSON is what the fixture says, to the letter."""
    made = json.loads(wire.dumps(MADE[name]()))
    place = FIXTURES / f"{name}.json"
    if os.environ.get("WRITE_WIRE_FIXTURES"):
        place.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert made == json.loads(place.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [name for name in MADE if name.startswith("event-job")])
def test_events_fit_their_schema(name: str) -> None:
    """What is emitted fits the schema that the bus checks."""
    EventSchema(SCHEMAS[0]).validate(json.loads(wire.dumps(MADE[name]())))


@pytest.mark.parametrize("extra", ["catalogues", "prepares"])
def test_stages_is_for_what_tells_where_a_file_is(extra: str) -> None:
    """The panel offers to bring files to disk only where it is told of each whether it is there."""
    storage = _Sky()
    storage.traits = dataclasses.replace(_Sky.traits, extras=frozenset({extra}))
    told = wire.source(dataclasses.replace(SKY, storage=storage), None)
    assert wire.source(SKY, None)["traits"]["stages"] is True
    assert told["traits"]["stages"] is False


def test_schemas_know_all_states() -> None:
    """A state that is added to jobs must be added to the schema, or its event would be lost."""
    states = yaml.safe_load(SCHEMAS[0].read_text())["properties"]["state"]["enum"]
    assert set(states) == {state.value for state in JobState} | {"forgotten"}


def test_long_lists_are_the_same_json() -> None:
    """A long list is written in pieces that make the same JSON."""
    value = {'a"': [{"n": n, "s": ["x"]} for n in range(2001)], "b": {"c": None}, "d": list(range(500))}
    assert json.loads(wire.dumps(value)) == value
    numbers = list(range(5000))
    assert json.loads(wire.dumps(numbers)) == numbers


def test_names_that_are_no_unicode() -> None:
    """A local name that is no UTF-8 does not break the answer."""
    text = wire.dumps(wire.listing_block([Entry("/bad\udcff", "file")]))
    assert text.isascii()


def test_etag_changes_with_the_version() -> None:
    """An entity tag is quoted, stable, and another for another version; what cannot be told apart has none."""
    one = wire.etag(FILE)
    assert one is not None
    assert one.startswith('"')
    assert one == wire.etag(FILE)
    assert one != wire.etag(Entry(FILE.path, "file", 5, WHEN, "8"))
    assert wire.etag(Entry("/x", "file", 5)) is None
