"""One request that proves a new token, so that not every thread finds out for itself that it is refused as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import Unreachable
from ctadata_jlab.http import client, failure

if TYPE_CHECKING:
    from ctadata_jlab.http import Trust
    from ctadata_jlab.tokens import Token

__all__ = ["Proof"]


class Proof:
    """Whether the server at *url* takes a token: any answer but 401 says so.

    dCache counts an address's answers of 401, and blocks it at the third.
    """

    def __init__(self, url: str, trust: Trust) -> None:
        self._url = url
        self._trust = trust

    def __call__(self, token: Token) -> bool:
        """Ask once; raises `Unreachable`, or `Busy` while the server answers nobody."""
        import httpx  # noqa: PLC0415 - slow to load, and tokens are seldom refused

        headers = {"Authorization": f"Bearer {token.value}", "Depth": "0"}
        try:
            with client(self._url, self._trust, None) as http:
                answer = http.request("PROPFIND", self._url, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(f"The new token could not be tried: {type(error).__name__}.") from None
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise failure(answer.status_code, "the new token", headers=answer.headers)
        return answer.status_code != httpx.codes.UNAUTHORIZED
