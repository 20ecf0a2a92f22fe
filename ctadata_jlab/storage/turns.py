"""Politeness below the requests: each waits for its turn, and "not now" (429) is waited for, for all threads at once.

dCache refuses a second request within 4 ms of a first one after a pause (RateLimitedHandlerList); what it refused it has not
begun, so that any request may be repeated.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from ctadata_jlab.curl import LONGEST_PAUSE
from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.http import origin, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Authorised", "InTurn", "signed"]

ATTEMPTS = 4


def signed(
    authorise: Callable[[str | None], str] | None, url: str, pause: Callable[[float | None], object] | None
) -> httpx.Auth | None:
    """Return what signs httpx's requests to the server of *url*, and lets them wait for their turn if it has such; None for an open one."""
    auth = Authorised(authorise, url) if authorise else None
    return auth if pause is None else InTurn(auth, pause)


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
    """Signs httpx's requests to the server of *url* with the header that transfers have; no other scheme, host or port gets it."""

    def __init__(self, authorise: Callable[[str | None], str], url: str) -> None:
        self._authorise = authorise
        self._origin = origin(url)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request*, after a 401 once more with another token; a second 401 is left to whoever sent the request."""
        if not self._is_home(request):
            yield request
            return
        value = self._authorise(None)
        for attempt in (1, 2):
            self.sign(request, value)
            answer = yield request
            # A 401 of another server, to which a redirect led, says nothing about the token: it was not sent there.
            if answer.status_code != httpx.codes.UNAUTHORIZED or not self._is_home(answer.request):
                return
            if attempt == 1:
                value = self._authorise(value)
            else:
                with suppress(CtaDataError):
                    self._authorise(value)  # so that nobody sends this one again either

    def sign(self, request: httpx.Request, value: str) -> None:
        """Put *value*, what the header ``Authorization`` has elsewhere, where the server looks for it."""
        request.headers["Authorization"] = value

    def _is_home(self, request: httpx.Request) -> bool:
        return origin(str(request.url)) == self._origin
