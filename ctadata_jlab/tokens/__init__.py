"""Where bearer tokens come from: what a token is, what a source of tokens must do, and several sources in a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.tokens.attempt import Attempt, explain
from ctadata_jlab.tokens.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Attempt", "FirstOf", "Token", "TokenSource"]


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

    def __reduce__(self) -> str:
        raise TypeError("A token is not pickled or copied: what is stored or sent elsewhere must not hold one.")

    @property
    def fingerprint(self) -> str:
        """A hash that tells tokens apart without being one; safe to keep and to share."""
        import hashlib  # noqa: PLC0415 - only of a refused token

        return hashlib.sha256(self.value.encode(errors="surrogatepass")).hexdigest()


class TokenSource(Protocol):
    """One place to get a token from."""

    name: str

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return a token valid for *min_valid* seconds and other than *refused*, or None if this source has nothing to offer.

        Raises `Misconfigured` only if it is set but unusable, naming itself.
        """
        ...


class FirstOf:
    """Several sources in their order: the first token wins, and a source that is set but unusable is an error.

    Falling through silently would let people debug the wrong token.
    """

    def __init__(self, sources: Iterable[TokenSource], name: str = "auto") -> None:
        self.sources = tuple(sources)
        self.name = name
        self._refusals = Refusals()

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the first token that a source offers; raises what the first unusable source before it raises.

        It remembers what was refused: a source that offers such a token is asked once more, for another.
        """
        if refused is not None:
            self._refusals.add(refused)
        for source in self.sources:
            token = source.fetch(min_valid, refused)
            if token is not None and self._refusals.knows(token):
                token = source.fetch(min_valid, token)
            if token is not None and not self._refusals.knows(token):
                return token
        return None

    def explain(self) -> list[Attempt]:
        """Ask every source, also those after the first token, and tell what each found; never raises."""
        return [attempt for source in self.sources for attempt in explain(source)]
