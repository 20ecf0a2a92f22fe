"""Politeness below the requests: each waits for its turn, and "not now" (429) is waited for, for all threads at once.

dCache refuses a second request within 4 ms of a first one after a pause (RateLimitedHandlerList); what it refused it has not
begun, so that any request may be repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ctadata_jlab.curl import LONGEST_PAUSE
from ctadata_jlab.http import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Authorised", "InTurn"]

ATTEMPTS = 4


class InTurn(httpx.Auth):
    """Signs as *inner* does, and sends in turn; *pause* waits for it, after the seconds that a refusal asked for."""

    def __init__(self, inner: httpx.Auth | None, pause: Callable[[float | None], object]) -> None:
        self._inner = inner or httpx.Auth()
        self._pause = pause

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request*, a few times more while the server asks to wait and that is not too long."""
        wait: float | None = None
        for _ in range(ATTEMPTS):
            self._pause(wait)
            answer = yield from _answered(self._inner, request)
            wait = retry_after(answer.status_code, answer.headers)
            if wait is None or wait > LONGEST_PAUSE:
                return


def _answered(auth: httpx.Auth, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, httpx.Response]:
    """Pass on what *auth* sends, and return the last answer."""
    flow = auth.sync_auth_flow(request)
    asked = next(flow)
    while True:
        answer = yield asked
        try:
            asked = flow.send(answer)
        except StopIteration:
            return answer


class Authorised(httpx.Auth):
    """Signs httpx's requests with the same header that transfers have; a refused one is replaced once."""

    def __init__(self, authorise: Callable[[str | None], str]) -> None:
        self._authorise = authorise

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request*, after a 401 once more with another token."""
        value = self._authorise(None)
        request.headers["Authorization"] = value
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            request.headers["Authorization"] = self._authorise(value)
            yield request
