"""A login by code through the whole product: a real provider, a real door, a server and a command line of their own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from ctadata_jlab.tokens.stored import load
from tests.e2e.server import REPOSITORY, serving
from tests.rig.agent import add_account, agent_running, load_account
from tests.rig.process import RigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.server import Client
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

SCOPE = "openid offline_access storage.read:/ storage.modify:/"


@pytest.fixture
def short(provider: Provider) -> Provider:
    return provider.as_client("users-short")


@pytest.fixture
def server(tmp_path: Path, xrootd: Door, short: Provider) -> Iterator[Client]:
    config = (
        f'only = []\n[sources.grid]\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n[sources.grid.login]\n'
        f'issuer = "{short.issuer}"\nclient_id = "users-short"\nscope = "{SCOPE}"\n'
    )
    with serving(tmp_path, config, environment={"CTADATA_CLIENT_SECRET_GRID": short.client_secret}) as client:
        yield client


def _wait(client: Client, state: str) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        said = client.get("login/grid")
        if said["state"] == state and said["pending"] is None:
            return said
        time.sleep(0.1)
    raise AssertionError(said)


def _log_in(client: Client, provider: Provider) -> str:
    started = client.ask("POST", "login/grid", json={})
    assert started.status_code == 200, started.text
    provider.approve(started.json()["user_code"])
    return started.text + str(_wait(client, "ok"))


def _command_line(tmp_path: Path, secret: str, *words: str) -> subprocess.CompletedProcess[str]:
    places = {"HOME": tmp_path / "home", "CTADATA_CONFIG": tmp_path / "ctadata.toml"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEARER_", "OIDC_", "JUPYTER"))}
    env = {**clean, **{name: str(place) for name, place in places.items()}, "CTADATA_CLIENT_SECRET_GRID": secret}
    command = [sys.executable, "-m", "ctadata_jlab.cli", *words]
    return subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)


def test_from_nothing_to_a_listing_and_out(server: Client, tmp_path: Path, xrootd: Door, short: Provider) -> None:
    """Nothing set up, one code: the door opens, for the command line, too; tokens are renewed; logging out closes it everywhere."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    refused = server.ask("GET", f"listing/grid{folder}")
    assert (refused.status_code, refused.json()["error"]) == (403, "NotLoggedIn")
    said = _log_in(server, short)
    assert server.names("grid", folder) == ["a.txt"]
    home = tmp_path / "home" / ".config" / "cta-data"
    stored = load(home / "refresh-grid")
    assert stored is not None
    secrets = {stored.refresh_token, (home / "token-grid").read_text().strip(), short.client_secret}

    listed = _command_line(tmp_path, short.client_secret, "list", folder)
    assert listed.stdout == "a.txt\n", listed.stderr

    # A token at its end, as after a minute without anybody asking: who asks first renews it, the other finds it.
    (home / "token-grid").write_text(short.token(SCOPE, lifetime=1) + "\n")
    time.sleep(1.1)
    printed = _command_line(tmp_path, short.client_secret, "print-token")
    assert printed.returncode == 0, printed.stderr
    assert server.names("grid", folder) == ["a.txt"]
    assert (home / "token-grid").read_text() == printed.stdout
    renewed = load(home / "refresh-grid")
    assert renewed is not None
    assert renewed.refresh_token != stored.refresh_token
    secrets |= {renewed.refresh_token, printed.stdout.strip()}

    assert server.ask("DELETE", "login/grid").status_code == 204
    assert server.ask("GET", f"listing/grid{folder}?fresh=1").json()["error"] == "NotLoggedIn"
    assert _command_line(tmp_path, short.client_secret, "list", folder).returncode == 3
    with pytest.raises(RigError, match="invalid_grant"):
        short.post("token", grant_type="refresh_token", refresh_token=renewed.refresh_token)
    _hunt(secrets, tmp_path, server, said + listed.stdout + listed.stderr + printed.stderr)


def test_what_waited_goes_on(server: Client, xrootd: Door, short: Provider) -> None:
    """A transfer that meets no login waits for it, and goes on by itself when somebody has logged in."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    job = server.job("download", "grid", f"{folder}/a.txt", to=("local", "/"))
    assert (job["state"], job["reason"]) == ("blocked", "login")
    _log_in(server, short)
    end = time.monotonic() + 30
    while job["state"] != "done" and time.monotonic() < end:
        time.sleep(0.1)
        job = server.get(f"jobs/{job['id']}")
    assert job["state"] == "done", job
    assert (server.workspace / "a.txt").read_bytes() == b"alpha"


def test_what_waited_for_the_agent_goes_on(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, xrootd: Door, short: Provider
) -> None:
    """Whose agent was killed loses no transfer: it waits, and goes on by itself when the agent is back."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    place = tmp_path_factory.mktemp("a")
    with agent_running(place) as agent:
        add_account(agent, short)
        config = (
            f'only = []\n[sources.grid]\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n[sources.grid.login]\n'
            f'issuer = "{short.issuer}"\naccount = "{agent.account}"\n'
        )
        with serving(tmp_path, config, environment={"OIDC_SOCK": str(agent.socket)}) as client:
            agent.kill()
            job = client.job("download", "grid", f"{folder}/a.txt", to=("local", "/"))
            assert (job["state"], job["reason"]) == ("blocked", "login")
            assert "oidc-agent at" in job["error"]["message"]
            with agent_running(place) as again:
                load_account(again)
                end = time.monotonic() + 120
                while job["state"] != "done" and time.monotonic() < end:
                    time.sleep(0.2)
                    client.get("login/grid")  # as the badge does; without it, it is noticed within half a minute
                    job = client.get(f"jobs/{job['id']}")
            assert job["state"] == "done", job
            assert (client.workspace / "a.txt").read_bytes() == b"alpha"


def _hunt(secrets: set[str], folder: Path, server: Client, said: str) -> None:
    """Look for secrets in what was said, in every file, and in the command lines of all processes."""
    lines = [word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or ()]
    everything = "\n".join([said, server.log.read_text(errors="replace"), *lines])
    assert not [secret[:12] for secret in secrets if secret in everything]
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        text = file.read_bytes()
        if any(secret.encode() in text for secret in secrets):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
            assert file.name in {"token-grid", "refresh-grid"}


def test_the_code_on_the_way(server: Client, short: Provider, tmp_path: Path) -> None:
    """While a login waits, the device code is nowhere: not in answers, logs or files; a second page gets the same code."""
    first, second = (server.ask("POST", "login/grid", json={}).json() for _ in range(2))
    assert first["user_code"] == second["user_code"]
    assert set(first) == {"user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"}
    assert "device_code" not in server.log.read_text()
    assert not list((tmp_path / "home" / ".config").rglob("*grid*"))
    assert server.ask("DELETE", "login/grid").status_code == 204
    assert server.get("login/grid")["pending"] is None
    short.refuse(server.ask("POST", "login/grid", json={}).json()["user_code"])
    assert "declined" in _wait(server, "missing")["problem"]["message"]


def test_a_broken_client_is_told(tmp_path: Path, xrootd: Door, short: Provider) -> None:
    """Settings without the secret: the answer says what is missing, and who has it."""
    config = (
        f'only = []\n[sources.grid]\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n'
        f'[sources.grid.login]\nissuer = "{short.issuer}"\nclient_id = "users-short"\n'
    )
    with serving(tmp_path, config) as client:
        answer = client.ask("POST", "login/grid", json={})
    assert (answer.status_code, answer.json()["error"]) == (400, "Misconfigured")
    assert "secret" in answer.json()["hint"]
