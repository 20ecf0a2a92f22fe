"""Logging in while the user waits, in a terminal or a notebook: by a code that is confirmed in any browser."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import NotFound, Unsupported
from ctadata_jlab.tokens.asking import drive
from ctadata_jlab.tokens.chain import secret_of
from ctadata_jlab.tokens.device import log_in as steps
from ctadata_jlab.tokens.oauth import NeedsSecret

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post
    from ctadata_jlab.tokens.pending import Pending

__all__ = ["confirmed", "log_in", "log_out", "login_of"]


def log_in(
    session: Session,
    source: Source,
    show: Callable[[Show], object],
    ask_secret: Callable[[NeedsSecret], str],
    secret: str | None = None,
) -> Token:
    """Log in to *source*: *show* the code, wait until it is confirmed, and keep the login for all programs of the user.

    *ask_secret* is asked for the client's secret if the provider wants one, or another one; so is not *secret* if that is given. One
    that turns out right is kept. Raises as `tokens.device.log_in`, and what *ask_secret* raises.
    """
    login = login_of(source)
    grant, _ = confirmed(session, source, (login.kept.client(), login.kept.ask), show, ask_secret, secret)
    token = login.kept.keep(grant)
    if source.keeper is None:
        return token
    source.keeper.look_again()
    return source.keeper.token()


def log_out(source: Source) -> None:
    """Revoke the login at the provider and remove it here; raises `NotFound` if there is none, `Unreachable` as `Refresh.log_out`."""
    login = login_of(source)
    if not login.kept.place.exists() and not login.kept.shared.path.exists():
        raise NotFound(
            f"No login to {source.title} is kept here.", hint="`token explain` tells where tokens come from."
        )
    try:
        login.kept.log_out()
    finally:
        if source.keeper is not None:
            source.keeper.look_again()


def login_of(source: Source) -> Pending:
    """Return the login by code of *source*, or raise `Unsupported`."""
    if source.login is None:
        raise Unsupported(
            f"{source.title} has no login by code.",
            hint="Set `issuer` and `client_id` of its login, or use oidc-agent.",
        )
    return source.login


def confirmed(
    session: Session,
    source: Source,
    parties: tuple[Client, Callable[[Get | Post], Answer | None]],
    show: Callable[[Show], object],
    ask_secret: Callable[[NeedsSecret], str],
    secret: str | None = None,
) -> tuple[Grant, Client]:
    """Log in as the client of *parties*, by what asks its provider; return what that gave, and as whom. Otherwise as `log_in`."""
    client, ask = parties
    client = client if secret is None else replace(client, secret=secret.strip())
    try:
        grant = drive(steps(client), ask, time.sleep, show)
    except NeedsSecret as error:
        if secret is not None:
            raise
        secret = ask_secret(error)
        client = replace(client, secret=secret.strip())
        grant = drive(steps(client), ask, time.sleep, show)
    if secret is not None:
        secret_of(session.config.sources[source.name]).keep(secret)
    return grant, client
