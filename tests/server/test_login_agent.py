"""`login/…` through the user's oidc-agent: the real agent, the rig's real provider, and the person who confirms."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from ctadata_jlab.session import Source
from ctadata_jlab.tokens import FirstOf
from ctadata_jlab.tokens.agent import OidcAgent
from ctadata_jlab.tokens.agent_login import AgentLogin
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.pending import ByCode, Pending
from tests.hunt import MINTED
from tests.rig.agent import agent_running
from tests.rig.process import RigError
from tests.server.fakes import FakeSession, Flaky
from tests.tokens.logins import refresh_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.agent import Agent
    from tests.rig.provider import Provider
    from tests.server.fakes import FakeEngine

NAME = "grid"


@pytest.fixture
def short(provider: Provider) -> Provider:
    return provider.as_client("users-short")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of the user's agent, and home."""
    (tmp_path / "agents").mkdir()
    return tmp_path / "agents"


@pytest.fixture
def running(place: Path, jp_environ: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """An agent that knows nobody, in a home that is its user's, too."""
    with agent_running(place) as started:
        monkeypatch.setenv("HOME", str(place / "home"))
        monkeypatch.setenv("OIDC_SOCK", str(started.socket))
        monkeypatch.delenv("OIDC_CONFIG_DIR", raising=False)
        yield started


@pytest.fixture
def password(place: Path, running: Agent) -> str:
    return (place / "password").read_text()


@pytest.fixture
def login(tmp_path: Path, short: Provider) -> Pending:
    return Pending(refresh_at(tmp_path, short))


@pytest.fixture
def session(engine: FakeEngine, login: Pending, short: Provider, running: Agent) -> FakeSession:
    kept, door = login.kept, Flaky({"/a": b"1"})
    keeper = Keeper(FirstOf([kept, kept.shared, OidcAgent(NAME)]))
    by_agent = AgentLogin(NAME, kept.client, kept.ask, str(short.ca), kept, login)
    file = kept.shared.path
    source = Source("dcache", "dCache", "webdav", door, door, keeper, token_file=file, login=login, agent=by_agent)  # type: ignore[arg-type]
    alone = Keeper(OidcAgent(NAME, optional=False))
    only = replace(by_agent, ours=None, pending=ByCode(kept.client, kept.ask))
    other = Source("agents", "Agent's alone", "webdav", door, door, alone, agent=only)  # type: ignore[arg-type]
    return FakeSession({"dcache": source, "agents": other}, engine)


async def _over(ask: Any, name: str = "dcache") -> Any:
    """Wait until the login is over, and return how it stands."""
    for _ in range(600):
        said = (await ask(f"login/{name}")).json
        if said["pending"] is None:
            return said
        await asyncio.sleep(0.05)
    raise AssertionError(said)


async def _post(ask: Any, **fields: Any) -> Any:
    return await ask("login/dcache", "POST", fields)


async def _confirmed(ask: Any, short: Provider, password: str) -> Any:
    started = await _post(ask, password=password)
    assert started.status == 200, started.json
    await asyncio.to_thread(short.approve, started.json["user_code"])
    return await _over(ask)


def _minted(provider: Provider) -> list[str]:
    return provider.manners_file.with_name(MINTED).read_text().split()


def _last_refresh(provider: Provider) -> str:
    return next(one for one in reversed(_minted(provider)) if not one.startswith("eyJ"))


def _is_revoked(short: Provider, token: str) -> bool:
    try:
        short.post("token", grant_type="refresh_token", refresh_token=token)
    except RigError as error:
        return "invalid_grant" in str(error)
    return False


class _Watch:
    """Looks at all command lines, again and again."""

    def __init__(self) -> None:
        self.lines: set[str] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._done.wait(0.02):
            for one in psutil.process_iter(["cmdline"]):
                self.lines.update(one.info["cmdline"] or ())


async def test_its_life(
    ask: Any,
    short: Provider,
    login: Pending,
    running: Agent,
    place: Path,
    password: str,
    session: FakeSession,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Made by a code, kept by the agent alone; loaded again by the password after a restart, made anew where asked for, and ended."""
    caplog.set_level("DEBUG")
    file = place / "home/.config/oidc-agent" / NAME
    said: list[bytes] = []

    async def note(**fields: Any) -> Any:
        answer = await _post(ask, **fields)
        said.append(answer.body)
        return answer

    code = (await _post(ask)).json["user_code"]  # a login of before, without the agent
    await asyncio.to_thread(short.approve, code)
    assert (await _over(ask))["source"] == "login"
    assert (await ask("login/dcache")).json["agent"] == {"account": NAME, "exists": False}
    with _Watch() as watch:
        started = await note(password=password)
        assert started.json["expires_in"] > 0
        assert (await ask("login/dcache")).json["agent"] is None
        await asyncio.to_thread(short.approve, started.json["user_code"])
        done = await _over(ask)
    assert (done["state"], done["subject"], done["source"], done["problem"]) == ("ok", "scientist", "oidc-agent", None)
    assert done["agent"] == {"account": NAME, "exists": True}
    assert "oidc-agent" in done["kept"]
    assert NAME in running.ask(request="loaded_accounts")["info"]
    assert not login.kept.place.exists()
    assert not login.kept.shared.path.exists()
    assert "oidc-gen" in watch.lines
    first = file.read_bytes()

    # The agent is started anew: the account is there, and is opened by its password, without a code.
    running.kill()
    with agent_running(place):
        keeper = session.sources["dcache"].keeper
        assert keeper is not None
        keeper.look_again()
        assert (await ask("login/dcache")).json["state"] == "missing"
        wrong = await note(password="not this one at all")
        assert (wrong.status, wrong.json["error"]) == (403, "NotLoggedIn")
        assert "does not open" in wrong.json["message"]
        assert all(one in wrong.json["hint"] for one in ("without the tick", "login --built-in", "reset-config"))
        assert file.read_bytes() == first
        opened = await note(password=password)
        assert (opened.json["state"], opened.json["source"]) == ("ok", "oidc-agent")

        # Again, though it is logged in: another login in its place.
        assert "does not open" in (await note(password="nor this")).json["message"]
        again = await _confirmed(ask, short, password)
        assert (again["state"], again["source"]) == ("ok", "oidc-agent")

        # Out.
        refused = await note(password="wrong", end=True)
        assert (refused.status, file.exists()) == (403, True)
        last = _minted(short)
        out = await note(password=password, end=True)
        assert (out.json["state"], file.exists()) == ("missing", False)
        assert out.json["agent"] == {"account": NAME, "exists": False}
        assert _is_revoked(short, next(one for one in reversed(last) if not one.startswith("eyJ")))
        assert (await note(password=password, end=True)).json["error"] == "NotFound"
    shown = b"".join(said).decode() + caplog.text + "\n".join(watch.lines)
    assert not [one[:4] for one in {password, short.client_secret, *_minted(short)} if one in shown]
    files = [one for one in place.parent.rglob("*") if one.is_file() and one.name != "password"]
    assert not [one for one in files if password.encode() in one.read_bytes()]


async def test_what_goes_wrong(
    ask: Any, short: Provider, running: Agent, place: Path, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declined, run out, given up, a provider that is away, no room, an agent that is killed meanwhile: each is told, nothing is left."""
    monkeypatch.setattr("ctadata_jlab.tokens.oauth._PATIENCE", (0.01, 0.01))
    code = (await _post(ask, password=password)).json["user_code"]
    await asyncio.to_thread(short.refuse, code)
    assert "declined" in (await _over(ask))["problem"]["message"]
    with short.manners(code=2):
        await _post(ask, password=password)
        assert "expired" in (await _over(ask))["problem"]["message"]
    given_up = (await _post(ask, password=password)).json["user_code"]
    assert (await _post(ask, password=password)).json["user_code"] == given_up  # another page asks for the same
    elsewhere = await _post(ask)
    assert (elsewhere.json["error"], "under way" in elsewhere.json["message"]) == ("Busy", True)
    assert (await ask("login/dcache", "DELETE")).status == 204
    assert (await _over(ask))["problem"] is None
    with short.outage():
        away = await _post(ask, password=password)
    assert (away.status, away.json["error"]) == (502, "Unreachable")
    code = (await _post(ask, password=password)).json["user_code"]
    with monkeypatch.context() as full:
        full.setattr("tempfile.tempdir", str(place / "gone"))
        await asyncio.to_thread(short.approve, code)
        problem = (await _over(ask))["problem"]
    assert "No temporary file can be written" in problem["message"]
    assert _is_revoked(short, _last_refresh(short))
    code = (await _post(ask, password=password)).json["user_code"]
    running.kill()
    await asyncio.to_thread(short.approve, code)
    problem = (await _over(ask))["problem"]
    assert "oidc-agent" in problem["message"]
    assert "run any more" in problem["message"]
    assert _is_revoked(short, _last_refresh(short))
    gone = await _post(ask, password=password)
    assert (gone.status, gone.json["message"]) == (403, "No oidc-agent runs here.")
    assert (await ask("login/dcache")).json["agent"] is None
    assert not (place / "home/.config/oidc-agent" / NAME).exists()
    assert (await _post(ask)).json["user_code"]  # without it


async def test_the_agent_alone(ask: Any, short: Provider, running: Agent, password: str) -> None:
    """Where the settings want the agent and nothing else, the panel logs in through it, gives up and ends it, and keeps nothing itself."""
    first = (await ask("login/agents")).json
    assert (first["state"], first["device"], first["agent"]) == ("error", False, {"account": NAME, "exists": False})
    assert (await ask("login/agents", "POST", {})).json["error"] == "Unsupported"
    assert (await ask("login/agents", "POST", {"password": password})).json["user_code"]
    assert (await ask("login/agents", "DELETE")).status == 204
    started = await ask("login/agents", "POST", {"password": password})
    await asyncio.to_thread(short.approve, started.json["user_code"])
    done = await _over(ask, "agents")
    assert (done["state"], done["source"], done["problem"]) == ("ok", "oidc-agent", None)
    out = await ask("login/agents", "POST", {"password": password, "end": True})
    assert (out.json["state"], out.json["agent"]["exists"]) == ("error", False)


BAD: tuple[dict[str, Any], ...] = (
    {"password": ""},
    {"password": 7},
    {"password": None},
    {"password": "two\nlines"},
    {"password": "x\0"},
    {"password": "x" * 2000},
    {"password": "good enough", "end": "yes"},
    {"password": "good enough", "token": "abc"},
    {"end": True},
)


async def test_bad_password(ask: Any, login: Pending) -> None:
    """What is no password, none for a new account, or more than that, begins nothing and is not repeated."""
    for fields in BAD:
        answer = await _post(ask, **fields)
        assert (answer.status, answer.json["error"]) == (400, "BadRequest"), fields
        assert b"good enough" not in answer.body
        assert login.show is None
