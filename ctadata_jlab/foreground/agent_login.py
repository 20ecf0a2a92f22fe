"""Logging in through the user's oidc-agent while the user waits, in a terminal or a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotFound, NotLoggedIn
from ctadata_jlab.foreground.login import confirmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.agent_account import AgentAccount
    from ctadata_jlab.tokens.agent_login import AgentLogin
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.oauth import NeedsSecret

__all__ = ["Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """The way through the *agent* that runs: `login` is what the source's settings say of it."""

    session: Session
    source: Source
    login: AgentLogin
    agent: AgentAccount

    @classmethod
    def of(
        cls,
        session: Session,
        source: Source,
        *,
        wanted: bool | None = None,
        password_file: Path | None = None,
        ask_password: Callable[[bool], str] | None = None,
    ) -> Way | None:
        """Return it, or None if there is no agent or no account of that source; raises `Misconfigured` if it is *wanted* all the same.

        The password of the account is found as `AgentAccount` says.
        """
        login = source.agent if wanted is not False else None
        agent = None if login is None else login.running(password_file=password_file, ask_password=ask_password)
        if login is None or agent is None:
            if wanted:
                reason = "no oidc-agent runs here" if login else f"{source.title} names no account of oidc-agent"
                raise Misconfigured(f"There is no login through oidc-agent: {reason}.", hint="Use `--built-in`.")
            return None
        return cls(session, source, login, agent)

    def log_in(
        self, show: Callable[[Show], object], ask_secret: Callable[[NeedsSecret], str], secret: str | None = None
    ) -> Token:
        """Have the account loaded, or made by a code that is *shown* if there is none or its login has ended; return its token.

        *ask_secret* and *secret* are as in `login.log_in`.
        """
        token = None if secret is not None else self.login.token(self.agent)
        if token is None and secret is None and self.agent.load():
            token = self.login.token(self.agent)
        if token is None:
            self._make(show, ask_secret, secret)
            token = self.login.token(self.agent)
        if token is None:
            raise NotLoggedIn(f"oidc-agent has no token of the account {self.login.account}.", hint="Log in again.")
        if self.source.keeper is not None:
            self.source.keeper.look_again()
        return token

    def log_out(self) -> None:
        """Have the agent revoke the login and delete the account; raises `NotFound` if it has none, `NotLoggedIn` if it cannot."""
        if not self.agent.file.exists():
            raise NotFound(f"oidc-agent has no account {self.login.account}.", hint="There is nothing to do.")
        self.agent.delete()
        if self.source.keeper is not None:
            self.source.keeper.look_again()

    def _make(
        self, show: Callable[[Show], object], ask_secret: Callable[[NeedsSecret], str], secret: str | None
    ) -> None:
        self.agent.unlock()
        parties = self.login.client(), self.login.ask
        grant, client = confirmed(self.session, self.source, parties, show, ask_secret, secret)
        self.login.keep(self.agent, client, grant)
