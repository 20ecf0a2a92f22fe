"""Tokens from Tessera, a service beside a JupyterHub where users log in to other servers once (jupyterhub-tessera on PyPI).

``GET {TESSERA_URL}token?server=NAME`` with the session's hub token answers ``{"access_token": …}``, renewed as need be; without
``TESSERA_URL`` the service is looked for below the hub's public address.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ctadata_jlab.errors import Misconfigured, NotLoggedIn, Unreachable
from ctadata_jlab.http import require_safe
from ctadata_jlab.tokens.attempt import Attempt, tried
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.oauth import Get
from ctadata_jlab.tokens.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.oauth import Answer, Post

__all__ = ["Tessera"]


class Tessera:
    """The token for the server that Tessera's admins call *server*."""

    name = "tessera"

    def __init__(
        self,
        server: str,
        ask: Callable[[Get | Post], Answer | None],
        variables: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not server:
            raise Misconfigured("Tessera needs to know which server is meant.", hint="Set `server` of the login.")
        self._server = server
        self._ask = ask
        self._variables = os.environ if variables is None else variables
        self._clock = clock

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return its token; raises `NotLoggedIn` if the user has to log in there, `Misconfigured` if it cannot be found."""
        key = self._variables.get("JUPYTERHUB_API_TOKEN", "")
        answer = self._ask(Get(f"{self._base()}token?server={quote(self._server, safe='')}", f"token {key}"))
        if answer is None or answer.is_later:
            raise Unreachable("Tessera does not answer.")
        if not answer.is_good:
            said = redacted(answer.text("detail") or answer.error or f"status {answer.status}")
            raise NotLoggedIn(f"Tessera gives no token for {self._server}: {said}.", hint="Log in on Tessera's page.")
        token = token_from(answer.text("access_token"), self.name, place="Tessera")
        if refused is not None and token.value == refused.value:
            return None
        return token if token.lasts(min_valid, self._clock()) else None

    def explain(self) -> list[Attempt]:
        """Ask it and tell what came of it."""
        return [tried(self, f"Tessera, server {self._server}")]

    def _base(self) -> str:
        url, public = self._variables.get("TESSERA_URL", ""), self._variables.get("JUPYTERHUB_PUBLIC_URL", "")
        if not url and public:
            parts, base = urlsplit(public), self._variables.get("JUPYTERHUB_BASE_URL", "/")
            url = f"{parts.scheme}://{parts.netloc}{base.rstrip('/')}/services/tessera/"
        if not url:
            raise Misconfigured("Tessera is nowhere to be found.", hint="Set TESSERA_URL, in a session of a hub.")
        require_safe(url)
        return f"{url.rstrip('/')}/"
