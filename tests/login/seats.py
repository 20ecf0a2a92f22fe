"""Where a user sits as they log in: at a terminal or in a notebook; by our own flow or through an oidc-agent of theirs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pexpect
from jupyter_client.manager import KernelManager

from ctadata_jlab.tokens.stored import load
from tests.rig.process import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.rig.agent import Agent
    from tests.rig.provider import Provider

__all__ = ["REPOSITORY", "Machine", "Notebook", "Said", "Seat", "Terminal"]

REPOSITORY = Path(__file__).parents[2]
PASSWORD = r"assword with which oidc-agent encrypts [^:\r\n]*: |Repeat for confirmation: "
CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


@dataclass(frozen=True)
class Said:
    """Whether a command did what it was to do, and all that was shown meanwhile."""

    ok: bool
    text: str


class Seat(Protocol):
    """A place where commands are given, in the words of ``ctadata-jlab`` and ``%dcache`` alike."""

    machine: Machine

    def do(self, words: str, person: Callable[[str], object] = print) -> Said:
        """Give a command; *person* is told the code that is shown."""
        ...


@dataclass(frozen=True)
class Machine:
    """One user's home and settings; with an *agent*, the source `grid` names an account of it."""

    folder: Path
    client: Provider
    agent: Agent | None = None

    def settle(self, url: str) -> None:
        """Write the settings for the door at *url*."""
        (self.folder / "home" / ".config").mkdir(parents=True, exist_ok=True)
        account = 'account = "grid"\n' if self.agent else ""
        self.settings.write_text(
            f'only = []\n[sources.grid]\nurl = "{url}"\nca = "{self.client.ca}"\n[sources.grid.login]\n'
            f'issuer = "{self.client.issuer}"\nclient_id = "{self.client.client_id}"\n{account}'
            'scope = "openid offline_access storage.read:/"\n'
        )

    @property
    def settings(self) -> Path:
        return self.folder / "ctadata.toml"

    @property
    def profile(self) -> Path:
        """The folder of tokens and logins."""
        return self.folder / "home" / ".config" / "cta-data"

    @property
    def password(self) -> str:
        """What the user's agent encrypts its accounts with."""
        return (self.folder / "password").read_text()

    @property
    def environment(self) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BEARER_", "OIDC_", "JUPYTER", "CTADATA_", "XDG_", "PYTEST_"))
        }
        agent = {} if self.agent is None else {"OIDC_SOCK": str(self.agent.socket)}
        home = {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder)}
        ours = {"CTADATA_CONFIG": str(self.settings), "PYTHONPATH": str(REPOSITORY)}
        return {**clean, **home, **agent, **ours}

    @property
    def refresh_token(self) -> str:
        """The refresh token that is kept, by us or by the agent."""
        if self.agent is None or (self.profile / "refresh-grid").exists():
            stored = load(self.profile / "refresh-grid")
            return "" if stored is None else stored.refresh_token
        command = [need("oidc-gen"), "--print", "grid", f"--pw-file={self.folder / 'password'}"]
        shown = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout
        return str(json.loads(shown)["refresh_token"])


class Terminal:
    """A terminal: each command is a process of its own, with a person at the keyboard."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def do(self, words: str, person: Callable[[str], object] = print) -> Said:
        talk = pexpect.spawn(
            sys.executable,
            ["-m", "ctadata_jlab.cli", *words.split()],
            env=self.machine.environment,
            cwd=str(self.machine.folder),
            encoding="utf-8",
            timeout=30,
            dimensions=(60, 200),
        )
        text, is_told = "", False
        while True:
            seen = talk.expect(
                [
                    pexpect.EOF,
                    CODE,
                    r"Client secret \(not shown\): ",
                    PASSWORD,
                    pexpect.TIMEOUT,
                ]
            )
            text += talk.before + (talk.after if isinstance(talk.after, str) else "")
            if seen == 0:
                break
            assert seen != 4, f"it waits for something: {text}"
            if seen == 1:
                if not is_told:
                    person(talk.after)
                is_told = True
            else:
                assert talk.waitnoecho(30)
                talk.sendline(self.machine.client.client_secret if seen == 2 else self.machine.password)
        talk.close()
        return Said(talk.exitstatus == 0, text)


@dataclass
class Notebook:
    """A kernel of its own; all its commands are ``%dcache …``. `kept` is what the notebook's file would hold."""

    machine: Machine
    kept: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[Notebook]:
        manager = KernelManager()
        assert manager.kernel_spec is not None
        manager.kernel_spec.argv[0] = sys.executable
        manager.start_kernel(cwd=str(self.machine.folder), env=self.machine.environment)
        self._client = manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=120)
            assert self._run("%load_ext ctadata_jlab", print).ok
            yield self
        finally:
            self._client.stop_channels()
            manager.shutdown_kernel(now=True)

    def do(self, words: str, person: Callable[[str], object] = print) -> Said:
        return self._run(f"%dcache {words}", person)

    def forget(self) -> None:
        """Have the kernel look for its token anew, as it does every half a minute."""
        look = 'foreground.shared_session().source("grid").keeper.look_again()'
        assert self._run(f"from ctadata_jlab import foreground\n{look}", print).ok

    def _run(self, cell: str, person: Callable[[str], object]) -> Said:
        said: list[str] = []
        told = threading.Event()

        def take(message: Mapping[str, Any]) -> None:
            content = message["content"]
            self.kept.append(dict(content))
            said.append(content.get("text", "") + "\n".join(content.get("traceback", [])))
            said.append(content.get("data", {}).get("text/plain", ""))
            said.append(content.get("data", {}).get("text/html", ""))
            found = CODE.search("".join(said)) if "enter the code" in "".join(said) else None
            if found and not told.is_set():
                told.set()
                person(found.group())

        def answer(message: Mapping[str, Any]) -> None:
            assert message["content"]["password"]
            is_secret = "Client secret" in message["content"]["prompt"]
            self._client.input(self.machine.client.client_secret if is_secret else self.machine.password)

        reply = self._client.execute_interactive(
            cell, timeout=120, output_hook=take, stdin_hook=answer, allow_stdin=True, store_history=True
        )
        return Said(reply["content"]["status"] == "ok", "".join(said))
