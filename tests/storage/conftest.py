"""Our dCache storage at the double, closed after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.test_dcache import OPENED, dcache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage.dcache import DCache
    from tests.door.double import Double


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close what the test has opened."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def storage(double: Double) -> DCache:
    return dcache(double)


@pytest.fixture
def rest(double: Double) -> DCache:
    return dcache(double, frontend=True)
