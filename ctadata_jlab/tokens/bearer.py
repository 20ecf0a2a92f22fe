"""Puts the keeper's token on requests: for httpx, and as a header's value for libcurl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ctadata_jlab.http import origin, require_safe
from ctadata_jlab.tokens.claims import token_from

if TYPE_CHECKING:
    from collections.abc import Generator

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.keeper import Keeper

__all__ = ["Bearer"]


class Bearer(httpx.Auth):
    """The login at the server of *url* with the tokens of *keeper*; no other scheme, host or port gets one.

    Raises `Misconfigured` if *url* is neither https nor this very machine.
    """

    def __init__(self, keeper: Keeper, url: str) -> None:
        require_safe(url)
        self._keeper = keeper
        self._origin = origin(url)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request* with the token, and if that is refused, once more with another.

        Raises what `Keeper.token` raises; a second 401 is left to whoever sent the request.
        """
        if not self._is_home(request):
            yield request
            return
        token = self._keeper.token()
        for attempt in (1, 2):
            request.headers["Authorization"] = _header(token)
            response = yield request
            # A 401 of another server, to which a redirect led, says nothing about the token: it was not sent there.
            if response.status_code != httpx.codes.UNAUTHORIZED or not self._is_home(response.request):
                return
            if attempt == 1:
                token = self._keeper.token(refused=token)
            else:
                self._keeper.refuse(token)

    def authorise(self, refused: str | None = None) -> str:
        """Return the header ``Authorization``'s value, other than the *refused* one, for this server only; raises as `Keeper.token`."""
        return _header(self._keeper.token(refused=None if refused is None else self._known(refused)))

    def _known(self, header: str) -> Token:
        current = self._keeper.current
        if current is not None and _header(current) == header:
            return current
        return token_from(header.removeprefix("Bearer "), "an earlier request")

    def _is_home(self, request: httpx.Request) -> bool:
        return origin(str(request.url)) == self._origin


def _header(token: Token) -> str:
    return f"Bearer {token.value}"
