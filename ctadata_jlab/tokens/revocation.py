"""Revoking a login at its provider (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.tokens.asking import drive
from ctadata_jlab.tokens.oauth import discovered

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post, Provider

__all__ = ["revoke"]


def revoke(
    client: Client,
    ask: Callable[[Get | Post], Answer | None],
    refresh_token: str,
    provider: Provider | None = None,
) -> bool:
    """Have the provider of *client* end the login that *refresh_token* renews; returns whether it did, and does not raise."""
    try:
        known = provider or drive(discovered(client.issuer), ask, lambda _: None)
    except CtaDataError:
        return False
    if not known.revocation:
        return False
    form = {"token": refresh_token, "token_type_hint": "refresh_token"}
    answer = ask(client.post(known, known.revocation, **form))
    return answer is not None and answer.is_good
