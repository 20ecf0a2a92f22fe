"""Four dialects of WebDAV pass the same suite: Apache mod_dav, nginx with dav-ext, wsgidav, and XRootD with real tokens."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import AlreadyExists, Changed
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.dcache import DCache
from ctadata_jlab.storage.webdav import WebDav
from tests.storage.suite import Bytes, Shelf, StorageSuite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rig.doors import Door

_CASES = itertools.count()


def storage_of(door: Door, root: str = "/", kind: type[WebDav] = WebDav) -> WebDav:
    """Return the storage that speaks to *door*."""
    token = door.token
    return kind(
        door.name,
        door.url,
        Trust.of(str(door.ca) if door.ca else ""),
        root=root,
        authorise=(lambda _refused: f"Bearer {token()}") if token else None,
    )


def shelf_of(door: Door, odd_names: frozenset[str] = frozenset(), kind: type[WebDav] = WebDav) -> Iterator[Shelf]:
    """Yield a shelf of its own on *door*."""
    root = f"/case{next(_CASES)}"
    door.raw_folder(root)
    storage = storage_of(door, root, kind)
    yield Shelf(
        storage,
        raw_put=lambda path, data: door.raw_put(root + path, data),
        raw_get=lambda path: door.raw_get(root + path),
        raw_folder=lambda path: door.raw_folder(root + path),
        odd_names=odd_names,
    )
    storage.close()
    door.raw_remove(root)


class TestApache(StorageSuite):
    @pytest.fixture
    def shelf(self, apache: Door) -> Iterator[Shelf]:
        yield from shelf_of(apache)


class TestNginx(StorageSuite):
    @pytest.fixture
    def shelf(self, nginx: Door) -> Iterator[Shelf]:
        yield from shelf_of(nginx)


class TestWsgidav(StorageSuite):
    @pytest.fixture
    def shelf(self, wsgidav: Door) -> Iterator[Shelf]:
        yield from shelf_of(wsgidav)


class TestXrootd(StorageSuite):
    @pytest.fixture
    def shelf(self, xrootd: Door) -> Iterator[Shelf]:
        yield from shelf_of(xrootd, odd_names=frozenset({"what?.txt"}))


def test_an_upload_does_not_replace_what_came_meanwhile_on_xrootd(xrootd: Door) -> None:
    """XRootD ignores `Overwrite: F`; so the name is looked at again just before the rename."""
    root = xrootd.fresh()
    storage = storage_of(xrootd, root)

    class Meanwhile(Bytes):
        def read(self, count: int) -> bytes:
            xrootd.raw_put(f"{root}/f", b"somebody else's")
            return super().read(count)

    with pytest.raises(AlreadyExists):
        storage.put("/f", Meanwhile(b"ours" * 1000), ticket="t")
    assert xrootd.raw_get(f"{root}/f") == b"somebody else's"
    assert [entry.name for entry in storage.list("/")] == ["f"]


def test_only_the_version_that_was_seen_is_replaced_however_long_it_takes(wsgidav: Door) -> None:
    """Somebody else writes while the bytes travel: the rename would take their file away, so it is looked again before."""
    root = wsgidav.fresh()
    wsgidav.raw_put(f"{root}/f", b"seen")
    storage = storage_of(wsgidav, root)
    seen = storage.stat("/f")

    class Meanwhile(Bytes):
        def read(self, count: int) -> bytes:
            wsgidav.raw_put(f"{root}/f", b"somebody else's")
            return super().read(count)

    with pytest.raises(Changed):
        storage.put("/f", Meanwhile(b"ours" * 1000), replace=seen, ticket="t")
    assert wsgidav.raw_get(f"{root}/f") == b"somebody else's"
    assert [entry.name for entry in storage.list("/")] == ["f"]


class TestDCacheClassOnXrootd(StorageSuite):
    """What we add for dCache (further properties, confirmed empties) does no harm on its sibling."""

    @pytest.fixture
    def shelf(self, xrootd: Door) -> Iterator[Shelf]:
        yield from shelf_of(xrootd, odd_names=frozenset({"what?.txt"}), kind=DCache)
