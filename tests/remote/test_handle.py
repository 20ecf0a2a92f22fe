"""What a notebook has of an attached file: nothing is asked until it is used."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import fsspec
import pytest

from ctadata_jlab import Handle
from ctadata_jlab.errors import BadPath, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.settings import Desk

pytestmark = pytest.mark.parametrize("desk", ["wsgidav"], indirect=True)


def test_making_one_asks_nobody(desk: Desk) -> None:
    """Of a source that is not there as well: the error comes when it is used, and names what there is."""
    handle = Handle("nowhere", "lst/a b'.h5")
    assert repr(handle) == """Handle('nowhere', "/lst/a b'.h5")"""
    assert eval(repr(handle), {"Handle": Handle}) == handle
    assert pickle.loads(pickle.dumps(handle)) == handle
    with pytest.raises(NotFound) as caught:
        assert handle.entry
    assert "dcache" in caught.value.hint
    with pytest.raises(BadPath):
        Handle("dcache", "/../etc")


def test_it_stands_for_the_file(desk: Desk, tmp_path: Path) -> None:
    """As it is now: bytes, lines, facts, a download, and a path for whatever reads by fsspec."""
    desk.raw_put("/lst/a b.txt", b"12345")
    folder = Handle("dcache", "/lst")
    file = folder / "a b.txt"
    assert (file.entry.size, file.read(1, 3)) == (5, b"23")
    assert [entry.name for entry in folder.list()] == ["a b.txt"]
    with file.open("r") as text:
        assert text.read() == "12345"
    assert file.get(tmp_path / "copy").files == 1
    with fsspec.open(file.url) as stream:
        assert stream.read() == b"12345"
    desk.raw_put("/lst/a b.txt", b"123456")
    assert file.read() == b"123456"
