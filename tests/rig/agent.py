"""oidc-agent, the very program that users have, with an account at the rig's provider."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.hunt import HUNTER
from tests.rig.process import RigError, need, running, tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.provider import Provider

__all__ = ["Agent", "add_account", "agent", "agent_running", "brief_account", "load_account"]

SCOPE = "openid offline_access storage.read:/ storage.modify:/"
USER_CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


@dataclass(frozen=True, slots=True)
class Agent:
    """A running oidc-agent: its socket, and the short name of the account it knows (tokens of 60 s)."""

    socket: Path
    account: str
    process: int = 0

    def kill(self) -> None:
        """Kill it and its helpers, as a reboot would; the socket stays."""
        os.killpg(self.process, signal.SIGKILL)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Have one conversation on the socket: plain JSON there and back."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.socket))
            connection.sendall(json.dumps(request).encode())
            answer = b""
            while not _is_whole(answer):
                answer += connection.recv(65536) or _hung_up(answer)
        result: dict[str, Any] = json.loads(answer)
        return result

    def token(self, min_valid_period: int = 0) -> str:
        """Return an access token that is valid at least *min_valid_period* seconds more."""
        answer = self.ask(
            request="access_token", account=self.account, min_valid_period=min_valid_period, application_hint="rig"
        )
        if answer["status"] != "success":
            raise RigError(str(answer))
        return str(answer["access_token"])


def _is_whole(answer: bytes) -> bool:
    try:
        json.loads(answer)
    except ValueError:
        return False
    return True


def _hung_up(answer: bytes) -> bytes:
    raise RigError(f"oidc-agent hung up after {answer!r}")


@contextmanager
def agent_running(folder: Path) -> Iterator[Agent]:
    """Run an agent of its own: home and temporary folder are in *folder*, nothing of the user's is touched.

    One that was run there before left its accounts, which are to be loaded again.
    """
    (folder / "home/.config/oidc-agent").mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / "password").exists():
        (folder / "password").touch(mode=0o600)
        (folder / "password").write_text(secrets.token_urlsafe())
    HUNTER.secrets.add((folder / "password").read_text())
    started = Agent(folder / "socket", "rig")
    command = [need("oidc-agent"), "--console", f"--socket-path={started.socket}"]
    env = _environment(folder, started)
    started.socket.unlink(missing_ok=True)
    with running(command, log=folder / "log", ready=started.socket.exists, env=env, folder=folder) as process:
        yield replace(started, process=process.pid)


@pytest.fixture(scope="session")
def agent(rig_folder: Path, provider: Provider) -> Iterator[Agent]:
    """Start an agent with an account of tokens of 60 s."""
    folder = rig_folder / "agent"
    with agent_running(folder) as started:
        add_account(started, provider.as_client("users-short"))
        yield started


@pytest.fixture(scope="session")
def brief_account(agent: Agent, provider: Provider) -> str:
    """Add an account whose tokens live for 15 s to the running agent; returns its short name."""
    brief = replace(agent, account="rig-brief")
    add_account(brief, provider.as_client("users-brief"))
    return brief.account


def _environment(folder: Path, started: Agent) -> dict[str, str]:
    home = str(folder / "home")
    return {"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": str(folder), "OIDC_SOCK": str(started.socket)}


def load_account(started: Agent) -> None:
    """Have an agent that was started anew load its account."""
    folder = started.socket.parent
    command = [need("oidc-add"), started.account, f"--pw-file={folder / 'password'}"]
    subprocess.run(command, env=_environment(folder, started), check=True, capture_output=True, timeout=60)


def add_account(started: Agent, provider: Provider) -> None:
    """Let oidc-gen ask for an account, and be the user who confirms it."""
    folder = started.socket.parent
    env = _environment(folder, started)
    settings = folder / f"client-{started.account}.json"
    settings.touch(mode=0o600)  # a secret on the command line would be for everybody to see
    client = {"client_id": provider.client_id, "client_secret": provider.client_secret}
    settings.write_text(
        json.dumps({"name": started.account, "issuer_url": provider.issuer, "redirect_uris": [], **client})
    )
    command = [
        *(need("oidc-gen"), started.account, f"--file={settings}", "--flow=device", "--no-url-call", "--prompt=none"),
        *("--redirect-url=", f"--scope={SCOPE}", f"--cp={provider.ca}", f"--pw-file={folder / 'password'}"),
    ]
    log = folder / f"gen-{started.account}.log"

    def code() -> re.Match[str] | None:
        return USER_CODE.search(log.read_text(errors="replace"))

    with running(command, log=log, ready=lambda: code() is not None, env=env, folder=folder) as process:
        found = code()
        provider.approve(found.group() if found else "")
        try:
            status = process.wait(60)
        except subprocess.TimeoutExpired:
            raise RigError(f"oidc-gen does not end:\n{tail(log)}") from None
    if status:
        raise RigError(f"oidc-gen ended with {status}:\n{tail(log)}")
