"""A session whose sources are the catalogue and the doors that its files are at, each with a token of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Storage
    from tests.rig.doors import Door
    from tests.rig.rucio import Catalogue, Site

__all__ = ["Field"]


@dataclass(frozen=True)
class Field:
    """What a test of the catalogue has: the server, a scope of its own, two storage elements, and the sources of a user."""

    catalogue: Catalogue
    scope: str
    grid: Site
    dav: Site
    session: Session

    @property
    def storage(self) -> Storage:
        """The catalogue as the user's source."""
        return self.session.storage("rucio")


@dataclass(frozen=True)
class Giver:
    """Has a source's token."""

    token: Callable[[], str]

    def get_access_token(self) -> str:
        return self.token()


@pytest.fixture(scope="session")
def sites(rucio: Catalogue, xrootd: Door, wsgidav: Door) -> tuple[Site, Site]:
    """Return the storage elements at XRootD and at wsgidav."""
    return rucio.site(xrootd), rucio.site(wsgidav)


def settings(rucio: Catalogue, *doors: Door) -> str:
    """Return the text of a ctadata.toml with the catalogue and *doors*."""
    parts = [f'only = []\n[sources.rucio]\ntitle = "Rucio"\nkind = "rucio"\nurl = "{rucio.url}"\nca = "{rucio.ca}"\n']
    parts += [f'[sources.{door.name}]\ntitle = "{door.name}"\nurl = "{door.url}"\nca = "{door.ca}"\n' for door in doors]
    return "".join(parts)


@pytest.fixture
def opened(rucio: Catalogue, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """Return a function that opens a session with the catalogue and some doors, each with its token."""
    made: list[Session] = []

    def open_session(*doors: Door) -> Session:
        file = tmp_path / f"ctadata-{len(made)}.toml"
        file.write_text(f'{settings(rucio, *doors)}[transfers]\nstate = "{tmp_path / "state"}"\n')
        workspace = tmp_path / "workspace"
        workspace.mkdir(exist_ok=True)
        givers = {door.name: Giver(door.token) for door in doors if door.token}
        known = config.load(places=[file]).with_workspace(workspace)
        made.append(Session(known, {"rucio": Giver(rucio.token), **givers}))
        return made[-1]

    yield open_session
    for session in made:
        session.close()


@pytest.fixture
def field(
    rucio: Catalogue, sites: tuple[Site, Site], xrootd: Door, wsgidav: Door, opened: Callable[..., Session]
) -> Field:
    """Return what a test has."""
    return Field(rucio, rucio.scope(), *sites, opened(xrootd, wsgidav))
