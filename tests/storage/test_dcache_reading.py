"""dCache's traps for who lists and reads: a test per switch of the double. Removing our guard fails it."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.curl import exchange
from ctadata_jlab.errors import (
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    Misconfigured,
    Offline,
    Unreachable,
)
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.copy import copy
from tests.door.traps import Traps
from tests.storage.suite import Bytes, content
from tests.storage.test_dcache import dcache

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.storage.dcache import DCache
    from tests.door.double import Double

DATA = os.urandom(1_500_001)
BOTH = pytest.mark.parametrize("frontend", [False, True], ids=["door", "frontend"])


def downloaded(storage: DCache, path: str, folder: Path) -> tuple[bytes, str]:
    """Copy *path* into *folder* as a job does; return the bytes and what the job says of their proof."""
    outcome = copy(End("dcache", storage, path), End("local", Local(folder), "/got"), ticket="t")
    return (folder / "got").read_bytes(), outcome.note


# -- listings ----------------------------------------------------------------------------------------------------------


@BOTH
def test_an_empty_listing_is_not_believed(double: Double, frontend: bool) -> None:
    """A folder that cannot be read is shown as empty; we ask where the answer is honest."""
    double.reset(Traps(unreadable={"/secret"}, silent_empty=True))
    double.raw_put("/secret/f", b"1")
    double.names.make_folder("/empty")
    door = dcache(double, frontend=frontend)
    with pytest.raises(Forbidden):
        list(door.list("/secret"))
    with pytest.raises(CtaDataError):
        door.remove("/secret")
    assert double.raw_names("/secret") == ["f"]
    assert list(door.list("/empty")) == []
    assert double.requests("frontend" if frontend else "door", "GET")


@BOTH
def test_a_folder_of_unfinished_uploads_is_not_taken_for_a_lie(double: Double, frontend: bool) -> None:
    """They are not shown, but they are why the frontend says that it holds something."""
    double.raw_put("/up/.f.job-1.ctapart", b"1")
    assert list(dcache(double, frontend=frontend).list("/up")) == []


def test_without_its_frontend_an_empty_listing_is_confirmed_by_the_page(double: Double, rest: DCache) -> None:
    """A frontend that is down makes nothing worse."""
    double.reset(Traps(unreadable={"/secret"}, silent_empty=True, frontend_down=True))
    double.raw_put("/secret/f", b"1")
    with pytest.raises(Forbidden):
        list(rest.list("/secret"))


def test_depth_is_always_said(double: Double, storage: DCache) -> None:
    """A listing cut at the third level is never asked for."""
    double.reset(Traps(depth_cut=3))
    double.raw_put("/1/2/3/4/5", b"")
    assert [entry.path for entry in storage.list("/1")] == ["/1/2"]
    storage.stat("/1/2")
    assert {asked.headers.get("depth") for asked in double.requests("door", "PROPFIND")} == {"0", "1"}


def test_what_stands_in_a_404_propstat_is_not_there(double: Double, storage: DCache) -> None:
    """Files have no resourcetype and folders no length; both stand in the answer all the same."""
    double.raw_put("/f", b"123")
    entry = storage.stat("/f")
    assert (entry.kind, entry.size, entry.online) == ("file", 3, True)
    assert entry.checksum == Bytes(b"123").checksum("adler32")
    assert storage.stat("/").size is None


# -- downloads ---------------------------------------------------------------------------------------------------------


def test_ranges_share_one_redirect_and_say_goodbye(double: Double, storage: DCache) -> None:
    """One question to the door for all ranges of a reader, in parallel, and no mover is left with the pool."""
    double.raw_put("/f", DATA)
    bounds = [(n * 300_000, min((n + 1) * 300_000, len(DATA))) for n in range(6)]
    parts = [bytearray() for _ in bounds]
    with storage.open("/f") as reader, ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda n: reader.pour(*bounds[n], parts[n].extend), range(len(bounds))))
        assert len(double.movers) == 1
    assert b"".join(parts) == DATA
    assert len(double.requests("door", "GET")) == 1
    assert double.movers == {}


def test_a_whole_file_needs_a_redirect_of_its_own(double: Double, storage: DCache) -> None:
    """A capability for a whole file is used up by it."""
    double.raw_put("/f", DATA)
    assert content(storage, "/f") + content(storage, "/f") == DATA + DATA
    assert not [asked for asked in double.requests("pool") if "range" in asked.headers]
    assert len(double.requests("door", "GET")) == 2


@pytest.mark.parametrize("refused", [False, True], ids=["redirected", "refused"])
def test_a_capability_that_ran_out_is_replaced(double: Double, storage: DCache, refused: bool, tmp_path: Path) -> None:
    """The pool has forgotten us: the door is asked again, for whole files and in the middle of ranges."""
    double.reset(Traps(stale=1, stale_refused=refused))
    double.raw_put("/f", DATA)
    assert downloaded(storage, "/f", tmp_path)[0] == DATA
    got = bytearray()
    with storage.open("/f") as reader:
        reader.pour(0, 10, got.extend)
        double.movers.clear()
        reader.pour(10, 20, got.extend)
    assert bytes(got) == DATA[:20]


def test_a_pool_never_sees_the_token(double: Double, storage: DCache) -> None:
    """The URL is the permission, for downloads and uploads."""
    storage.put("/f", Bytes(DATA), ticket="t")
    content(storage, "/f", 5, 10)
    assert double.requests("pool", "GET")
    assert double.requests("pool", "PUT")
    assert not [asked for asked in double.requests("pool") if "authorization" in asked.headers]


def test_another_version_between_question_and_bytes_is_noticed(double: Double, storage: DCache, tmp_path: Path) -> None:
    """A pool tells no version and ignores If-Range: without a checksum the door is asked again afterwards."""
    double.reset(Traps(no_checksums=True))
    double.raw_put("/f", b"old!")
    reader = storage.open("/f")
    double.raw_put("/f", b"new!")
    with pytest.raises(Changed):
        reader.pour(0, None, lambda _: None)
    assert downloaded(storage, "/f", tmp_path) == (b"new!", "size checked only")


def test_a_part_of_another_version_is_not_continued(double: Double, storage: DCache, tmp_path: Path) -> None:
    """The first half of one version and the second half of another are no file, though the size fits."""
    double.reset(Traps(cut_downloads=99, cut_after=700_000, no_checksums=True))
    double.raw_put("/f", DATA)
    with pytest.raises(Unreachable), storage.open("/f") as reader:
        reader.pour(0, None, lambda _: None)
    seen = storage.stat("/f")
    double.raw_put("/f", DATA[::-1])
    with pytest.raises(Changed):
        storage.open("/f", seen)
    double.traps.cut_downloads = 0
    assert downloaded(storage, "/f", tmp_path)[0] == DATA[::-1]


def test_a_body_that_breaks_off_is_continued(double: Double, storage: DCache, tmp_path: Path) -> None:
    """What came stays, the rest is asked for; the checksum proves the whole."""
    double.reset(Traps(cut_downloads=2, cut_after=600_000))
    double.raw_put("/f", DATA)
    assert downloaded(storage, "/f", tmp_path) == (DATA, "adler32 checked")
    assert double.traps.cut_downloads == 0
    assert [asked.headers.get("range", "").split("-")[0] for asked in double.requests("pool", "GET")[:2]] == [
        "",
        "bytes=600000",
    ]


def test_a_body_that_stalls_is_given_up(double: Double, storage: DCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever for bytes that do not come."""
    monkeypatch.setattr(exchange, "IDLE_SECONDS", 1.0)
    double.reset(Traps(cut_downloads=1, stall=20))
    double.raw_put("/f", DATA)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="Nothing moved"):
        content(storage, "/f")
    assert time.monotonic() - began < 10


