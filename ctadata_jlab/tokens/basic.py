"""User and password, for doors that have nothing better; the same shape as `bearer.py`."""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING

import httpx

from ctadata_jlab.errors import Misconfigured, NotLoggedIn
from ctadata_jlab.http import origin, require_safe

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Basic"]


class Basic(httpx.Auth):
    """The login at the server of *url* as *user*; no other scheme, host or port gets the password.

    A password that was refused is not sent again: servers block those who insist. Raises `Misconfigured` if *url* is neither https
    nor this very machine, or if *user* or *password* cannot be sent (RFC 7617).
    """

    def __init__(self, user: str, password: str, url: str) -> None:
        require_safe(url)
        if ":" in user or not user.isprintable() or not password.isprintable():
            raise Misconfigured(
                "The user's name contains a colon, or it or the password a line break or the like.",
                hint="Correct `user` and `password` of this source's login.",
            )
        self._value = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._user = user
        self._origin = origin(url)
        self._is_refused = threading.Event()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send *request* with user and password; raises `NotLoggedIn` if they were refused before."""
        if not self._is_home(request):
            yield request
            return
        request.headers["Authorization"] = self.authorise()
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and self._is_home(response.request):
            self._is_refused.set()

    def authorise(self, refused: str | None = None) -> str:
        """Return the value of the header ``Authorization``, for this server only; raises `NotLoggedIn` once it was *refused*."""
        if refused is not None:
            self._is_refused.set()
        if self._is_refused.is_set():
            raise NotLoggedIn(
                f"The storage refused the password of {self._user}.", hint="Correct this source's user or password."
            )
        return self._value

    def _is_home(self, request: httpx.Request) -> bool:
        return origin(str(request.url)) == self._origin
