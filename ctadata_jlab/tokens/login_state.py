"""Who is logged in, until when, and what to do if nobody is: what the badge shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ctadata_jlab.errors import NotLoggedIn
from ctadata_jlab.tokens.attempt import when
from ctadata_jlab.tokens.expired import Expired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ctadata_jlab.errors import CtaDataError
    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.attempt import Attempt

__all__ = ["LoginState", "State", "after_failure", "logged_in", "not_logged_in"]

State = Literal["ok", "missing", "expired", "error"]


@dataclass(frozen=True, slots=True)
class LoginState:
    """The state of one login; holds no secret. The claims in it are the token's own word."""

    state: State
    """`missing`: nobody offers a token; `error`: there is one, or a setting, that cannot be used."""
    subject: str | None = None
    issuer: str | None = None
    until: float | None = None
    """When the token ends, or ended; seconds since the epoch, None if nobody said."""
    source: str | None = None
    hint: str = ""
    """What to do next; empty if all is well."""


def logged_in(token: Token) -> LoginState:
    """Return the state of having *token*."""
    return LoginState("ok", token.subject, token.issuer, token.expires, token.source)


def not_logged_in(attempts: Sequence[Attempt], refused: Token | None) -> NotLoggedIn:
    """Return the error for having no token, which says where one was looked for and what was *refused* before."""
    places = "; ".join(str(attempt) for attempt in attempts) or "nowhere"
    hint = f"Log in, or put a valid token in one of the places looked at: {places}."
    if refused is None:
        return NotLoggedIn("No usable token was found.", hint=hint)
    whose = f"of {refused.subject} from {refused.source}" if refused.subject else f"from {refused.source}"
    return NotLoggedIn(f"The storage refused the token {whose}, and there is no other.", hint=hint)


def after_failure(error: CtaDataError, attempts: Sequence[Attempt], refused: Token | None) -> LoginState:
    """Return the state after *error*, of which *attempts* tell more."""
    if isinstance(error, Expired):
        return LoginState("expired", issuer=error.issuer, until=error.expires, hint=f"{error.message} {error.hint}")
    hint = f"{error.message} {error.hint}"
    if not isinstance(error, NotLoggedIn):
        return LoginState("error", hint=hint)
    old = max((a for a in attempts if a.has_expired), key=lambda a: a.expires or 0, default=None)
    if old is not None and old.expires is not None:
        since = f"The login expired at {when(old.expires)}. {error.hint}"
        return LoginState("expired", issuer=old.issuer, until=old.expires, source=old.source, hint=since)
    if refused is not None:
        return LoginState("error", refused.subject, refused.issuer, refused.expires, refused.source, hint)
    return LoginState("missing", hint=hint)
