"""The keeper's token as the header ``Authorization`` of requests to one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.http import require_safe
from ctadata_jlab.tokens.claims import token_from

if TYPE_CHECKING:
    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.keeper import Keeper

__all__ = ["Bearer"]


class Bearer:
    """The login at the server of *url* with the tokens of *keeper*; whoever sends requests adds the header for that server only.

    Raises `Misconfigured` if *url* is neither https nor this very machine.
    """

    def __init__(self, keeper: Keeper, url: str) -> None:
        require_safe(url)
        self._keeper = keeper

    def authorise(self, refused: str | None = None) -> str:
        """Return the header ``Authorization``'s value, other than the *refused* one, for this server only; raises as `Keeper.token`."""
        return _header(self._keeper.token(refused=None if refused is None else self._known(refused)))

    def _known(self, header: str) -> Token:
        current = self._keeper.current
        if current is not None and _header(current) == header:
            return current
        return token_from(header.removeprefix("Bearer "), "an earlier request")


def _header(token: Token) -> str:
    return f"Bearer {token.value}"
