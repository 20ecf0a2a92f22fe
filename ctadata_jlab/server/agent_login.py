"""A login that the user's oidc-agent keeps: its account's password comes once, in a request's body, for the agent's programs alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import NotFound, NotLoggedIn, Unsupported
from ctadata_jlab.server.refusal import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.agent_account import AgentAccount
    from ctadata_jlab.tokens.agent_login import AgentLogin
    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.keeper import Keeper
    from ctadata_jlab.tokens.oauth import Client

__all__ = ["enter", "leave", "offer"]


def offer(source: Source) -> dict[str, Any] | None:
    """Return what the dialog has to know: the account's name, and whether there is one already; None without a running agent."""
    if source.agent is None or source.agent.pending is None:
        return None
    at = source.agent.running()
    return None if at is None else {"account": source.agent.account, "exists": at.file.exists()}


def enter(source: Source, password: str) -> Callable[[Client, Grant], None] | None:
    """Have the agent load the account; if that does not log in, return what has it keep the outcome of a login by code.

    Raises `NotLoggedIn` if the *password* does not open the account, or there is no agent any more.
    """
    login, keeper, at = _at(source, password)
    if not at.file.exists() and not password:
        raise BadRequest("oidc-agent needs a password to encrypt the login with.", hint="Choose one, and enter it.")
    if login.token(at) is None and at.load():
        keeper.look_again()
        if keeper.state().state == "ok":
            return None
    at.unlock()
    return partial(login.keep, at)


def leave(source: Source, password: str) -> None:
    """Have the agent revoke the login and delete the account; raises `NotFound` if there is none, `NotLoggedIn` if it does not."""
    login, keeper, at = _at(source, password)
    if not at.file.exists():
        raise NotFound(f"oidc-agent has no account {login.account}.", hint="There is nothing to do.")
    at.delete()
    keeper.look_again()


def _at(source: Source, password: str) -> tuple[AgentLogin, Keeper, AgentAccount]:
    if source.agent is None or source.agent.pending is None or source.keeper is None:
        raise Unsupported(f"{source.title} has no login through oidc-agent.", hint="Log in without it.")
    at = source.agent.running(ask_password=lambda _: password)
    if at is None:
        raise NotLoggedIn("No oidc-agent runs here.", hint="Start it again, or log in without it.")
    return source.agent, source.keeper, at
