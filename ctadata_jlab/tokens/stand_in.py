"""Lets the user's own login stand in for a token that was found, but has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.tokens.attempt import Attempt, explain
from ctadata_jlab.tokens.expired import Expired

if TYPE_CHECKING:
    from ctadata_jlab.tokens import Token, TokenSource

__all__ = ["UntilItEnds"]


class UntilItEnds:
    """What *source* finds; once that has ended it is an error, unless the *login*, which comes after it, has a token.

    A session that was handed a token when it started cannot be handed another one: without this, no login would mend it.
    """

    def __init__(self, source: TokenSource, login: TokenSource) -> None:
        self._source = source
        self._login = login
        self.name = source.name

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the token; None if it has ended and the login has one."""
        try:
            return self._source.fetch(min_valid, refused)
        except Expired:
            if self._login.fetch(min_valid, refused) is None:
                raise
            return None

    def explain(self) -> list[Attempt]:
        """Tell what was found, also if it has ended."""
        return explain(self._source)
