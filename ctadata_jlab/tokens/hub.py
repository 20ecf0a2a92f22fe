"""Tokens that a JupyterHub has for its users.

A hub with ``enable_auth_state`` keeps what the login gave. It shows it to the session (`GET users/NAME` of JupyterHub's REST API) where an
admin grants the roles ``user`` and ``server`` the scopes ``admin:auth_state!user`` and ``read:users:name!user``. The hub's own address and
token are in the session's environment; plain http to it is what the session itself speaks.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from ctadata_jlab.errors import CtaDataError, Misconfigured, Unreachable
from ctadata_jlab.http import origin
from ctadata_jlab.tokens.attempt import Attempt, tried, when
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.oauth import Answer, Get

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.oauth import Post

__all__ = ["HubState", "HubToken"]

_ASK_ADMIN = (
    "Ask the hub's admins for `enable_auth_state`, and for the scopes `admin:auth_state!user` and `read:users:name!user` of "
    "the roles `user` and `server`."
)


class HubState:
    """The access token in the user's ``auth_state``, as the hub has it now: the hub alone renews it.

    Where there is no hub, or it does not show the session its user's state, nothing is offered, unless it is not *optional*.
    """

    name = "hub"

    def __init__(
        self,
        ask: Callable[[Get | Post], Answer | None],
        *,
        optional: bool = True,
        variables: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ask = ask
        self._optional = optional
        self._variables = os.environ if variables is None else variables
        self._clock = clock

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the hub's token; raises `Unreachable` if the hub does not answer, `Misconfigured` if it must have one and has not."""
        value, reason = self._asked()
        if not value:
            if not self._optional:
                raise Misconfigured(f"JupyterHub gives this session no token: {reason}.", hint=_ASK_ADMIN)
            return None
        token = token_from(value, self.name, place="JupyterHub's auth_state")
        if refused is not None and token.value == refused.value:
            return None
        return token if token.lasts(max(min_valid, 1), self._clock()) else None

    def explain(self) -> list[Attempt]:
        """Tell whether there is a hub, and what it shows."""
        place = "JupyterHub's auth_state"
        try:
            value, reason = self._asked()
            if not value:
                return [Attempt(self.name, place, reason)]
            token = token_from(value, self.name, place=place)
        except CtaDataError as error:
            return [Attempt(self.name, place, error.message)]
        if token.expires is not None and token.expires <= self._clock():
            words = f"its token expired at {when(token.expires)}; log in to the hub again"
            return [Attempt(self.name, place, words, issuer=token.issuer, expires=token.expires)]
        return [tried(self, place)]

    def _asked(self) -> tuple[str, str]:
        """Return the access token, or "" and why there is none."""
        url, name = self._variables.get("JUPYTERHUB_API_URL", ""), self._variables.get("JUPYTERHUB_USER", "")
        if not url or not name:
            return "", "this is no session of a JupyterHub"
        answer = _questioned(self._ask, f"{url.rstrip('/')}/users/{quote(name, safe='')}", self._variables)
        if answer is None or answer.is_later:
            raise Unreachable("JupyterHub does not answer.")
        state = answer.said.get("auth_state")
        if not answer.is_good or not isinstance(state, dict):
            return "", "the hub does not show it to this session"
        return Answer(200, state).text("access_token"), "there is no access_token in it"


class HubToken:
    """The session's own token at its hub, for the service of that hub at *url*, such as a download service.

    It opens the user's account, so nobody else gets it: neither another server, nor another user's session on the same host. The hub's
    own address is the session's word (``JUPYTERHUB_PUBLIC_HUB_URL``, ``JUPYTERHUB_API_URL``), or *hub* where that does not say it.
    """

    name = "hub's user token"

    def __init__(self, url: str, hub: str = "", variables: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._hub = hub
        self._variables = os.environ if variables is None else variables

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:  # noqa: ARG002 - it says no end
        """Return ``JUPYTERHUB_API_TOKEN``; raises `Misconfigured` outside of a hub, and for what is no service of it."""
        value = self._variables.get("JUPYTERHUB_API_TOKEN", "")
        if not value.strip():
            raise Misconfigured("JUPYTERHUB_API_TOKEN is not set.", hint="Use this source in a session of the hub.")
        if not any(_is_service(self._url, hub) for hub in self._hubs()):
            raise Misconfigured(
                "The hub's token goes to the hub's own services only, and this source is not known to be one.",
                hint="If it is one, let `hub` of its login be the hub's address, such as https://hub.example.org/.",
            )
        token = token_from(value, self.name, place="JUPYTERHUB_API_TOKEN")
        return None if refused is not None and token.value == refused.value else token

    def _hubs(self) -> list[str]:
        """Return the addresses at which the hub is known, each with the path above ``services/``."""
        base = self._variables.get("JUPYTERHUB_BASE_URL") or "/"
        said = [
            self._variables.get(name, "") for name in ("JUPYTERHUB_API_URL", "JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_HOST")
        ]
        known = [f"{origin(url)}{base}" for url in said if url]
        public = self._variables.get("JUPYTERHUB_PUBLIC_HUB_URL", "").rstrip("/").removesuffix("/hub")
        return [*known, *filter(None, [public, self._hub])]


def _is_service(url: str, hub: str) -> bool:
    """Whether *url* is a service of the *hub*: on its host and port, below its ``services/``, and not back up from there."""
    path, above = unquote(urlsplit(url).path), urlsplit(hub).path.rstrip("/")
    is_below = path.startswith(f"{above}/services/") and not {".", ".."} & set(path.split("/"))
    return is_below and origin(url) == origin(hub)


def _questioned(ask: Callable[[Get | Post], Answer | None], url: str, variables: Mapping[str, str]) -> Answer | None:
    return ask(Get(url, f"token {variables.get('JUPYTERHUB_API_TOKEN', '')}"))
