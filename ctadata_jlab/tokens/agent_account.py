"""An account of oidc-agent, loaded, made and deleted by the agent's own programs, ``oidc-add`` and ``oidc-gen``.

Nothing secret is on their command lines: the client's secret is in a file for this user's eyes only, the refresh token and the password
that encrypts the account in the program's environment (``--rt-env`` and ``--pw-env``, since 4.1.0; tried with 4.2.6).
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
from ctadata_jlab.tokens.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.tokens.oauth import Client

__all__ = ["AgentAccount", "running_agent"]


_ADD = ("oidc-add", "--pw-store")
_SECONDS = 120.0  # for a program that asks the agent, which asks the login server
_PASSWORD, _RENEWS = "OIDC_ENCRYPTION_PW", "OIDC_REFRESH_TOKEN"  # what the programs call these by themselves


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
        self._socket = socket
        self.variables = {**(os.environ if variables is None else variables), "OIDC_SOCK": str(socket)}
        """The environment in which the agent is found."""
        self._password_file = password_file
        self._ask_password = ask_password
        self._asked: str | None = None

    @property
    def file(self) -> Path:
        """Where oidc-agent keeps the account, encrypted."""
        home = Path(self.variables.get("HOME", "~")).expanduser()
        named = self.variables.get("OIDC_CONFIG_DIR", "")
        config = home / ".config"
        folder = config / "oidc-agent" if config.is_dir() else home / ".oidc-agent"
        return Path(named if named and Path(named).is_dir() else folder) / self._name

    def unlock(self) -> None:
        """Have the password, a new one where there is no account yet; raises `NotLoggedIn` if it does not open the account."""
        if not self.file.exists():
            self._known_password(new=True)
        elif self._run("oidc-gen", "--print", self._name) is not None:
            raise NotLoggedIn(
                f"The password does not open oidc-agent's account {self._name}.",
                hint="Try again. If it is forgotten, log in without oidc-agent: without the tick in the panel, by `ctadata-jlab login "
                "--built-in` in a terminal. Or remove the account, with all that is kept of the login: `ctadata-jlab reset-config`.",
            )

    def load(self) -> bool:
        """Have the agent load it; returns whether it did: not without an account, nor if its login has ended. Raises as `unlock`."""
        if not self.file.exists():
            return False
        self.unlock()
        failure = self._run(*_ADD, self._name)
        if failure is not None:
            self._require_agent()
        return failure is None

    def adopt(self, client: Client, refresh_token: str, ca: str = "") -> None:
        """Have the agent take over the login of *client* that *refresh_token* renews, in place of what the account was before.

        Raises `NotLoggedIn` if it does not, `Misconfigured` if it cannot be asked to; the login is not its own then.
        """
        self._run("oidc-add", "--remove", self._name)
        trust = [f"--cp={Path(ca).expanduser()}"] if ca else []
        words = ("--flow=refresh", f"--rt-env={_RENEWS}", "--no-url-call", "--prompt=none", "--confirm-yes")
        rest = ("--redirect-url=", f"--scope={client.scope}", *trust)
        with _private("client.json", json.dumps(_settings(self._name, client))) as file:
            failure = self._run("oidc-gen", self._name, f"--file={file}", *words, *rest, more={_RENEWS: refresh_token})
        if failure is not None:
            self._require_agent()
            raise NotLoggedIn(
                f"oidc-agent did not take the login: {failure}.", hint="Try again, or log in without oidc-agent."
            )
        self._run(*_ADD, self._name)  # 4.1 forgets a password that came by the environment (its changelog, 4.2.0)

    def delete(self) -> None:
        """Have the agent revoke its login and delete it; raises `NotLoggedIn` if it does not."""
        self.unlock()
        failure = self._run("oidc-gen", "--delete", "--confirm-yes", self._name)
        if failure is not None or self.file.exists():
            self._require_agent()
            raise NotLoggedIn(
                f"oidc-agent did not delete the account {self._name}: {failure}.",
                hint="Try again; `ctadata-jlab reset-config` removes it all the same.",
            )

    def remove(self) -> bool:
        """Have the agent forget it, and remove its file; returns whether there was one.

        Its login is revoked if its password is known, or empty as the older client has it; without, the agent does not do that.
        """
        is_there = self.file.exists()
        if is_there:
            if self._password_file is None and self._ask_password is None:
                self._asked = ""
            self._run("oidc-gen", "--delete", "--confirm-yes", self._name)
        self._run("oidc-add", "--remove", self._name)
        self.file.unlink(missing_ok=True)
        return is_there

    def _require_agent(self) -> None:
        if not is_alive(self._socket):
            raise NotLoggedIn("oidc-agent does not run any more.", hint="Start it again, or log in without it.")

    def _known_password(self, *, new: bool = False) -> str | None:
        """Return the password; None if it is in a file, or nobody can be asked."""
        if self._asked is None and self._password_file is None and self._ask_password is not None:
            self._asked = self._ask_password(new)
        return self._asked

    def _run(self, program: str, *words: str, more: Mapping[str, str] | None = None) -> str | None:
        """Run it, without a terminal to ask anything; return None if it did its work, else why not, in its own words."""
        variables = {**self.variables, **(more or {})}
        password = self._known_password() if "--remove" not in words else None
        if self._password_file is not None:
            words = (*words, f"--pw-file={self._password_file}")
        elif password is not None:
            words, variables[_PASSWORD] = (*words, f"--pw-env={_PASSWORD}"), password
        try:
            done = subprocess.run(
                [program, *words], env=variables, check=False, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=_SECONDS, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Misconfigured(f"{program} cannot be started: {error.strerror}.", hint="Install oidc-agent.") from None
        except subprocess.TimeoutExpired:
            return f"{program} did not end within {_SECONDS:g} s"
        said = redacted((done.stderr or done.stdout).decode(errors="replace"))
        return (said.rstrip(".") or f"{program} does not say why") if done.returncode else None


@contextmanager
def _private(name: str, text: str) -> Iterator[Path]:
    """Have *text* in a file that only this user can read, for a while; raises `Misconfigured` if there is no place for one."""
    try:
        with tempfile.TemporaryDirectory(prefix="ctadata-") as folder:  # 0700
            file = Path(folder, name)
            file.touch(mode=0o600)
            file.write_text(text)
            yield file
    except OSError as error:
        raise Misconfigured(
            f"No temporary file can be written for oidc-agent: {error.strerror or error}.",
            hint="Make room in the temporary folder, or set `TMPDIR` to another one, and log in again.",
        ) from None


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
