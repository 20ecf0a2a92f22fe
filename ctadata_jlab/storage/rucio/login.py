"""How Rucio is shown who asks: a token in a header of its own, ``X-Rucio-Auth-Token``.

A JSON web token goes there as it is (Rucio refuses it in ``Authorization``). A user's password is exchanged for a token that
lives an hour; neither is ever sent to another server than the catalogue's own.
"""

from __future__ import annotations

import base64
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from ctadata_jlab.storage.turns import Authorised

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["HEADER", "RucioLogin"]

HEADER = "X-Rucio-Auth-Token"
MARGIN = 60.0
"""Seconds before its end at which a token is no longer used."""


class RucioLogin(Authorised):
    """Signs requests to the catalogue at *url*; *account* is asked for with a password (empty: the one called like the user)."""

    def __init__(self, authorise: Callable[[str | None], str], url: str, account: str = "") -> None:
        super().__init__(authorise, url)
        self._ask = authorise
        self._exchange = f"{url.rstrip('/')}/auth/userpass"
        self._account = account
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def sign(self, request: httpx.Request, value: str) -> None:
        """Put the token of *value*, ``Bearer TOKEN``, into Rucio's header."""
        request.headers[HEADER] = value.removeprefix("Bearer ")

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request* signed; with a password, after asking for a token where there is none, or a refused one."""
        value = self._ask(None) if self._is_home(request) else ""
        if not value.startswith("Basic "):
            yield from self._by_token(request, value)
            return
        for _ in range(2):
            token = self._kept(value)
            if token is None:
                token = self._noted(value, (yield self._question(value)))
            if token is None:
                return
            request.headers[HEADER] = token
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
            with self._lock:
                self._tokens.pop(value, None)

    def _by_token(self, request: httpx.Request, value: str) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request* once more before a 401 is believed: Rucio notes a token at its first use, and refuses whoever else comes then."""
        if value:
            self.sign(request, value)
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
        yield from super().sync_auth_flow(request)

    def _question(self, value: str) -> httpx.Request:
        user, _, password = base64.b64decode(value.removeprefix("Basic ")).decode().partition(":")
        headers = {
            "X-Rucio-Account": self._account or user,
            "X-Rucio-Username": user,
            "X-Rucio-Password": password,
        }
        return httpx.Request(
            "GET", self._exchange, headers=[(name.encode(), text.encode()) for name, text in headers.items()]
        )

    def _kept(self, value: str) -> str | None:
        with self._lock:
            token, until = self._tokens.get(value, (None, 0.0))
        return token if time.time() < until else None

    def _noted(self, value: str, answer: httpx.Response) -> str | None:
        """Return the token of *answer*, None if it has none; a refused password is not sent again."""
        token = answer.headers.get(HEADER)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._ask(value)
        if not answer.is_success or not token:
            return None
        try:
            ends = parsedate_to_datetime(answer.headers["X-Rucio-Auth-Token-Expires"].replace("UTC", "GMT")).timestamp()
        except (KeyError, ValueError):
            ends = time.time() + 2 * MARGIN
        with self._lock:
            self._tokens = {value: (token, ends - MARGIN)}
        return str(token)
