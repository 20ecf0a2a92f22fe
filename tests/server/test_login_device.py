"""`login/…` by device code: the rig's real provider behind the extension, and the person who confirms."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from ctadata_jlab.errors import Forbidden, NotLoggedIn, Unreachable
from ctadata_jlab.session import Source
from ctadata_jlab.tokens import FirstOf
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.oauth import Answer, Get
from ctadata_jlab.tokens.pending import Pending
from ctadata_jlab.tokens.stored import load
from tests.rig.process import RigError
from tests.server.fakes import FakeSession, Flaky
from tests.server.test_events import Bus
from tests.tokens.logins import refresh_at
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig.provider import Provider
    from tests.server.fakes import FakeEngine

PENDING = {"user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"}


@pytest.fixture
def short(provider: Provider) -> Provider:
    return provider.as_client("users-short")


@pytest.fixture
def login(tmp_path: Path, short: Provider) -> Pending:
    return Pending(refresh_at(tmp_path, short))


@pytest.fixture
def door() -> Flaky:
    return Flaky({"/a": b"1"})


@pytest.fixture
def session(engine: FakeEngine, login: Pending, door: Flaky) -> FakeSession:
    kept = login.kept
    keeper = Keeper(FirstOf([kept, kept.shared]))
    file = kept.shared.path
    source = Source("dcache", "dCache", "webdav", door, cast("Any", door), keeper, token_file=file, login=login)
    return FakeSession({"dcache": source}, engine)


async def _state(ask: Any, wanted: str) -> Any:
    for _ in range(200):
        said = (await ask("login/dcache")).json
        if said["pending"] is None and said["state"] == wanted:
            return said
        await asyncio.sleep(0.05)
    raise AssertionError(said)


async def _approve(provider: Provider, code: str, deed: str = "approve") -> None:
    await asyncio.to_thread(getattr(provider, deed), code)


async def test_login_and_log_out(
    ask: Any, jp_ws_fetch: Any, short: Provider, login: Pending, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """A code, a confirmation, and all is told; logging out takes it back at the provider, too. No secret is said anywhere."""
    caplog.set_level("DEBUG")
    first = (await ask("login/dcache")).json
    assert (first["state"], first["device"], first["pending"], first["problem"]) == ("missing", True, None, None)
    bus = Bus(await jp_ws_fetch("api", "events", "subscribe"))
    started = await ask("login/dcache", "POST", {})
    assert (started.status, set(started.json)) == (200, PENDING)
    assert 0 < started.json["expires_in"] <= 600
    meanwhile = await ask("login/dcache")
    assert meanwhile.json["pending"]["user_code"] == started.json["user_code"]
    await _approve(short, started.json["user_code"])
    event = await bus.next("login")
    assert (event["source"], event["state"]) == ("dcache", "ok")
    done = await _state(ask, "ok")
    for _ in range(100):  # it is woken right after the pages are told
        await asyncio.sleep(0 if engine.woken else 0.05)
    assert engine.woken == ["dcache"]
    assert (done["subject"], done["source"], done["problem"]) == ("scientist", "login", None)
    stored = load(login.kept.place)
    assert stored is not None
    assert stat.S_IMODE(login.kept.place.stat().st_mode) == 0o600
    access = login.kept.shared.path.read_text().strip()
    assert (await ask("login/dcache", "DELETE")).status == 204
    assert (await bus.next("login"))["state"] == "missing"
    with pytest.raises(RigError, match="invalid_grant"):
        short.post("token", grant_type="refresh_token", refresh_token=stored.refresh_token)
    said = "".join((started.body.decode(), meanwhile.body.decode(), json.dumps(done), json.dumps(event), caplog.text))
    for secret in (stored.refresh_token, access, short.client_secret):
        assert secret not in said


async def test_one_login_however_many_ask(ask: Any, short: Provider) -> None:
    """Pages that ask at the same time show the same code; after it is used, the next is another one."""
    answers = await asyncio.gather(*(ask("login/dcache", "POST", body=body) for body in ("", "{}", " { } ", "")))
    codes = {answer.json["user_code"] for answer in answers}
    assert len(codes) == 1
    await _approve(short, codes.pop())
    await _state(ask, "ok")
    assert (await ask("login/dcache", "POST", {})).json["user_code"] not in codes


async def test_cancelled(ask: Any, login: Pending) -> None:
    """A login is given up without logging anybody out, and without a complaint."""
    await ask("login/dcache", "POST", {})
    assert (await ask("login/dcache", "DELETE")).status == 204
    said = await _state(ask, "missing")
    assert said["problem"] is None
    assert not login.kept.place.exists()


async def test_declined(ask: Any, jp_ws_fetch: Any, short: Provider) -> None:
    """Why it came to nothing is told in words, until the next login."""
    bus = Bus(await jp_ws_fetch("api", "events", "subscribe"))
    code = (await ask("login/dcache", "POST", {})).json["user_code"]
    await _approve(short, code, "refuse")
    assert (await bus.next("login"))["state"] == "missing"
    problem = (await _state(ask, "missing"))["problem"]
    assert (problem["error"], "declined" in problem["message"]) == ("NotLoggedIn", True)
    await ask("login/dcache", "POST", {})
    assert (await ask("login/dcache")).json["problem"] is None


async def test_provider_gone(ask: Any, login: Pending, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a provider there is no code but an error that says so; the log-out works all the same."""
    monkeypatch.setattr("ctadata_jlab.tokens.oauth._PATIENCE", (0.01, 0.01))
    login.kept.ask = lambda _: None
    answer = await ask("login/dcache", "POST", {})
    assert (answer.status, answer.json["error"], answer.json["retryable"]) == (502, "Unreachable", True)
    assert (await ask("login/dcache", "DELETE")).status == 204


