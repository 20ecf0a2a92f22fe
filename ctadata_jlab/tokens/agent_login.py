"""Logging in through the user's oidc-agent, where one runs: the code is confirmed as always, and the agent keeps what that gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotLoggedIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.agent_account import AgentAccount
    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post
    from ctadata_jlab.tokens.pending import ByCode
    from ctadata_jlab.tokens.refresh import Refresh

__all__ = ["AgentLogin"]


@dataclass(frozen=True, slots=True)
class AgentLogin:
    """The login of one source in oidc-agent's *account*; *ca* is believed beside the system's certificate authorities.

    A login of our own, *ours*, gives way to one that the agent has taken. *pending* asks for the code; None without a client for that.
    """

    account: str
    client: Callable[[], Client]
    ask: Callable[[Get | Post], Answer | None]
    ca: str = ""
    ours: Refresh | None = None
    pending: ByCode | None = None

    def running(
        self, *, password_file: Path | None = None, ask_password: Callable[[bool], str] | None = None
    ) -> AgentAccount | None:
        """Return the account at the agent that runs here, None if none does; its password is found as `AgentAccount` says."""
        from ctadata_jlab.tokens.agent_account import AgentAccount, running_agent  # noqa: PLC0415 - seldom needed

        socket = running_agent()
        if socket is None:
            return None
        return AgentAccount(self.account, socket, password_file=password_file, ask_password=ask_password)

    @property
    def place(self) -> str:
        """Where the agent keeps the login, in words."""
        return f"by oidc-agent, in its account {self.account}"

    def token(self, at: AgentAccount) -> Token | None:
        """Return the token of the account, if it is loaded there and its login holds."""
        from ctadata_jlab.tokens.agent import OidcAgent  # noqa: PLC0415 - as above

        try:
            return OidcAgent(self.account, variables=at.variables).fetch(10)
        except Misconfigured:
            return None  # its login has ended: it is made anew

    def keep(self, at: AgentAccount, client: Client, grant: Grant) -> None:
        """Have the agent keep what a login as *client* gave; if it does not, that is revoked. Raises as `AgentAccount.adopt`."""
        from ctadata_jlab.tokens.revocation import revoke  # noqa: PLC0415 - as above

        if grant.refresh_token is None:
            raise NotLoggedIn(
                "The login server gives nothing that oidc-agent could renew the login with.",
                hint="Log in without oidc-agent, or let `scope` of the source's login ask for `offline_access`.",
            )
        try:
            at.adopt(client, grant.refresh_token, self.ca)
        except BaseException:
            revoke(client, self.ask, grant.refresh_token)
            raise
        if self.ours is not None and self.ours.place.exists():
            self.ours.give_up()
