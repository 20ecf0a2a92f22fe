"""Our dCache storage passes the suite against the double: well-behaved and as it usually is, with its frontend and without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.dcache import DCache
from ctadata_jlab.storage.discovery import NOWHERE
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.storage.suite import Shelf, StorageSuite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.door.double import Double

OPENED: list[DCache] = []


def dcache(double: Double, *, frontend: bool = False, token: str = TOKEN, http_pools: bool = False) -> DCache:
    """Return our storage at the door of *double*."""

    def authorise(_refused: str | None) -> str:
        return f"Bearer {token}"

    door = DCache(
        "dCache",
        double.door.url,
        Trust.of(str(double.ca)),
        authorise=authorise,
        http_pools=http_pools,
        frontend=double.frontend.url if frontend else NOWHERE,
    )
    OPENED.append(door)
    return door


def shelf_of(double: Double, *, frontend: bool = False) -> Iterator[Shelf]:
    storage = dcache(double, frontend=frontend)
    yield Shelf(storage, double.raw_put, double.raw_get, double.names.make_folder)
    storage.close()
    end = time.monotonic() + 5
    while double.movers and time.monotonic() < end:
        time.sleep(0.01)  # what a client has hung up on is noticed a little later
    assert double.movers == {}, "movers were left behind"


class TestWellBehaved(StorageSuite):
    @pytest.fixture
    def shelf(self, double: Double) -> Iterator[Shelf]:
        yield from shelf_of(double)


class TestAsUsual(StorageSuite):
    @pytest.fixture
    def shelf(self, double: Double) -> Iterator[Shelf]:
        double.reset(Traps.usual())
        yield from shelf_of(double)


class TestAsUsualWithItsFrontend(StorageSuite):
    @pytest.fixture
    def shelf(self, double: Double) -> Iterator[Shelf]:
        double.reset(Traps.usual())
        yield from shelf_of(double, frontend=True)


def test_the_frontend_is_on_the_doors_host() -> None:
    """A token given for the door goes to no other host, whatever a configuration says."""
    with pytest.raises(Misconfigured, match=r"frontend other\.example\.org"):
        DCache("d", "https://door.example.org:2880", Trust.of(), frontend="https://other.example.org:3880")