async def test_provider_wants_a_secret(ask: Any, login: Pending) -> None:
    """The browser is told that a secret is missing and where it is asked for; it never takes one."""
    issuer = login.kept.client().issuer
    places = ("token_endpoint", "device_authorization_endpoint")
    document = Answer(200, {"issuer": issuer, **dict.fromkeys(places, f"{issuer}/any")})
    no = Answer(401, {"error": "invalid_client"})
    login.kept.ask = lambda step: document if isinstance(step, Get) else no
    answer = await ask("login/dcache", "POST", {})
    assert (answer.status, answer.json["error"]) == (400, "Misconfigured")
    assert "secret" in answer.json["hint"]
    assert (await ask("login/dcache", "POST", {"client_secret": "s"})).status == 400


# --- by hand


async def test_pasted_token_is_tried(ask: Any, login: Pending, door: Flaky) -> None:
    """A token that the door refuses replaces nothing; one that it could not be asked about is kept."""
    file = login.kept.shared.path
    good, bad = (jwt(sub=sub, exp=time.time() + 3600) for sub in ("good", "bad"))
    assert (await ask("login/dcache", "POST", {"token": good})).json["subject"] == "good"
    door.error = NotLoggedIn("The server wants a valid token.")
    answer = await ask("login/dcache", "POST", {"token": bad})
    assert (answer.status, answer.json["error"]) == (403, "NotLoggedIn")
    assert file.read_text() == good + "\n"
    for error in (Unreachable("The door is closed."), Forbidden("Not your folder.")):
        door.error = error
        assert (await ask("login/dcache", "POST", {"token": bad})).json["subject"] == "bad"
        assert file.read_text() == bad + "\n"
        file.write_text(good + "\n")


async def test_first_token_refused(ask: Any, login: Pending, door: Flaky) -> None:
    """Where there was no token before there is none after."""
    door.error = NotLoggedIn("The server wants a valid token.")
    assert (await ask("login/dcache", "POST", {"token": "opaque-and-refused"})).status == 403
    assert not login.kept.shared.path.exists()
    assert (await ask("login/dcache")).json["state"] == "missing"


@pytest.mark.parametrize("value", ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJh.c2ln", "eyJhbGciOi.!!.x"])
async def test_damaged_token(ask: Any, login: Pending, value: str) -> None:
    """What looks like a JWT and cannot be read was not copied whole; it is not repeated."""
    answer = await ask("login/dcache", "POST", {"token": value})
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert value.encode() not in answer.body
    assert not login.kept.shared.path.exists()
