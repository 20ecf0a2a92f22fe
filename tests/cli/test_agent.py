"""The old agent's commands, and a login through the real oidc-agent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from ctadata_jlab import config
from ctadata_jlab.foreground import agent as agents
from ctadata_jlab.session import Session
from ctadata_jlab.tokens.stored import load
from tests.e2e.server import REPOSITORY
from tests.rig.process import RigError, need
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from click.testing import Result

    from ctadata_jlab.tokens.device import Show
    from tests.cli.settings import Desk
    from tests.rig.agent import Agent
    from tests.rig.provider import Provider

CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


@pytest.fixture
def home(desk: Desk, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the profile folder of a user whose source `sky` belongs to the provider's confidential client of short tokens."""
    home = tmp_path / "home-of-agents"
    (home / ".config").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("OIDC_SOCK", raising=False)
    monkeypatch.setattr("ctadata_jlab.tokens.agent_account.found_sockets", lambda _: [])
    monkeypatch.setattr(agents, "_OLD_ONES", 0.5)
    settings = tmp_path / "agents.toml"
    settings.write_text(
        f'only = []\n[sources.sky]\nurl = "{desk.door.url}"\nca = "{provider.ca}"\n'
        f'[sources.sky.login]\nissuer = "{provider.issuer}"\nclient_id = "users-short"\naccount = "kk-sky"\n'
        'scope = "openid offline_access storage.read:/"\n'
    )
    monkeypatch.setenv("CTADATA_CONFIG", str(settings))
    yield home / ".config" / "cta-data"
    agents.stop_all()


