"""User and password, for doors that have nothing better; the same shape as `bearer.py`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotLoggedIn
from ctadata_jlab.http import require_safe

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Basic"]


class Basic:
    """The login at the server of *url* as *user*; whoever sends requests adds the header for that server only.

    *password* reads it, anew for each request. One that was refused is not sent again: servers block those who insist. Raises
    `Misconfigured` if *url* is neither https nor this very machine, or if *user* or the password cannot be sent (RFC 7617).
    """

    def __init__(self, user: str, password: Callable[[], str], url: str) -> None:
        require_safe(url)
        self._user = user
        self._password = password
        self._refused: str | None = None
        self._value()

    def authorise(self, refused: str | None = None) -> str:
        """Return the value of the header ``Authorization``, for this server only; raises `NotLoggedIn` once it was *refused*."""
        self._refused = refused or self._refused
        value = self._value()
        if value == self._refused:
            raise NotLoggedIn(
                f"The storage refused the password of {self._user}.", hint="Correct this source's user or password."
            )
        return value

    @property
    def user(self) -> str | None:
        """Who is logged in as far as is known; None once the password was refused, until it is another."""
        try:
            return None if self._value() == self._refused else self._user
        except Misconfigured:
            return None

    def _value(self) -> str:
        password = self._password()
        if ":" in self._user or not self._user.isprintable() or not password.isprintable():
            raise Misconfigured(
                "The user's name contains a colon, or it or the password a line break or the like.",
                hint="Correct `user` and `password` of this source's login.",
            )
        return "Basic " + base64.b64encode(f"{self._user}:{password}".encode()).decode()
