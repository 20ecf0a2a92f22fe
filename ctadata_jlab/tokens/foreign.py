"""Tokens from any object that hands them out by ``get_access_token()``, such as pyfirecrest's and our own keeper."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.errors import CtaDataError, Misconfigured
from ctadata_jlab.tokens.claims import token_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens import Token

__all__ = ["Foreign", "GivesAccessTokens"]


class GivesAccessTokens(Protocol):
    """The one method that the field's clients agree on."""

    def get_access_token(self) -> str:
        """Return an access token."""
        ...


class Foreign:
    """A foreign *giver* of tokens as a source; it alone decides when to renew."""

    def __init__(
        self, giver: GivesAccessTokens, name: str = "foreign", *, clock: Callable[[], float] = time.time
    ) -> None:
        self._giver = giver
        self.name = name
        self._clock = clock

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return what the giver gives; raises `Misconfigured` if it fails or gives no text."""
        token = token_from(self._ask(), self.name)
        if refused is not None and token.value == refused.value:
            return None
        return token if token.lasts(min_valid, self._clock()) else None

    def _ask(self) -> str:
        kind = type(self._giver).__name__
        try:
            value: object = self._giver.get_access_token()
        except CtaDataError:
            raise
        except Exception as error:  # noqa: BLE001 - foreign code raises what it likes; its text may hold secrets
            failure = type(error).__name__
        else:
            if isinstance(value, str):
                return value
            failure = "no text"
        raise Misconfigured(f"{kind}.get_access_token() gave no token: {failure}.", hint="Check that object's login.")
