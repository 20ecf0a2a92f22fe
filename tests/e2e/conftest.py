"""The doors as sources of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.server import Client
    from tests.rig.agent import Agent
    from tests.rig.doors import Door
    from tests.rig.provider import Provider


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    wsgidav: Door,
    apache: Door,
    xrootd: Door,
    agent: Agent,
    provider: Provider,
) -> Iterator[Client]:
    """One server on three doors: two with tokens from files, XRootD with tokens from a real provider through a real agent."""
    folder = tmp_path_factory.mktemp("server")
    parts = []
    for door in (wsgidav, apache):
        assert door.token is not None
        token = folder / f"{door.name}.token"
        token.touch(mode=0o600)
        token.write_text(door.token() + "\n")
        parts.append(_table(door, f'kind = "file"\nfile = "{token}"'))
    parts.append(_table(xrootd, f'kind = "oidc-agent"\naccount = "{agent.account}"\nissuer = "{provider.issuer}"'))
    environment = {"OIDC_SOCK": str(agent.socket)}
    with serving(
        folder, "only = []\n" + "\n".join(parts), environment=environment, extensions=("tests.e2e.lag",)
    ) as client:
        yield client


def _table(door: Door, login: str) -> str:
    return f'[sources.{door.name}]\nurl = "{door.url}"\nca = "{door.ca}"\n[sources.{door.name}.login]\n{login}\n'
