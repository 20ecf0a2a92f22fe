"""What a provider grants: tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ctadata_jlab.errors import BadAnswer
from ctadata_jlab.tokens.oauth import words

if TYPE_CHECKING:
    from ctadata_jlab.tokens.oauth import Answer

__all__ = ["Grant", "granted"]


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token that lasts *seconds* (None: nobody said), and what renews it. Its `repr` shows no secret."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    seconds: float | None = None


def granted(answer: Answer) -> Grant:
    """Return what *answer* of the token endpoint grants (RFC 6749 §5.1); raises what it says instead."""
    if not answer.is_good:
        raise words(answer, "The login server gives no token")
    kind = answer.text("token_type") or "Bearer"
    if not answer.text("access_token") or kind.lower() != "bearer":
        raise BadAnswer("The login server's answer holds no bearer token.")
    return Grant(answer.text("access_token"), answer.text("refresh_token") or None, answer.number("expires_in"))
