"""Tokens of a program's own, without a person: OAuth's client credentials (RFC 6749 §4.4), for services and robots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.tokens.asking import drive
from ctadata_jlab.tokens.attempt import Attempt, tried
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.grant import granted
from ctadata_jlab.tokens.oauth import NeedsSecret, discovered, insist

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post, Wait

__all__ = ["ClientCredentials"]


class ClientCredentials:
    """A token for *client* itself, a new one each time it is asked for: have it remembered."""

    name = "client credentials"

    def __init__(
        self,
        client: Callable[[], Client],
        ask: Callable[[Get | Post], Answer | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._ask = ask
        self._clock = clock

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:  # noqa: ARG002 - always a new one
        """Return a new token, valid for as long as the provider wants.

        Raises `NeedsSecret` without a secret, `Unreachable` if the provider does not answer, `Misconfigured` or `BadAnswer` if it
        does not play along.
        """
        client, began = self._client(), self._clock()
        grant = drive(_asked(client), self._ask, time.sleep)
        ends = None if grant.seconds is None else began + grant.seconds
        return token_from(grant.access_token, self.name, ends=ends, issuer=client.issuer)

    def explain(self) -> list[Attempt]:
        """Ask for one and tell what came of it."""
        try:
            client = self._client()
        except CtaDataError as error:
            return [Attempt(self.name, "client credentials", error.message)]
        return [tried(self, f"client credentials of {client.identity} at {client.issuer}")]


def _asked(client: Client) -> Generator[Get | Post | Wait, Answer | None, Grant]:
    if client.secret is None:
        raise NeedsSecret(f"There is no client secret of {client.identity}.")
    provider = yield from discovered(client.issuer)
    form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
    return granted((yield from insist(client.post(provider, provider.token, **form), client.issuer)))
