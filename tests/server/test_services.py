"""`services/<source>`: services beside a storage are told of, run on small files, and their answers kept."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Unreachable
from ctadata_jlab.server.threads import LONG
from ctadata_jlab.storage import Run, Service, Traits
from tests.server.fakes import Flaky

if TYPE_CHECKING:
    from pathlib import Path

WHEN = datetime(2026, 1, 2, tzinfo=timezone.utc)


class Runner(Flaky):
    """A storage with one service, which answers `answer` when `held` lets it."""

    def __init__(self) -> None:
        super().__init__({"/lst/a.txt": b"alpha\n", "/lst/large.bin": b"x" * 100_001})
        self.traits = Traits(writable=True, extras=frozenset({"runs"}))
        self.answer = b"moo"
        self.held: threading.Event | None = None
        self.given: list[tuple[str, bytes]] = []

    def services(self) -> list[Service]:
        return [Service("cow", "/in"), Service("bare")]

    def run(self, service: str, data: bytes) -> bytes:
        self._fail()
        self.given.append((service, data))
        if self.held is not None:
            self.held.wait(60)
        return self.answer

    def runs(self, service: str) -> list[Run]:
        return [Run(f"{service}-1", "Running", WHEN), Run(f"{service}-0", "Failed")]

    def log(self, service: str, run: str) -> str:
        return f"{service} {run}: naïve \udcff"


@pytest.fixture
def remote() -> Runner:
    return Runner()


def _body(path: str = "/lst/a.txt", to: str = "local", folder: str = "/") -> dict[str, Any]:
    return {"from": {"source": "sky", "path": path}, "to": {"source": to, "path": folder}}


async def test_services_and_runs_are_told(ask: Any) -> None:
    """With their folders; runs with their times, logs as text whatever they hold."""
    assert (await ask("services/sky")).json == [
        {"name": "cow", "input": "/in", "output": None},
        {"name": "bare", "input": None, "output": None},
    ]
    assert (await ask("services/sky/cow")).json == [
        {"id": "cow-1", "state": "Running", "created": WHEN.timestamp()},
        {"id": "cow-0", "state": "Failed", "created": None},
    ]
    log = await ask("services/sky/cow/cow%2F1")
    assert log.body.decode() == "cow cow/1: naïve ?"
    assert log.headers["Content-Type"].startswith("text/plain")


async def test_a_source_without_services_says_so(ask: Any) -> None:
    """It is not taken for one without any."""
    for path, method in (("archive", "GET"), ("archive/cow", "POST")):
        body = {"json_body": _body()} if method == "POST" else {}
        assert (await ask(f"services/{path}", method=method, **body)).status == 501


@pytest.mark.parametrize(
    ("answer", "ending"), [(b"moo", ".txt"), (b"\x89PNG\r\n", ".png"), (b"\xff\x00", ".bin"), (b"", ".txt")]
)
async def test_an_answer_is_kept(ask: Any, remote: Runner, jp_root_dir: Path, answer: bytes, ending: str) -> None:
    """Under a name that is free, beside an older one; it gets the file's bytes."""
    remote.answer = answer
    (jp_root_dir / f"a.txt.cow{ending}").write_text("older")
    told = await ask("services/sky/cow", method="POST", json_body=_body())
    assert (told.status, told.json["path"]) == (201, f"local/a.txt.cow-1{ending}")
    assert (jp_root_dir / f"a.txt.cow-1{ending}").read_bytes() == answer
    assert (jp_root_dir / f"a.txt.cow{ending}").read_text() == "older"
    assert remote.given == [("cow", b"alpha\n")]


async def test_what_fails_is_never_kept(
    ask: Any, remote: Runner, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error is an error with its status, and no file."""
    remote.given.clear()
    run = remote.run
    monkeypatch.setattr(remote, "run", _failing)
    assert (await ask("services/sky/cow", method="POST", json_body=_body())).status == 502
    monkeypatch.setattr(remote, "run", run)
    for body, status in (
        (_body("/lst/large.bin"), 413),
        (_body("/lst"), 400),
        (_body("/lst/none"), 404),
        (_body(to="archive"), 501),
        (_body(folder="/nowhere"), 404),
        (_body(folder="../x"), 400),
        ({**_body(), "more": 1}, 400),
    ):
        assert (await ask("services/sky/cow", method="POST", json_body=body)).status == status, body
    assert os.listdir(jp_root_dir) == []  # noqa: PTH208 - quick, and not of this loop's business


def _failing(_service: str, _data: bytes) -> bytes:
    raise Unreachable("No service answers.")


async def test_nothing_is_run_before_its_answer_can_be_kept(ask: Any, remote: Runner) -> None:
    """A service may take long, and cost: whether there is a place for the answer is looked at first."""
    assert (await ask("services/sky/cow", method="POST", json_body=_body(folder="/nowhere"))).status == 404
    assert remote.given == []


async def test_those_who_wait_hold_up_nobody(ask: Any, remote: Runner) -> None:
    """Services that take long keep other questions waiting neither, and one too many is refused."""
    import asyncio

    remote.held = threading.Event()
    waiting = [asyncio.ensure_future(ask("services/sky/cow", method="POST", json_body=_body())) for _ in range(LONG)]
    while len(remote.given) < LONG:
        assert (await ask("services/sky")).status == 200
    refused = await ask("services/sky/cow", method="POST", json_body=_body())
    assert (refused.status, refused.json["error"]) == (502, "Busy")
    remote.held.set()
    assert {answer.status for answer in await asyncio.gather(*waiting)} == {201}