@pytest.fixture
def confirming(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Confirm every code that the terminal shows."""
    from ctadata_jlab.cli import device

    codes: list[str] = []

    def confirmed(shown: Show) -> None:
        codes.append(shown.user_code)
        threading.Thread(target=provider.approve, args=(shown.user_code,), daemon=True).start()

    monkeypatch.setattr(device, "_show", confirmed)
    return codes


def _wait(is_so: Callable[[], bool], patience: float = 30) -> None:
    end = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_start_and_stop(
    home: Path, run: Callable[..., Result], confirming: list[str], provider: Provider, tmp_path: Path
) -> None:
    """Logs in, then keeps the token file fresh in a process of its own; a second start changes nothing; the stop file ends it."""
    secret = provider.as_client("users-short").client_secret
    result = run("start-agent", "-s", stdin=f"{secret}\n")
    assert result.exit_code == 0, result.output
    assert secret not in result.output
    assert len(confirming) == 1
    assert "warning" not in result.stderr
    assert (home / "agent.log").stat().st_mode & 0o777 == 0o600
    agent = agents.Agent(Session(config.load()).source("sky"))
    assert agent.is_running()
    assert run("start-agent").exit_code == 0
    mine = [one for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [""])[-1] == "agent"]
    assert len([one for one in mine if one.environ().get("HOME") == str(home.parents[1])]) == 1
    assert secret not in str([one.cmdline() for one in mine])
    (home / "cta_agent_stop").touch()  # as the old client does
    _wait(lambda: not agent.is_running())
    assert run("stop-agent").stdout == "No agent was running.\n"
    assert run("start-agent").exit_code == 0  # still logged in; the stop file of before does not end it
    assert len(confirming) == 1
    assert run("stop-agent").stdout == "1 agent has ended.\n"
    assert not (home / "cta_agent_stop").exists()


def test_a_secret_on_the_command_line(
    home: Path, run: Callable[..., Result], confirming: list[str], provider: Provider
) -> None:
    """As in the old guide: it is accepted, kept, and warned of."""
    secret = provider.as_client("users-short").client_secret
    result = run("start-agent", "-s", secret)
    assert result.exit_code == 0, result.output
    assert "others on this machine can see" in result.stderr
    assert secret not in result.output
    assert (home / "secret-sky").stat().st_mode & 0o777 == 0o600


def test_reset(home: Path, run: Callable[..., Result], confirming: list[str], provider: Provider) -> None:
    """Agents ended, the login revoked, token and secret gone; on a second time there is nothing to do."""
    short = provider.as_client("users-short")
    assert run("start-agent", "--reset_secret", stdin=f"{short.client_secret}\n").exit_code == 0
    stored = load(home / "refresh-sky")
    assert stored is not None
    result = run("reset-config")
    assert result.exit_code == 0, result.output
    left = {path.name for path in home.iterdir() if not path.name.endswith(".lock")}
    assert left <= {"agent.log"}
    with pytest.raises(RigError, match="invalid_grant"):
        short.post("token", grant_type="refresh_token", refresh_token=stored.refresh_token)
    assert run("reset-config").exit_code == 0


def test_a_login_that_ends_ends_the_agent(home: Path) -> None:
    """It says so and does not ask on and on."""
    said: list[str] = []
    agents.Agent(Session(config.load()).source("sky")).run(said.append, 0.1)
    assert "No usable token" in said[0]


def test_another_sources_token_reaches_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    """Scripts that only read the file get what the agent of the system has."""
    token = jwt(iss=provider.issuer, exp=time.time() + 900)
    monkeypatch.setenv("BEARER_TOKEN", token)
    agent = agents.Agent(Session(config.load()).source("sky"))
    running = threading.Thread(target=agent.run, args=(print, 0.1))
    running.start()
    _wait((home / "token-sky").exists)
    _wait(agent.is_running)
    assert agents.stop_all() == 1
    running.join(10)
    assert (home / "token-sky").read_text() == token + "\n"


# --- through oidc-agent


@pytest.fixture
def agents_user(home: Path, agent: Agent, provider: Provider) -> Mapping[str, str]:
    """Return the environment of a user with a running oidc-agent, whose terminal we read."""
    known = {"HOME": str(agent.socket.parent / "home"), "OIDC_SOCK": str(agent.socket)}
    return {**os.environ, **known, "CTADATA_CLIENT_SECRET_SKY": provider.as_client("users-short").client_secret}


def _terminal(words: list[str], environment: Mapping[str, str], provider: Provider) -> tuple[int, str, list[str]]:
    """Run the program, confirm what it shows; return its code, what it said, and all command lines of that time."""
    command = [sys.executable, "-m", "ctadata_jlab.cli", *words]
    seen: set[str] = set()
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, cwd=REPOSITORY, text=True, **output)  # type: ignore[call-overload]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            for one in psutil.process_iter(["cmdline"]):
                seen.update(one.info["cmdline"] or ())

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, found = "", None
    for line in process.stdout:
        said += line
        code = CODE.search(line)
        if code is not None and found is None:
            found = code.group()
            threading.Thread(target=provider.approve, args=(found,), daemon=True).start()
    status = process.wait(60)
    done.set()
    watcher.join()
    return status, said, sorted(seen)


def test_login_through_the_agent(agents_user: Mapping[str, str], agent: Agent, provider: Provider) -> None:
    """Where an agent runs, it makes the account with its own program; the secret is on no command line; a second time it is there."""
    password = agent.socket.parent / "password"
    words = ["--source", "sky", "login", "--pw-file", str(password)]
    status, said, lines = _terminal(words, agents_user, provider)
    secret = agents_user["CTADATA_CLIENT_SECRET_SKY"]
    assert status == 0, said
    assert "Logged in to sky as scientist" in said
    assert "oidc-gen" in lines
    assert not [line for line in lines if secret in line]
    assert secret not in said
    assert "kk-sky" in agent.ask(request="loaded_accounts")["info"]
    home = agent.socket.parent / "home"
    assert not (home / ".config/cta-data/refresh-sky").exists()
    assert not list(home.rglob("client.json"))
    printed = subprocess.run(
        [sys.executable, "-m", "ctadata_jlab.cli", "--source", "sky", "print-token"],
        env=agents_user, cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.strip() not in said
    status, said, lines = _terminal(words, agents_user, provider)
    assert (status, "oidc-gen" in lines) == (0, False), said
    kept = _refresh_token(agents_user, password)
    status, said, _ = _terminal(["--source", "sky", "reset-config", "--pw-file", str(password)], agents_user, provider)
    assert status == 0, said
    assert "kk-sky" not in agent.ask(request="loaded_accounts")["info"]
    assert not (home / ".config/oidc-agent/kk-sky").exists()
    with pytest.raises(RigError, match="invalid_grant"):
        provider.as_client("users-short").post("token", grant_type="refresh_token", refresh_token=kept)


@pytest.mark.parametrize("password", ["", "not known any more"])
def test_reset_of_an_account(agents_user: Mapping[str, str], agent: Agent, provider: Provider, password: str) -> None:
    """An account of the older client has no password, so it is revoked; another is removed all the same, without a question."""
    file = agent.socket.parent / "password-of-old"
    file.touch(mode=0o600)
    file.write_text(f"{password}\n")
    words = ["--source", "sky"]
    assert _terminal([*words, "login", "--pw-file", str(file)], agents_user, provider)[0] == 0
    kept = _refresh_token(agents_user, file)
    file.unlink()
    status, said, _ = _terminal([*words, "reset-config"], agents_user, provider)
    assert status == 0, said
    assert "Removed oidc-agent's account kk-sky" in said
    assert "kk-sky" not in agent.ask(request="loaded_accounts")["info"]
    short = provider.as_client("users-short")
    if password:
        assert short.post("token", grant_type="refresh_token", refresh_token=kept)
    else:
        with pytest.raises(RigError, match="invalid_grant"):
            short.post("token", grant_type="refresh_token", refresh_token=kept)


def _refresh_token(environment: Mapping[str, str], password: Path) -> str:
    """Return what the agent's account holds."""
    command = [need("oidc-gen"), "--print", "kk-sky", f"--pw-file={password}"]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return str(json.loads(shown)["refresh_token"])


def test_no_agent_though_one_is_wanted(home: Path, run: Callable[..., Result]) -> None:
    """It is said, and what to do instead."""
    result = run("login", "--agent")
    assert result.exit_code == 2
    assert "--built-in" in result.stderr
