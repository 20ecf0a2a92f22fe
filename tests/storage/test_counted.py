"""What every reader counts by."""

from __future__ import annotations

import pytest

from ctadata_jlab.errors import Corrupted
from ctadata_jlab.storage.counted import Counted


def test_what_passes_is_counted() -> None:
    """Exactly as many bytes as were wanted; where nobody knows how many there are, any number will do."""
    got = bytearray()
    counted = Counted(got.extend)
    counted(b"abc")
    counted(b"")
    counted(b"de")
    assert (bytes(got), counted.total) == (b"abcde", 5)
    counted.require(5, "a file")
    counted.require(None, "a file")
    for wanted in (4, 6):
        with pytest.raises(Corrupted, match="a file"):
            counted.require(wanted, "a file")


def test_what_the_sink_refuses_is_not_counted() -> None:
    """A sink that raises has taken nothing."""

    def full(_: bytes) -> None:
        raise OSError

    counted = Counted(full)
    with pytest.raises(OSError):
        counted(b"abc")
    assert counted.total == 0