def test_a_file_on_tape_is_not_asked_for(double: Double, storage: DCache) -> None:
    """The door would recall it and block for minutes; also when a listing said otherwise, or did not ask."""
    double.reset(Traps(tape_blocks=5))
    node = double.raw_put("/f", b"1")
    listed = storage.stat("/f")
    node.locality = "NEARLINE"
    for expect in (None, listed, replace(listed, online=None), storage.stat("/f")):
        with pytest.raises(Offline):
            storage.open("/f", expect)
    assert double.requests("door", "GET") == []


def test_a_file_whose_pool_is_down_is_not_on_tape(double: Double, storage: DCache) -> None:
    """To stage it would be no help: it is an error worth another try, in the server's words."""
    double.raw_put("/f", b"1").locality = "UNAVAILABLE"
    with pytest.raises(Unreachable, match="File is unavailable"):
        content(storage, "/f")


# -- plain http --------------------------------------------------------------------------------------------------------


def test_pools_without_tls_are_refused(double: Double, storage: DCache) -> None:
    """Bytes do not travel in the open unasked."""
    double.reset(Traps(http_pools=True))
    double.raw_put("/f", b"1")
    with pytest.raises(Misconfigured, match="plain http"):
        content(storage, "/f")
    with pytest.raises(Misconfigured, match="plain http"):
        storage.put("/g", Bytes(b"1"), ticket="t")
    assert double.requests("http pool") == []


def test_pools_without_tls_need_a_checksum(double: Double, tmp_path: Path) -> None:
    """Allowed by the source's settings, but only what a checksum of the door proves; the size is no proof."""
    double.reset(Traps(http_pools=True))
    door = dcache(double, http_pools=True)
    double.raw_put("/f", DATA)
    assert downloaded(door, "/f", tmp_path) == (DATA, "adler32 checked")
    assert door.put("/g", Bytes(DATA), ticket="t").verified_by
    assert not [asked for asked in double.requests("http pool") if "authorization" in asked.headers]
    double.traps.no_checksums = True
    with pytest.raises(Corrupted, match="plain http"):
        content(door, "/f")
    with pytest.raises(Corrupted, match="plain http"):
        door.put("/h", Bytes(DATA), ticket="t")
    assert double.raw_names() == ["f", "g"]


def test_a_pool_without_tls_cannot_vouch_for_itself(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Digest that came in the open proves nothing: only the door's does."""
    monkeypatch.setattr("ctadata_jlab.storage.dcache.CHECKSUM_WAITS", (0.0,))
    double.reset(Traps(http_pools=True, checksum_late=30))
    with pytest.raises(Corrupted, match="plain http"):
        dcache(double, http_pools=True).put("/g", Bytes(DATA), ticket="t")
