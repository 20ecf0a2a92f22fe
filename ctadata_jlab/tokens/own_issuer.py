"""Keeps discovered tokens from storages that they are not meant for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab.tokens.attempt import Attempt, explain
from ctadata_jlab.tokens.expired import Expired

if TYPE_CHECKING:
    from ctadata_jlab.tokens import Token, TokenSource

__all__ = ["OnlyFrom"]


class OnlyFrom:
    """What *source* discovers, if *issuer* issued it; a token that names no issuer is not offered.

    So the token of one project never reaches another project's storage. A source that was named for a storage needs no such guard.
    """

    def __init__(self, issuer: str, source: TokenSource) -> None:
        self._issuer = issuer
        self._source = source
        self.name = source.name

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the token if it is the issuer's; another issuer's expired token is no error here."""
        try:
            token = self._source.fetch(min_valid, refused)
        except Expired as error:
            if self._is_own(error.issuer):
                raise
            return None
        return token if token is not None and self._is_own(token.issuer) else None

    def explain(self) -> list[Attempt]:
        """Tell what was discovered, and if it is kept back, why."""
        return [self._judged(attempt) for attempt in explain(self._source)]

    def _judged(self, attempt: Attempt) -> Attempt:
        if (not attempt.ok and attempt.expires is None) or self._is_own(attempt.issuer):
            return attempt
        whose = attempt.issuer or "an issuer that it does not name"
        return replace(
            attempt, ok=False, expires=None, outcome=f"{attempt.outcome}; not offered, as it comes from {whose}"
        )

    def _is_own(self, issuer: str | None) -> bool:
        own = self._issuer.removesuffix("/")
        return bool(own) and issuer is not None and issuer.removesuffix("/") == own
