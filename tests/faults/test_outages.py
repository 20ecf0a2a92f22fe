"""Storage that is away just as long as a file's usual attempts last; ``make soak`` lets it be away for a minute."""

from __future__ import annotations

import random
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.door.traps import Traps
from tests.e2e.server import serving
from tests.faults.outage import Carrying, files_of
from tests.faults.siege import source_of
from tests.rig import xrootd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.door.double import Double
    from tests.rig.certificate import Certificate
    from tests.rig.provider import Provider
    from tests.rig.xrootd import XRootD

SECONDS = 12.0
RATE = 1_500_000


def test_dcache_that_was_away_is_waited_for(double: Double, tmp_path: Path) -> None:
    """Both jobs are done by themselves, whatever was on its way when it went."""
    lose_dcache(double, tmp_path, SECONDS)


def lose_dcache(double: Double, folder: Path, seconds: float) -> None:
    double.reset(replace(Traps.usual(), rate=RATE))
    with serving(folder, source_of(double, folder)) as server:
        carrying = Carrying(server, "grid", double.raw_put, lambda: dict(double.raw_files()))
        carrying.begin(random.Random(1))
        carrying.lose(double.gone(), seconds)
        carrying.finish()


@pytest.fixture
def site(rig_folder: Path, certificate: Certificate, provider: Provider) -> XRootD:
    return xrootd.prepared(rig_folder / "xrootd-that-goes", certificate, provider)


def test_xrootd_that_was_stopped_and_started_is_waited_for(site: XRootD, tmp_path: Path) -> None:
    """The same for a real server, really stopped and started."""
    lose_xrootd(site, tmp_path, SECONDS)


def lose_xrootd(site: XRootD, folder: Path, seconds: float) -> None:
    door = site.door
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(door.token() if door.token else "")
    config = (
        f'only = []\n[sources.grid]\nurl = "{door.url}"\nca = "{door.ca}"\n'
        f'[sources.grid.login]\nkind = "file"\nfile = "{token}"\n'
    )
    with ExitStack() as up, serving(folder, config) as server:
        up.enter_context(site.up())
        carrying = Carrying(server, "grid", door.raw_put, lambda: files_of(door), door.fresh(), RATE)
        carrying.begin(random.Random(1))
        carrying.lose(_gone(up, site), seconds)
        carrying.finish()


@contextmanager
def _gone(up: ExitStack, site: XRootD) -> Iterator[None]:
    up.close()
    yield
    up.enter_context(site.up())
