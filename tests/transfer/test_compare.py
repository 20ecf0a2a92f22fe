"""Which version is which."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from ctadata_jlab.storage import Entry
from ctadata_jlab.transfer.compare import are_one_version

NOW = datetime(2024, 11, 14, tzinfo=timezone.utc)
ONE = Entry("/a", "file", 5, NOW, '"1"')


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ONE, True),
        (replace(ONE, version='W/"1"'), True),
        (replace(ONE, version='"2"'), False),
        (replace(ONE, size=6), False),
        (replace(ONE, size=None), True),
        (replace(ONE, version=None), True),
        (replace(ONE, version=None, modified=datetime(2025, 1, 1, tzinfo=timezone.utc)), False),
        (replace(ONE, kind="folder"), False),
    ],
)
def test_one_version_is_recognised(other: Entry, same: bool) -> None:
    """By its tag, weak or not; else by time; never with another size."""
    assert are_one_version(ONE, other) is same
    assert are_one_version(other, ONE) is same
