"""Where bearer tokens come from: what a token is, and what a source of tokens must do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Token", "TokenSource"]


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `expires` in seconds since the epoch, None when nobody said. Its `repr` shows no secret."""

    value: str = field(repr=False)
    expires: float | None = None
    source: str = ""
    """The name of the source that gave it."""
    issuer: str | None = None
    subject: str | None = None

    def lasts(self, seconds: float, now: float) -> bool:
        """Whether it is still valid *seconds* from *now*; one without an end is taken to last."""
        return self.expires is None or self.expires - now >= seconds


class TokenSource(Protocol):
    """One place to get a token from."""

    name: str

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return a token valid for *min_valid* seconds and other than *refused*, or None if this source has nothing to offer.

        Raises `Misconfigured` only if it is set but unusable, naming itself.
        """
        ...
