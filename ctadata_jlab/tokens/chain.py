"""Which sources of tokens the settings of a storage mean, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import config as settings
from ctadata_jlab.tokens import FirstOf
from ctadata_jlab.tokens.agent import OidcAgent
from ctadata_jlab.tokens.asking import ask_with
from ctadata_jlab.tokens.environment import Environment
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.oauth import Client
from ctadata_jlab.tokens.own_issuer import OnlyFrom
from ctadata_jlab.tokens.pending import Pending
from ctadata_jlab.tokens.published import Published
from ctadata_jlab.tokens.refresh import Refresh
from ctadata_jlab.tokens.secret import Secret

if TYPE_CHECKING:
    from ctadata_jlab.tokens import TokenSource

__all__ = ["keeper_of", "login_of", "secret_of", "token_file_of"]


def keeper_of(source: settings.Source, login: Pending | None) -> Keeper | None:
    """Return the keeper of the tokens that the login of *source* means; None for an open server.

    *login* is the built-in one. It comes before the file that it shares, so that it can renew what is there.
    """
    wanted, file = source.login, token_file_of(source)
    if wanted.kind in {"none", "basic"}:
        return None
    if wanted.kind == "file":
        return Keeper(TokenFile(file))
    if wanted.kind == "environment":
        return Keeper(Environment())
    if wanted.kind == "oidc-agent":
        return Keeper(OidcAgent(wanted.account, wanted.issuer, optional=False))
    chain: list[TokenSource] = [OnlyFrom(wanted.issuer, Environment())] if wanted.issuer else []
    if login is not None:
        chain.append(login.kept)
    chain.append(TokenFile(file))
    if wanted.account or wanted.issuer:
        chain.append(OidcAgent(wanted.account, wanted.issuer))
    published = None if login is None else Published(login.kept.place.with_name(f"{file.name}.refused"))
    return Keeper(FirstOf(chain), published=published)


def login_of(source: settings.Source) -> Pending | None:
    """Return the built-in login of *source*; None if its settings name no client, or other tokens."""
    wanted = source.login
    if wanted.kind != "auto" or not wanted.issuer or not wanted.client_id:
        return None
    secret = secret_of(source)

    def client() -> Client:
        return Client(wanted.issuer, wanted.client_id, wanted.scope, secret.read())

    place = settings.profile_folder() / f"refresh-{source.name}"
    return Pending(Refresh(place, TokenFile(token_file_of(source)), client, ask_with(source.ca)))


def secret_of(source: settings.Source) -> Secret:
    """Return where the client secret of *source* is: beside the token's file, named as the old clients do."""
    name = token_file_of(source).name
    rest = name.removeprefix("token") if name.startswith("token") else f"-{source.name}"
    variable = f"CTADATA_CLIENT_SECRET_{source.name.upper().replace('-', '_')}"
    return Secret(settings.profile_folder() / f"secret{rest}", variable)


def token_file_of(source: settings.Source) -> Path:
    """Return the file that holds the token, or the password, of *source*."""
    if source.login.file:
        return Path(source.login.file).expanduser()
    return settings.profile_folder() / f"token-{source.name}"
