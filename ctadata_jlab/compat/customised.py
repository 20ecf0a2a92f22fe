"""A session whose one source is as somebody set it in code, on an `APIClient`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab.session import Session
from ctadata_jlab.storage import registry
from ctadata_jlab.storage.pacing import Pacing
from ctadata_jlab.storage.registry import Credentials
from ctadata_jlab.storage.remembering import Remembering
from ctadata_jlab.storage.retrying import Retrying
from ctadata_jlab.tokens.bearer import Bearer
from ctadata_jlab.tokens.foreign import Foreign
from ctadata_jlab.tokens.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["customised"]


class _Given:
    """A token that was given as text."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_access_token(self) -> str:
        return self._value


def customised(session: Session, name: str, wishes: Mapping[str, str]) -> Session:
    """Return a session like *session*, in which the source *name* has the address, login or token of *wishes*.

    As in `ctadata.toml`, a new address or issuer loses the login that was for the old one.
    """
    settings = session.config.sources[name]
    logins = {key: value for key, value in wishes.items() if key in {"issuer", "client_id", "account", "file"}}
    is_elsewhere = wishes.get("url", settings.url) != settings.url
    login = replace(type(settings.login)() if is_elsewhere else settings.login, **logins)
    settings = replace(settings, url=wishes.get("url", settings.url), login=login)
    changed = Session(replace(session.config, sources={**session.config.sources, name: settings}))
    if "token" in wishes:
        keeper = Keeper(Foreign(_Given(wishes["token"]), "token that was set"))
        bearer = Bearer(keeper, settings.url)
        storage = Retrying(Pacing(registry.build(settings, Credentials(bearer, bearer.authorise))))
        source = replace(changed.sources[name], storage=storage, browse=Remembering(storage), keeper=keeper)
        changed.sources = {**changed.sources, name: source}
    return changed
