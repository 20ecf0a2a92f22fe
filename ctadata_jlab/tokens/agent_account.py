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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotLoggedIn
from ctadata_jlab.tokens.agent_sockets import found_sockets, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.tokens.oauth import Client

__all__ = ["AgentAccount", "running_agent"]


_ADD = ("oidc-add", "--pw-store")


def running_agent(variables: Mapping[str, str] | None = None) -> Path | None:
    """Return the socket of the user's oidc-agent if one runs and its programs are here: ``OIDC_SOCK``'s, else the newest found."""
    known = os.environ if variables is None else variables
    if shutil.which("oidc-gen", path=known.get("PATH")) is None:
        return None
    named = known.get("OIDC_SOCK")
    return next(filter(is_alive, [Path(named)] if named else found_sockets(known)), None)


class AgentAccount:
    """The account called *name* of the agent at *socket*.

    The password that encrypts it is in *password_file*, else *ask_password* is asked for it, once, and told whether it is a new one.
    The agent keeps it while it runs: where each refresh token serves once, it has to write down the next one.
    """

    def __init__(
        self,
        name: str,
        socket: Path,
        *,
        password_file: Path | None = None,
        ask_password: Callable[[bool], str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._variables = {**(os.environ if variables is None else variables), "OIDC_SOCK": str(socket)}
        self._password_file = password_file
        self._ask_password = ask_password
        self._asked: str | None = None

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
        with self._password() as password:
            failed = self._run(*_ADD, self._name, *password)
        if failed:
            raise NotLoggedIn(
                f"oidc-agent could not load the account {self._name}.", hint="Is the password right? Try again."
            )
        return True

    def make(self, client: Client, ca: str = "") -> None:
        """Have the agent make it for *client*: the user confirms a code. Raises `NotLoggedIn` if that came to nothing."""
        trust = [f"--cp={Path(ca).expanduser()}"] if ca else []
        words = ("--flow=device", "--no-url-call", "--prompt=none", "--redirect-url=", f"--scope={client.scope}")
        settings = json.dumps(_settings(self._name, client))
        with _private("client.json", settings) as file, self._password(new=True) as password:
            failed = self._run("oidc-gen", self._name, f"--file={file}", *words, *trust, *password)
            if not failed:
                self._run(*_ADD, self._name, *password, quiet=True)  # or it would forget the password
        if failed:
            raise NotLoggedIn(
                "oidc-gen did not log in; what it said is above.",
                hint="Try again, or without oidc-agent: `--built-in`.",
            )

    def delete(self) -> None:
        """Have the agent revoke its login and delete it; raises `NotLoggedIn` if it does not."""
        with self._password() as password:
            failed = self._run("oidc-gen", "--delete", "--confirm-yes", self._name, *password)
        if failed or self.file.exists():
            raise NotLoggedIn(
                f"oidc-gen did not delete the account {self._name}; what it said is above.",
                hint="Is the password right? Try again.",
            )

    def remove(self) -> bool:
        """Have the agent forget it, and remove its file; returns whether there was one.

        Its login is revoked if its password is known, or empty as the older client has it; without, the agent does not do that.
        """
        is_there = self.file.exists()
        if is_there:
            self._delete_with([f"--pw-file={self._password_file}"] if self._password_file else None)
        self._run("oidc-add", "--remove", self._name, quiet=True)
        self.file.unlink(missing_ok=True)
        return is_there

    def _delete_with(self, password: list[str] | None) -> None:
        with _private("password", "\n") as empty:
            words = password or [f"--pw-file={empty}"]
            self._run("oidc-gen", "--delete", "--confirm-yes", self._name, *words, quiet=True)

    @contextmanager
    def _password(self, *, new: bool = False) -> Iterator[list[str]]:
        """Yield what tells the programs the password."""
        if self._password_file is not None or self._ask_password is None:
            yield [] if self._password_file is None else [f"--pw-file={self._password_file}"]
            return
        if self._asked is None:
            self._asked = self._ask_password(new)
        with _private("password", f"{self._asked}\n") as file:
            yield [f"--pw-file={file}"]

    def _run(self, program: str, *words: str, quiet: bool = False) -> int:
        output = subprocess.DEVNULL if quiet else None  # the programs speak with the user
        try:
            return subprocess.run(
                [program, *words], env=self._variables, check=False, stdin=output, stdout=output, stderr=output
            ).returncode
        except OSError as error:
            raise Misconfigured(f"{program} cannot be started: {error.strerror}.", hint="Install oidc-agent.") from None


@contextmanager
def _private(name: str, text: str) -> Iterator[Path]:
    """Have *text* in a file that only this user can read, for a while."""
    with tempfile.TemporaryDirectory(prefix="ctadata-") as folder:  # 0700
        file = Path(folder, name)
        file.touch(mode=0o600)
        file.write_text(text)
        yield file


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
