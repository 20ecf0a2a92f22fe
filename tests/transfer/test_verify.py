"""Whether a local copy holds the bytes that a storage has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import NotFound, Unsupported
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(256)) * 8192


@pytest.fixture
def ends(tmp_path: Path) -> tuple[End, End]:
    (tmp_path / "copy").write_bytes(DATA)
    return End("sky", Memory({"/a": DATA}), "/a"), End("local", Local(tmp_path), "/copy")


def test_the_same_bytes(ends: tuple[End, End]) -> None:
    """A whole copy is proven by the storage's checksum; it is told how far the reading is."""
    told: list[int] = []
    verdict = verify(*ends, told.append)
    assert verdict.same
    assert verdict.theirs is not None
    assert verdict.theirs == verdict.ours
    assert told == [1 << 20, 2 << 20]


@pytest.mark.parametrize("spoiled", [DATA[:-1] + b"x", DATA[:-1], DATA + b"x"], ids=["changed", "short", "long"])
def test_other_bytes(ends: tuple[End, End], tmp_path: Path, spoiled: bytes) -> None:
    """A single byte makes the difference."""
    (tmp_path / "copy").write_bytes(spoiled)
    assert not verify(*ends).same


def test_without_a_checksum_only_sizes_speak(ends: tuple[End, End], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the storage has no checksum that is known here, the verdict says that none was compared."""
    stat = Memory.stat

    def bare(self: Memory, path: str) -> Any:
        return replace(stat(self, path), checksum=None)

    monkeypatch.setattr(Memory, "stat", bare)
    monkeypatch.setattr(Memory, "traits", replace(Memory.traits, checksums=()))
    verdict = verify(*ends)
    assert (verdict.same, verdict.theirs, verdict.ours) == (True, None, None)


def test_what_cannot_be_compared(ends: tuple[End, End]) -> None:
    """A folder, a missing copy and a copy elsewhere are refused in words."""
    remote, local = ends
    with pytest.raises(NotFound):
        verify(remote, replace(local, path="/nope"))
    with pytest.raises(Unsupported, match="folder"):
        verify(remote, replace(local, path="/"))
    with pytest.raises(Unsupported, match="not on this machine"):
        verify(remote, remote)
