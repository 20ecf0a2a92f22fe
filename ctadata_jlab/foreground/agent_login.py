"""Logging in through the user's oidc-agent, where one runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotFound, NotLoggedIn
from ctadata_jlab.tokens.agent import OidcAgent
from ctadata_jlab.tokens.agent_account import AgentAccount, running_agent
from ctadata_jlab.tokens.chain import secret_of
from ctadata_jlab.tokens.oauth import Client, NeedsSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.tokens import Token

__all__ = ["Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """The way through oidc-agent: *account* is what the source calls its account there."""

    session: Session
    source: Source
    account: str
    agent: AgentAccount
    variables: Mapping[str, str]

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
        account = session.config.sources[source.name].login.account
        socket = None if wanted is False else running_agent()
        if socket is None or not account:
            if wanted:
                reason = "no oidc-agent runs here" if account else f"{source.title} names no account of oidc-agent"
                raise Misconfigured(f"There is no login through oidc-agent: {reason}.", hint="Use `--built-in`.")
            return None
        variables = {**os.environ, "OIDC_SOCK": str(socket)}
        agent = AgentAccount(
            account, socket, password_file=password_file, ask_password=ask_password, variables=variables
        )
        return cls(session, source, account, agent, variables)

    def log_in(self, ask_secret: Callable[[NeedsSecret], str], secret: str | None = None) -> Token:
        """Have the account loaded, or made if there is none or its login has ended; return its token.

        The client's secret is *secret*, else the one that is kept, else *ask_secret* is asked for it once the agent has failed without.
        """
        token = None if secret is not None else self._token()
        if token is None and secret is None and self.agent.load():
            token = self._token()
        if token is None:
            self._make(ask_secret, secret)
            token = self._token()
        if token is None:
            raise NotLoggedIn(f"oidc-agent has no token of the account {self.account}.", hint="Log in again.")
        if self.source.keeper is not None:
            self.source.keeper.look_again()
        return token

    def log_out(self) -> None:
        """Have the agent revoke the login and delete the account; raises `NotFound` if it has none, `NotLoggedIn` if it cannot."""
        if not self.agent.file.exists():
            raise NotFound(f"oidc-agent has no account {self.account}.", hint="There is nothing to do.")
        self.agent.delete()
        if self.source.keeper is not None:
            self.source.keeper.look_again()

    def _token(self) -> Token | None:
        try:
            return OidcAgent(self.account, variables=self.variables).fetch(10)
        except Misconfigured:
            return None  # its login has ended: it is made anew

    def _make(self, ask_secret: Callable[[NeedsSecret], str], secret: str | None) -> None:
        settings = self.session.config.sources[self.source.name]
        kept = secret_of(settings)
        client = self._client(kept.read() if secret is None else secret.strip())
        try:
            self.agent.make(client, settings.ca)
        except NotLoggedIn:
            if client.secret is not None:
                raise
            secret = ask_secret(NeedsSecret("oidc-gen did not log in; the login server may want a client secret."))
            self.agent.make(replace(client, secret=secret.strip()), settings.ca)
        if secret is not None:
            kept.keep(secret)

    def _client(self, secret: str | None) -> Client:
        wanted = self.session.config.sources[self.source.name].login
        return Client(wanted.issuer, wanted.client_id, wanted.scope, secret)
