"""Who is logged in, until when, and what to do if nobody is: what the badge shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ctadata_jlab.errors import CtaDataError, NotLoggedIn
from ctadata_jlab.tokens.attempt import when
from ctadata_jlab.tokens.claims import read_claims
from ctadata_jlab.tokens.expired import Expired
from ctadata_jlab.tokens.scopes import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.attempt import Attempt

__all__ = ["LoginState", "State", "after_failure", "by_keys", "by_password", "logged_in", "not_logged_in"]

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
    audience: tuple[str, ...] = ()
    """Whom the token is for."""
    scopes: tuple[str, ...] = ()

    @property
    def may(self) -> str:
        """What the scopes allow, in words; empty if they speak of no storage."""
        return in_words(self.scopes)


def logged_in(token: Token) -> LoginState:
    """Return the state of having *token*."""
    said = read_claims(token.value)
    known = (token.subject, token.issuer, token.expires, token.source)
    return LoginState("ok", *known, audience=said.audience, scopes=said.scopes)


def by_password(user: str | None) -> LoginState:
    """Return the state of a login by password as *user*, None if that password cannot be used."""
    if user is not None:
        return LoginState("ok", user, source="password")
    return LoginState("error", source="password", hint="The password is missing or was refused: correct this source's.")


def by_keys(read: Callable[[], object]) -> LoginState:
    """Return the state of having keys that *read* gives, or raises for; whether the storage takes them is found out by asking it."""
    try:
        read()
    except CtaDataError as error:
        return LoginState("error", source="keys", hint=f"{error.message} {error.hint}")
    return LoginState("ok", "keys", source="the user's settings")


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
