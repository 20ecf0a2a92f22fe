"""The token for the platform's services, as the old client has it: what the user gives for them, else ``JUPYTERHUB_API_TOKEN``.

Where that is the session's own, it opens the user's account at the hub, so it goes to services of that hub alone. A token that the user
sets, in the program or outside of a hub, is meant for the service that is set with it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured, NotLoggedIn
from ctadata_jlab.storage.servicereader import TOKEN_HINT
from ctadata_jlab.tokens.hub import HubToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ctadata_jlab.config import Source

__all__ = ["hub_token", "started_with"]

_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - its name
_SERVICES = ("CTADS_URL", "CTACS_URL")
_PLATFORM = "https://platform.cta.cscs.ch"  # whose services are the older client's defaults
_PUBLIC = ("JUPYTERHUB_PUBLIC_HUB_URL", "JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_HOST")


def hub_token(given: str | None, service: str, sources: Iterable[Source]) -> str:
    """Return the token for *service*: *given* by the user, else the environment's; *sources* are those configured.

    Raises `NotLoggedIn` if there is none, and for the session's own where *service* is not known to be its hub's: it is if its address
    says so, if the session was started with it, or if a source with ``hub-token`` names it or that hub. A session that does not know its
    hub's public address may be the platform's.
    """
    token = os.environ.get(_TOKEN, "") if given is None else given
    if not token.strip():
        raise NotLoggedIn("Invalid jupyterhub token: there is none.", hint=TOKEN_HINT)
    started = started_with()
    is_own = given is None and bool(started.get("JUPYTERHUB_API_URL")) and token == started.get(_TOKEN)
    if is_own and not _is_hubs(service, sources, started):
        raise NotLoggedIn(
            "Invalid jupyterhub token: the session's own goes to its hub's services only, and this service is not known to be one.",
            hint=f"Set {_TOKEN}, or `token=`, to a token for it; or let a source with `hub-token` of ctadata.toml name it.",
        )
    return token.strip()


def _is_hubs(service: str, sources: Iterable[Source], started: Mapping[str, str]) -> bool:
    place = service.rstrip("/")
    known = {started.get(name, "").rstrip("/") for name in _SERVICES}
    hubs = [""]
    for source in sources:
        if source.login.kind == "hub-token":
            known.add(source.url.rstrip("/"))
            hubs.append(source.login.hub)
    if not any(started.get(name) for name in _PUBLIC):
        hubs.append(_PLATFORM)
    return place in known or any(_takes(place, hub, started) for hub in hubs)


def _takes(service: str, hub: str, started: Mapping[str, str]) -> bool:
    try:
        return HubToken(service, hub, started).fetch() is not None
    except Misconfigured:
        return False


@cache
def started_with() -> Mapping[str, str]:
    """Return the environment that this process was started with; where the system does not tell, that of the first call."""
    try:
        said = Path("/proc/self/environ").read_bytes()
    except OSError:
        return dict(os.environ)
    pairs = (one.partition(b"=") for one in said.split(b"\0") if one)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
