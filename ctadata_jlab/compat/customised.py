"""A session whose one source is as somebody set it in code, on an `APIClient`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ctadata_jlab.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ctadata_jlab.tokens.foreign import GivesAccessTokens

__all__ = ["customised", "given"]


class _Given:
    """A token that was given as text."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_access_token(self) -> str:
        return self._value


def given(token: str) -> GivesAccessTokens:
    """Return an object that has the one *token*."""
    return _Given(token)


def customised(session: Session, name: str, wishes: Mapping[str, Any]) -> Session:
    """Return a session like *session*, in which the source *name* has the address, login or token of *wishes*.

    The token may be an object with `get_access_token()`.
    As in `ctadata.toml`, a new address or issuer loses the login that was for the old one.
    """
    settings = session.config.sources[name]
    logins = {key: value for key, value in wishes.items() if key in {"issuer", "client_id", "account", "file"}}
    is_elsewhere = wishes.get("url", settings.url) != settings.url
    login = replace(type(settings.login)() if is_elsewhere else settings.login, **logins)
    settings = replace(settings, url=wishes.get("url", settings.url), login=login)
    token = wishes.get("token")
    givers = {} if token is None else {name: _Given(token) if isinstance(token, str) else token}
    return Session(replace(session.config, sources={**session.config.sources, name: settings}), givers)
