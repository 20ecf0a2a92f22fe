"""Fixtures of the tests of transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stamina

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_rests() -> Iterator[None]:
    """Repeat as in earnest, but without resting."""
    with stamina.set_testing(True, attempts=5):
        yield
