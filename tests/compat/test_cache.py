"""Copies of remote files on this machine: keyed by remote path, never stale, bounded, looked at and cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import compat as ctadata
from ctadata_jlab.errors import BadPath
from ctadata_jlab.storage.webdav import WebDav

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.settings import Desk

pytestmark = pytest.mark.parametrize("desk", ["wsgidav"], indirect=True)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what was read of the storage since."""
    seen: list[str] = []
    original = WebDav.open

    def note(self: WebDav, path: str, expect: object = None) -> object:
        seen.append(path)
        return original(self, path, expect)  # type: ignore[arg-type]

    monkeypatch.setattr(WebDav, "open", note)
    return seen


def test_a_copy_is_fetched_once_and_again_when_the_file_is_another(
    desk: Desk, opened: list[str], tmp_path: Path
) -> None:
    """By its remote path; what is asked for is what the storage has now."""
    cache = tmp_path / "cache"
    desk.raw_put("/lst/dl1/a.h5", b"12345")
    first = ctadata.fetch_cached("lst/dl1/a.h5", cache)
    assert first == cache / "dcache/lst/dl1/a.h5"
    assert first.read_bytes() == b"12345"
    assert ctadata.fetch_cached("/lst/dl1/a.h5", cache) == first
    assert opened.count("/lst/dl1/a.h5") <= 2  # the second time at most for the checksum
    desk.raw_put("/lst/dl1/a.h5", b"changed!")
    assert ctadata.fetch_cached("lst/dl1/a.h5", cache).read_bytes() == b"changed!"


def test_an_empty_or_missing_file_is_no_copy(desk: Desk, tmp_path: Path) -> None:
    """A missing one leaves nothing; an empty one that lies there is replaced."""
    cache = tmp_path / "cache"
    with pytest.raises(FileNotFoundError):
        ctadata.fetch_cached("lst/none", cache)
    assert ctadata.cache_info(cache) == []
    desk.raw_put("/lst/a", b"12345")
    (cache / "dcache/lst").mkdir(parents=True, exist_ok=True)
    (cache / "dcache/lst/a").touch()
    assert ctadata.fetch_cached("lst/a", cache).read_bytes() == b"12345"


def test_the_limit_removes_what_was_not_asked_for_longest(desk: Desk, tmp_path: Path) -> None:
    """Never the file that was just asked for."""
    cache = ctadata.Cache(tmp_path / "cache", limit=250)
    for name in ("a", "b", "c"):
        desk.raw_put(f"/{name}", name.encode() * 100)
    ctadata.fetch_cached("a", cache)
    ctadata.fetch_cached("b", cache)
    ctadata.fetch_cached("a", cache)
    ctadata.fetch_cached("c", cache)
    assert [copy.path for copy in cache.info()] == ["/a", "/c"]
    assert cache.size == 200
    desk.raw_put("/large", b"x" * 1000)
    ctadata.fetch_cached("large", cache)
    assert [copy.path for copy in cache.info()] == ["/large"]


def test_it_is_looked_at_and_cleared(desk: Desk, tmp_path: Path) -> None:
    """All, or what is below a path; a folder that is no cache is left alone."""
    cache = tmp_path / "cache"
    for path in ("/lst/a", "/lst/sub/b", "/cta/c"):
        desk.raw_put(path, b"12345")
        ctadata.fetch_cached(path, cache)
    found = ctadata.cache_info(cache)
    assert {(copy.source, copy.path, copy.size) for copy in found} == {
        ("dcache", "/lst/a", 5),
        ("dcache", "/lst/sub/b", 5),
        ("dcache", "/cta/c", 5),
    }
    assert ctadata.cache_clear("/lst", cache) == 10
    assert [copy.path for copy in ctadata.cache_info(cache)] == ["/cta/c"]
    assert not (cache / "dcache/lst").exists()
    assert ctadata.cache_clear(cache=cache) == 5
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"1")
    with pytest.raises(BadPath, match="no cache"):
        ctadata.cache_clear(cache=precious)
    assert (precious / "file").exists()


def test_it_lies_in_scratch_if_there_is_one(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`$SCRATCH/ctadata-cache`, else in the user's cache folder."""
    desk.raw_put("/a", b"1")
    assert ctadata.fetch_cached("a") == tmp_path / "home/.cache/ctadata_jlab/files/dcache/a"
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("SCRATCH", str(tmp_path / "scratch"))
    assert ctadata.fetch_cached("a") == tmp_path / "scratch/ctadata-cache/dcache/a"
