"""What came of asking a source for a token, in words for the badge and for `NotLoggedIn`'s hint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.tokens.expired import Expired

if TYPE_CHECKING:
    from ctadata_jlab.tokens import Token, TokenSource

__all__ = ["Attempt", "Explains", "explain", "tried", "when"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one source had to offer; holds no secret."""

    source: str
    """The source's name."""
    place: str
    """Where it looks, in words."""
    outcome: str
    """What it found there, in words."""
    ok: bool = False
    """Whether that was a usable token."""
    issuer: str | None = None
    expires: float | None = None
    """When the token ends, or ended; seconds since the epoch."""

    @property
    def has_expired(self) -> bool:
        """Whether there was a token, but too old."""
        return not self.ok and self.expires is not None

    def __str__(self) -> str:
        return f"{self.place}: {self.outcome}"


@runtime_checkable
class Explains(Protocol):
    """A source of tokens that can tell where it looks and what it found."""

    def explain(self) -> list[Attempt]:
        """Look again and tell; never raises. May take as long as `fetch`."""
        ...


def explain(source: TokenSource) -> list[Attempt]:
    """Return what *source* finds right now; never raises this package's errors."""
    return source.explain() if isinstance(source, Explains) else [tried(source, source.name)]


def tried(source: TokenSource, place: str) -> Attempt:
    """Ask *source*, which looks at *place*, and put the outcome into words."""
    try:
        token = source.fetch(0)
    except Expired as error:
        return Attempt(source.name, place, error.message, issuer=error.issuer, expires=error.expires)
    except CtaDataError as error:
        return Attempt(source.name, place, error.message)
    if token is None:
        return Attempt(source.name, place, "no token there")
    return Attempt(source.name, place, _words(token), ok=True, issuer=token.issuer, expires=token.expires)


def _words(token: Token) -> str:
    end = "without a known end" if token.expires is None else f"valid until {when(token.expires)}"
    return f"a token of {token.subject or 'an unnamed user'}, {end}"


def when(seconds: float) -> str:
    """Return a time in *seconds* since the epoch as people read it, in UTC."""
    try:
        return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "a time beyond all calendars"
