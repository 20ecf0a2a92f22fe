"""`sources` and `login/…`: who is logged in, and a token by hand."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
import threading
import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab.server import agent_login
from tests.server.test_events import Bus

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.server.fakes import FakeEngine


def _token(until: float) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": "https://issuer.example/", "sub": "ada", "exp": until, "iat": until - 3600}
    return f"{part({'alg': 'none'})}.{part(claims)}.c2lnbmF0dXJl"


async def test_sources(ask: Any) -> None:
    """Sources come in their order, with what they can do and how their login stands."""
    sky, archive, local = (await ask("sources")).json
    assert (sky["name"], sky["title"], sky["kind"], sky["twin"]) == ("sky", "Sky", "webdav", "archive")
    assert (sky["production"], sky["home"]) == (True, "/lst")
    assert sky["login"] == {
        "needed": False, "state": "none", "subject": None, "issuer": None, "until": None, "source": None, "hint": "",
        "audience": [], "scopes": [], "may": "",
    }  # fmt: skip
    assert (archive["login"]["needed"], archive["login"]["state"]) == (True, "missing")
    assert archive["login"]["hint"]
    assert (archive["traits"]["writable"], archive["twin"]) == (False, None)
    assert (local["kind"], local["traits"]["local"]) == ("local", True)
    assert set(sky["traits"]) == {
        "writable",
        "resumes",
        "replaces_atomically",
        "renames",
        "runs",
        "stages",
        "checksums",
        "local",
    }


async def test_token_by_hand(ask: Any, tmp_path: Path, jp_ws_fetch: Any, engine: FakeEngine) -> None:
    """A token is stored for its source and nobody else to read, never repeated, told to all pages, and forgotten again."""
    assert (await ask("login/archive")).json["state"] == "missing"
    bus = Bus(await jp_ws_fetch("api", "events", "subscribe"))
    until = float(int(time.time()) + 3000)
    token = _token(until)
    answer = await ask("login/archive", "POST", {"token": f"  {token}\n"})
    assert answer.status == 200
    assert token.encode() not in answer.body
    assert answer.json["state"] == "ok"
    assert (answer.json["subject"], answer.json["until"]) == ("ada", until)
    kept = tmp_path / "token"
    assert kept.read_text().strip() == token
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    event = await bus.next("login")
    assert (event["source"], event["state"], event["until"]) == ("archive", "ok", until)
    assert engine.woken == ["archive"]
    assert (await ask("login/archive", "DELETE")).status == 204
    assert not kept.exists()
    assert (await bus.next("login"))["state"] == "missing"
    assert (await ask("login/archive", "DELETE")).status == 204


async def test_every_place_is_told(ask: Any, tmp_path: Path) -> None:
    """Asked for it, the answer says where tokens were looked for, what was found, and why not, without any secret."""
    (place,) = (await ask("login/archive?places=1")).json["places"]
    assert (place["source"], place["ok"], place["outcome"]) == ("file", False, "no token there")
    assert str(tmp_path / "token") in place["place"]
    token = _token(float(int(time.time()) + 3000))
    assert (await ask("login/archive", "POST", {"token": token})).status == 200
    answer = await ask("login/archive?places=1")
    assert answer.json["places"][0]["ok"]
    assert token.encode() not in answer.body
    assert "places" not in (await ask("login/archive")).json


async def test_bad_token(ask: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no token is refused without being repeated, in the answer or the log."""
    for value in ("two words secret", "", 7, None, "x" * 70_000, "secrét"):
        answer = await ask("login/archive", "POST", {"token": value})
        assert (answer.status, answer.json["error"]) == (400, "BadRequest")
        assert b"secr" not in answer.body
    answer = await ask("login/archive", "POST", body='{"token": "secret"')
    assert answer.status == 400
    assert b"secret" not in answer.body
    assert "secret" not in caplog.text
    assert not (tmp_path / "token").exists()


async def test_source_without_login(ask: Any) -> None:
    """A source that needs no login takes no token."""
    assert (await ask("login/sky")).json["state"] == "none"
    assert (await ask("login/sky", "POST", {"token": "abc"})).json["error"] == "Unsupported"
    assert (await ask("login/sky", "DELETE")).json["error"] == "Unsupported"


async def test_slow_login_blocks_nobody(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a source of tokens takes its time, the loop answers others."""
    from ctadata_jlab.tokens.keeper import Keeper

    state, told = Keeper.state, threading.Event()

    def slow(self: Keeper) -> Any:
        told.wait(30)
        return state(self)

    monkeypatch.setattr(Keeper, "state", slow)
    waiting = asyncio.ensure_future(ask("sources"))
    assert (await ask("contents/sky/lst/a.txt")).status == 200
    assert not waiting.done()
    told.set()
    assert (await waiting).status == 200


async def test_the_agents_programs_hold_up_no_short_question(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may take minutes, if the agent hangs, and so have threads of their own."""
    threads: list[str] = []

    def note(*_: object) -> None:
        threads.append(threading.current_thread().name)

    monkeypatch.setattr(agent_login, "enter", note)
    monkeypatch.setattr(agent_login, "leave", note)
    for more in ({}, {"end": True}):
        answer = await ask("login/archive", "POST", {"password": "good enough", **more})
        assert (answer.status, answer.json["state"]) == (200, "missing")
    assert threads == ["ctadata-long"] * 2
