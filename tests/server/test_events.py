"""Progress on Jupyter's own event bus."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.server.activity import KEY, Activity
from ctadata_jlab.transfer.job import ErrorNote, Job, JobRequest, JobState, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.fakes import FakeEngine

REQUEST = JobRequest("copy", "sky", ("/lst/a.txt",), Place("sky", "/x"))
BODY = {"kind": "copy", "from": {"source": "sky", "paths": ["/lst/a.txt"]}, "to": {"source": "sky", "path": "/x"}}


class Bus:
    """What arrives on the socket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def next(self, kind: str = "job", timeout: float = 5) -> dict[str, Any]:
        while True:
            event = json.loads(await asyncio.wait_for(self._socket.read_message(), timeout))
            if event["schema_id"] == f"https://schema.ctadata-jlab.org/{kind}/v1":
                return dict(event)

    async def all(self, seconds: float) -> list[dict[str, Any]]:
        found = []
        end = time.monotonic() + seconds
        with contextlib.suppress(asyncio.TimeoutError):
            while (left := end - time.monotonic()) > 0:
                found.append(await self.next(timeout=left))
        return found


@pytest.fixture
def listen(jp_ws_fetch: Any) -> Callable[[], Any]:
    async def open_bus() -> Bus:
        return Bus(await jp_ws_fetch("api", "events", "subscribe"))

    return open_bus


async def test_a_job_is_told(ask: Any, engine: FakeEngine, listen: Any) -> None:
    """A change made in a worker thread arrives on the socket, as the contract says."""
    bus = await listen()
    identity = (await ask("jobs", "POST", BODY)).json["id"]
    assert (await bus.next())["state"] == "waiting"
    note = ErrorNote("NoSpace", "Full.")
    changes = {"state": JobState.FAILED, "files_total": 2, "files_failed": 2, "bytes_total": 9, "error": note}
    threading.Thread(target=lambda: engine.move(identity, **changes)).start()
    event = await bus.next()
    event.pop("schema_id")
    assert event == {
        "job_id": identity, "seq": 2, "kind": "copy", "title": "/lst/a.txt", "state": "failed", "reason": None,
        "files_done": 0, "files_total": 2, "files_failed": 2, "bytes_done": 0, "bytes_total": 9, "speed": None,
        "error": "NoSpace", "until": None, "waiting": None,
    }  # fmt: skip
    assert (await ask(f"jobs/{identity}")).json["seq"] == 2


async def test_four_a_second_and_no_gaps(ask: Any, engine: FakeEngine, listen: Any) -> None:
    """Hundreds of changes from several threads become few events, numbered without a gap, the last one last."""
    bus = await listen()
    identity = (await ask("jobs", "POST", BODY)).json["id"]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(100):
            with lock:
                engine.move(identity, state=JobState.RUNNING, bytes_done=engine.job(identity).bytes_done + 1)
            time.sleep(0.01)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    events = await bus.all(2.2)
    for thread in threads:
        thread.join()
    assert 4 <= len(events) <= 11
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["bytes_done"] == 400
    assert [event["bytes_done"] for event in events] == sorted(event["bytes_done"] for event in events)


async def test_forgotten(ask: Any, engine: FakeEngine, listen: Any) -> None:
    """A job that leaves the list is told to be forgotten, once, and never heard of again."""
    identity = (await ask("jobs", "POST", BODY)).json["id"]
    bus = await listen()
    engine.move(identity, state=JobState.DONE)
    await ask(f"jobs/{identity}", "DELETE")
    events = await bus.all(0.8)
    assert events[-1]["state"] == "forgotten"
    assert sum(event["state"] == "forgotten" for event in events) == 1


async def test_moving_jobs_keep_the_server_awake(ask: Any, engine: FakeEngine, jp_serverapp: Any) -> None:
    """A hub that looks for activity finds it while bytes move."""
    identity = (await ask("jobs", "POST", BODY)).json["id"]
    settings = jp_serverapp.web_app.settings
    assert KEY not in settings
    engine.move(identity, state=JobState.RUNNING)
    for _ in range(100):
        await asyncio.sleep(0.01)
    assert jp_serverapp.web_app.last_activity() == settings[KEY]


def test_not_for_ever() -> None:
    """Long after the user's last action moving bytes count no more; a job that stands still never does."""
    now = datetime(2026, 1, 2, tzinfo=timezone.utc)
    running = Job("J", REQUEST, "t", 0.0, JobState.RUNNING)
    settings: dict[str, Any] = {"started": now - timedelta(hours=30), "api_last_activity": now - timedelta(hours=2)}
    activity = Activity(settings, 3 * 3600, clock=lambda: now)
    activity.job(Job("J", REQUEST, "t", 0.0, JobState.BLOCKED))
    assert KEY not in settings
    activity.job(running)
    assert settings[KEY] == now
    later = now + timedelta(hours=2)
    Activity(settings, 3 * 3600, clock=lambda: later).job(running)
    assert settings[KEY] == now
