"""Which sources of tokens the settings of a storage mean, in their order."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import config as settings
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens import TokenSource
    from ctadata_jlab.tokens.agent_login import AgentLogin
    from ctadata_jlab.tokens.oauth import Client
    from ctadata_jlab.tokens.pending import Pending

__all__ = ["agent_login_of", "keeper_of", "login_of", "secret_of", "token_file_of"]


_HUB_FILES = (Path("/var/run/secrets/egi.eu/access_token"), Path("/var/run/secrets/oidc/access_token"))
"""Where EGI's and the EOSC EU Node's notebooks find the user's token; renewed in place."""
_KEYED = {"s3"}
"""Kinds of sources that know no tokens: their requests are signed with keys."""


def keeper_of(source: settings.Source, login: Pending | None) -> Keeper | None:
    """Return the keeper of the tokens that the login of *source* means; None for an open server, or one with passwords or keys.

    *login* is the built-in one. It comes before the file that it shares, so that it can renew what is there.
    """
    wanted = source.login
    if wanted.kind in {"none", "basic"} or source.kind in _KEYED:
        return None
    if wanted.kind == "file":
        return Keeper(TokenFile(token_file_of(source)))
    return Keeper(_only(source)) if wanted.kind != "auto" else _automatic(source, login)


def _automatic(source: settings.Source, login: Pending | None) -> Keeper:
    """Return the keeper that looks in every place there is."""
    from ctadata_jlab.tokens import FirstOf  # noqa: PLC0415 - only what the settings mean is loaded
    from ctadata_jlab.tokens.agent import OidcAgent  # noqa: PLC0415
    from ctadata_jlab.tokens.asking import ask_with  # noqa: PLC0415
    from ctadata_jlab.tokens.command import Command  # noqa: PLC0415
    from ctadata_jlab.tokens.hub import HubState  # noqa: PLC0415
    from ctadata_jlab.tokens.own_issuer import OnlyFrom  # noqa: PLC0415
    from ctadata_jlab.tokens.published import Published  # noqa: PLC0415
    from ctadata_jlab.tokens.remembered import Remembered  # noqa: PLC0415
    from ctadata_jlab.tokens.stand_in import UntilItEnds  # noqa: PLC0415

    wanted = source.login
    chain: list[TokenSource] = [OnlyFrom(wanted.issuer, found) for found in _discovered()] if wanted.issuer else []
    chain = chain if login is None else [UntilItEnds(found, login.kept) for found in chain]
    file = token_file_of(source)
    chain += [*([] if login is None else [login.kept]), TokenFile(file)]
    if wanted.command:
        chain.append(Remembered(Command(wanted.command)))
    if wanted.account or wanted.issuer:
        chain.append(OidcAgent(wanted.account, wanted.issuer))
    if wanted.issuer:
        chain.append(OnlyFrom(wanted.issuer, Remembered(HubState(ask_with()))))
    published = None if login is None else Published(login.kept.place.with_name(f"{file.name}.refused"))
    return Keeper(FirstOf(chain), published=published)


def _discovered() -> list[TokenSource]:
    """Return where tokens lie of which nobody said whom they are for."""
    from ctadata_jlab.tokens.environment import Environment  # noqa: PLC0415 - only what the settings mean is loaded

    return [Environment(), *(TokenFile(path, name="hub's file") for path in _HUB_FILES)]


def _only(source: settings.Source) -> TokenSource:
    """Return the one source of tokens that a login names."""
    from ctadata_jlab.tokens.agent import OidcAgent  # noqa: PLC0415 - only what the settings mean is loaded
    from ctadata_jlab.tokens.asking import ask_with  # noqa: PLC0415
    from ctadata_jlab.tokens.client_credentials import ClientCredentials  # noqa: PLC0415
    from ctadata_jlab.tokens.command import Command  # noqa: PLC0415
    from ctadata_jlab.tokens.environment import Environment  # noqa: PLC0415
    from ctadata_jlab.tokens.hub import HubState, HubToken  # noqa: PLC0415
    from ctadata_jlab.tokens.remembered import Remembered  # noqa: PLC0415
    from ctadata_jlab.tokens.tessera import Tessera  # noqa: PLC0415

    wanted = source.login
    makers: dict[str, Callable[[], TokenSource]] = {
        "environment": Environment,
        "oidc-agent": lambda: OidcAgent(wanted.account, wanted.issuer, optional=False),
        "command": lambda: Remembered(Command(wanted.command)),
        "client-credentials": lambda: Remembered(ClientCredentials(_client_of(source), ask_with(source.ca))),
        "hub": lambda: Remembered(HubState(ask_with(), optional=False)),
        "hub-token": lambda: HubToken(source.url, wanted.hub),
        "tessera": lambda: Remembered(Tessera(wanted.server, ask_with())),
    }
    return makers[wanted.kind]()


def login_of(source: settings.Source) -> Pending | None:
    """Return the built-in login of *source*; None if its settings name no client, or other tokens."""
    wanted = source.login
    if wanted.kind != "auto" or not wanted.issuer or not wanted.client_id or source.kind in _KEYED:
        return None
    from ctadata_jlab.tokens.asking import ask_with  # noqa: PLC0415 - only what the settings mean is loaded
    from ctadata_jlab.tokens.pending import Pending  # noqa: PLC0415
    from ctadata_jlab.tokens.refresh import Refresh  # noqa: PLC0415
    from ctadata_jlab.tokens.vault import system_vault  # noqa: PLC0415

    place = settings.profile_folder() / f"refresh-{source.name}"
    ask, file = ask_with(source.ca), TokenFile(token_file_of(source))
    return Pending(Refresh(place, file, _client_of(source), ask, vault=cache(system_vault)))


def agent_login_of(source: settings.Source, login: Pending | None) -> AgentLogin | None:
    """Return the login of *source* through oidc-agent; None if its settings name no account, or other tokens. *login* is ours."""
    wanted = source.login
    if wanted.kind not in {"auto", "oidc-agent"} or not wanted.account or source.kind in _KEYED:
        return None
    from ctadata_jlab.tokens.agent_login import AgentLogin  # noqa: PLC0415 - only what the settings mean is loaded
    from ctadata_jlab.tokens.asking import ask_with  # noqa: PLC0415
    from ctadata_jlab.tokens.pending import ByCode  # noqa: PLC0415

    client, ask = _client_of(source), ask_with(source.ca)
    has_client = bool(wanted.issuer and wanted.client_id)
    pending = login or (ByCode(client, ask) if has_client else None)
    return AgentLogin(wanted.account, client, ask, source.ca, None if login is None else login.kept, pending)


def _client_of(source: settings.Source) -> Callable[[], Client]:
    from ctadata_jlab.tokens.oauth import Client  # noqa: PLC0415 - only what the settings mean is loaded

    wanted, secret = source.login, secret_of(source)
    return lambda: Client(wanted.issuer, wanted.client_id, wanted.scope, secret.read())


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
