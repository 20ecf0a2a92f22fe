"""An account of oidc-agent, loaded or made by the agent's own programs, ``oidc-add`` and ``oidc-gen``, in the user's terminal.

They ask for the password that encrypts the account, and show the code to confirm. The client's secret goes to them in a file for this
user's eyes only, never on the command line (tried with 4.2.6).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotLoggedIn
from ctadata_jlab.tokens.agent_sockets import found_sockets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ctadata_jlab.tokens.oauth import Client

__all__ = ["AgentAccount", "running_agent"]


def running_agent(variables: Mapping[str, str] | None = None) -> Path | None:
    """Return the socket of the user's oidc-agent if one runs and its programs are here: ``OIDC_SOCK``'s, else the newest found."""
    known = os.environ if variables is None else variables
    if shutil.which("oidc-gen", path=known.get("PATH")) is None:
        return None
    if known.get("OIDC_SOCK"):
        return Path(known["OIDC_SOCK"])
    return next(iter(found_sockets(known)), None)


class AgentAccount:
    """The account called *name* of the agent at *socket*; *password_file* has its encryption password, else the programs ask for it."""

    def __init__(
        self,
        name: str,
        socket: Path,
        *,
        password_file: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._variables = {**(os.environ if variables is None else variables), "OIDC_SOCK": str(socket)}
        self._password = [] if password_file is None else [f"--pw-file={password_file}"]

    @property
    def file(self) -> Path:
        """Where oidc-agent keeps the account, encrypted."""
        home = Path(self._variables.get("HOME", "~")).expanduser()
        named = self._variables.get("OIDC_CONFIG_DIR", "")
        config = home / ".config"
        folder = config / "oidc-agent" if config.is_dir() else home / ".oidc-agent"
        return Path(named if named and Path(named).is_dir() else folder) / self._name

    def load(self) -> bool:
        """Have the agent load it; returns whether there is such an account. Raises `NotLoggedIn` if it cannot be loaded."""
        if not self.file.exists():
            return False
        if self._run("oidc-add", self._name, *self._password):
            raise NotLoggedIn(
                f"oidc-agent could not load the account {self._name}.", hint="Is the password right? Try again."
            )
        return True

    def make(self, client: Client, ca: str = "") -> None:
        """Have the agent make it for *client*: the user confirms a code. Raises `NotLoggedIn` if that came to nothing."""
        with tempfile.TemporaryDirectory(prefix="ctadata-") as folder:  # 0700
            settings = Path(folder, "client.json")
            settings.touch(mode=0o600)
            settings.write_text(json.dumps(_settings(self._name, client)))
            trust = [f"--cp={Path(ca).expanduser()}"] if ca else []
            words = ("--flow=device", "--no-url-call", "--prompt=none", "--redirect-url=", f"--scope={client.scope}")
            failed = self._run("oidc-gen", self._name, f"--file={settings}", *words, *trust, *self._password)
        if failed:
            raise NotLoggedIn(
                "oidc-gen did not log in; what it said is above.",
                hint="Try again, or without oidc-agent: `--built-in`.",
            )

    def remove(self) -> bool:
        """Have the agent forget it, and remove its file; returns whether there was one."""
        self._run("oidc-add", "--remove", self._name, quiet=True)
        is_there = self.file.exists()
        self.file.unlink(missing_ok=True)
        return is_there

    def _run(self, program: str, *words: str, quiet: bool = False) -> int:
        output = subprocess.DEVNULL if quiet else None  # the programs speak with the user
        try:
            return subprocess.run(
                [program, *words], env=self._variables, check=False, stdout=output, stderr=output
            ).returncode
        except OSError as error:
            raise Misconfigured(f"{program} cannot be started: {error.strerror}.", hint="Install oidc-agent.") from None


def _settings(name: str, client: Client) -> dict[str, object]:
    secret = {} if client.secret is None else {"client_secret": client.secret}
    return {
        "name": name,
        "issuer_url": client.issuer,
        "client_id": client.identity,
        **secret,
        "scope": client.scope,
        "redirect_uris": [],
    }
