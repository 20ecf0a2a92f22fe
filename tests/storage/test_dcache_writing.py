"""dCache's traps for who writes: a test per switch of the double. Removing our guard fails it."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import (
    AlreadyExists,
    Changed,
    Corrupted,
    Forbidden,
    NoSpace,
    Unreachable,
)
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.copy import copy
from tests.door.traps import Traps
from tests.storage.suite import Bytes
from tests.storage.test_dcache import dcache

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from ctadata_jlab.storage import Entry
    from ctadata_jlab.storage.dcache import DCache
    from tests.door.double import Double

DATA = os.urandom(1_500_001)
BOTH = pytest.mark.parametrize("frontend", [False, True], ids=["door", "frontend"])


def test_a_slow_door_gets_no_bytes(double: Double, storage: DCache) -> None:
    """It may think for minutes before it redirects; curl alone would send everything to it after a second, then to the pool."""
    double.reset(Traps(slow_door=1.5))
    storage.put("/f", Bytes(DATA), ticket="t")
    assert [asked.took for asked in double.requests("door", "PUT")] == [0]
    assert [asked.took for asked in double.requests("pool", "PUT")] == [len(DATA)]
    assert double.requests("door", "PUT")[0].headers["expect"] == "100-continue"


def test_an_upload_whose_capability_ran_out_goes_by_the_door_again(double: Double, storage: DCache) -> None:
    """The pool sends it back before the first byte, and the door finds another mover."""
    double.reset(Traps(stale=1))
    storage.put("/f", Bytes(DATA), ticket="t")
    assert double.raw_get("/f") == DATA
    assert [asked.took for asked in double.requests("pool", "PUT")] == [0, len(DATA)]


@BOTH
def test_an_upload_that_broke_off_is_sent_again(double: Double, frontend: bool, tmp_path: Path) -> None:
    """A job goes on by itself: the second attempt takes the place of what the first one left."""
    double.reset(replace(Traps.usual(), cut_uploads=1))
    double.raw_put("/f", b"old")
    (tmp_path / "f").write_bytes(DATA)
    target = End("dcache", dcache(double, frontend=frontend), "/f")
    outcome = copy(End("local", Local(tmp_path), "/f"), target, conflict="replace", ticket="job-1")
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], DATA)
    assert outcome.note == ("adler32 checked" if frontend else "adler32 checked, replaced in two steps")


def test_a_pool_gets_no_headers_that_it_refuses(double: Double, storage: DCache) -> None:
    """501 for Content-Type."""
    double.reset(Traps(strict_pools=True))
    storage.put("/f", Bytes(DATA), ticket="t")
    assert double.raw_get("/f") == DATA


@BOTH
def test_the_old_file_is_there_until_the_new_one_is_whole(double: Double, frontend: bool) -> None:
    """A PUT would delete it first: so it is never made onto a name that is taken."""
    double.reset(replace(Traps.usual(), cut_uploads=1))
    double.raw_put("/f", b"precious")
    with pytest.raises(Unreachable):
        dcache(double, frontend=frontend).put("/f", Bytes(DATA), replace=True, ticket="t")
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"precious")


def test_what_a_failed_upload_leaves_is_swept(double: Double, storage: DCache) -> None:
    """Truncated, or never begun: its name is ours, and goes."""
    double.reset(Traps(leftovers=True, cut_uploads=1))
    with pytest.raises(Unreachable):
        storage.put("/f", Bytes(DATA), ticket="t")
    assert double.raw_names() == []


def test_a_predecessors_temporary_is_swept_by_its_ticket(double: Double, storage: DCache) -> None:
    """A killed process leaves one, and where nothing may be overwritten it stands in the way; others' are not touched."""
    double.reset(Traps(overwrite_refused=True))
    double.raw_put("/.f.job7-1.ctapart", b"trunc")
    double.raw_put("/.f.other.ctapart", b"somebody's")
    double.raw_put("/f", b"old")
    storage.put("/f", Bytes(DATA), replace=True, ticket="job7-1")
    assert double.raw_names() == [".f.other.ctapart", "f"]
    assert double.raw_get("/f") == DATA


def test_wrong_bytes_get_no_name(double: Double, storage: DCache) -> None:
    """One flipped bit between us and the disk: an error, the old content stays, nothing is left.

    Content-MD5 would not do: dCache refuses what does not fit it, but keeps the file (#7862).
    """
    double.reset(Traps(flips=1, keeps_mismatched=True))
    double.raw_put("/f", b"old")
    with pytest.raises(Corrupted, match="other bytes"):
        storage.put("/f", Bytes(DATA), replace=True, ticket="t")
    double.reset(Traps(truncates=1, no_checksums=True))
    double.raw_put("/f", b"old")
    with pytest.raises(Corrupted, match="were stored"):
        storage.put("/f", Bytes(DATA), replace=True, ticket="t")
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"old")


def test_the_answers_digest_is_the_proof(double: Double, storage: DCache) -> None:
    """The pool computed it while it wrote, so nobody waits for the one that is stored."""
    double.reset(Traps(checksum_late=30))
    began = time.monotonic()
    assert storage.put("/f", Bytes(DATA), ticket="t").verified_by == Bytes(DATA).checksum("adler32")
    assert time.monotonic() - began < 15
    double.traps.flips = 1
    with pytest.raises(Corrupted, match="other bytes"):
        storage.put("/g", Bytes(DATA), ticket="t")


def test_a_late_checksum_is_waited_for(double: Double, storage: DCache) -> None:
    """It is not there right after the upload: asked again, for a while."""
    double.reset(Traps(checksum_late=2.0, no_put_digest=True))
    assert storage.put("/f", Bytes(DATA), ticket="t").verified_by == Bytes(DATA).checksum("adler32")


def test_no_checksum_is_waited_for_once_only(double: Double, storage: DCache) -> None:
    """A site that stores none says so by silence, and is not waited for with every file."""
    double.reset(Traps(no_checksums=True))
    assert storage.put("/f", Bytes(DATA), ticket="t").verified_by is None
    asked = len(double.requests("door"))
    assert storage.put("/g", Bytes(DATA), ticket="t").verified_by is None
    assert len(double.requests("door")) - asked <= 5


@pytest.mark.parametrize("quota", [500, 1_600_000])
def test_a_full_quota_leaves_the_old_file(double: Double, storage: DCache, quota: int) -> None:
    """507, before the first byte or after the last one."""
    double.reset(Traps(quota=quota))
    double.raw_put("/f", b"o" * 400)
    if quota > len(DATA):
        double.raw_put("/g", b"o" * 400_000)
    with pytest.raises(NoSpace):
        storage.put("/f", Bytes(DATA), replace=True, ticket="t")
    assert double.raw_get("/f") == b"o" * 400
    assert "f" in double.raw_names()
    assert len([name for name in double.raw_names() if name.endswith(".ctapart")]) == 0


def test_a_read_only_door_is_told_as_such(double: Double, storage: DCache) -> None:
    """403, and nothing happened."""
    double.reset(Traps(read_only=True))
    double.raw_put("/f", b"1")
    for attempt in (
        lambda: storage.put("/g", Bytes(b"1"), ticket="t"),
        lambda: storage.make_folder("/x"),
        lambda: storage.move("/f", "/g"),
        lambda: storage.remove("/f"),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert double.raw_names() == ["f"]


# -- taking the name ---------------------------------------------------------------------------------------------------


def test_the_receipt_tells_how_it_was_committed(double: Double, storage: DCache, rest: DCache) -> None:
    """Renamed, replaced in two steps by the door, or in one by the frontend."""
    double.reset(Traps.usual())
    assert storage.put("/f", Bytes(b"1"), ticket="t").commit == "rename"
    assert storage.put("/new", Bytes(b"1"), replace=True, ticket="t").commit == "rename"
    assert storage.put("/f", Bytes(b"2"), replace=True, ticket="t").commit == "replace"
    assert rest.put("/f", Bytes(b"3"), replace=storage.stat("/f"), ticket="t").commit == "exchange"
    assert double.raw_get("/f") == b"3"
    assert (storage.traits.replaces_atomically, rest.traits.replaces_atomically) == (False, True)


def test_replacing_by_the_frontend_is_never_without_a_file(double: Double, rest: DCache) -> None:
    """A reader who looks all the time sees the old or the new bytes, never nothing."""
    double.reset(Traps.usual())
    double.raw_put("/f", b"0")
    seen: list[bool] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(double.names.find("/f") is not None)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for n in range(3):
        rest.put("/f", Bytes(bytes([n])), replace=True, ticket="t")
    done.set()
    watcher.join()
    assert all(seen)
    assert double.requests("door", "MOVE") == []


def test_without_its_frontend_the_door_replaces(double: Double, rest: DCache) -> None:
    """A frontend that is down is no reason to fail."""
    double.reset(replace(Traps.usual(), frontend_down=True))
    double.raw_put("/f", b"old")
    assert rest.put("/f", Bytes(b"new"), replace=True, ticket="t").commit == "replace"
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"new")


def test_a_door_that_dies_between_delete_and_rename_loses_nothing(double: Double, storage: DCache) -> None:
    """``Overwrite: T`` deletes first; then the new file, whole under its temporary name, is given the name again."""
    double.reset(replace(Traps.usual(), move_dies=1))
    double.raw_put("/f", b"old")
    storage.put("/f", Bytes(b"new"), replace=True, ticket="t")
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"new")


def test_the_new_file_is_not_swept_while_the_old_one_is_gone(
    double: Double, storage: DCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If that fails as well, the whole new file stays, and the error says where."""
    double.reset(replace(Traps.usual(), move_dies=1))
    double.raw_put("/f", b"old")
    rename = storage.rename

    def cut_off(entry: Entry, target: str, *, overwrite: bool) -> httpx.Response:
        if not overwrite:
            raise Unreachable("the network is gone")
        return rename(entry, target, overwrite=overwrite)

    monkeypatch.setattr(storage, "rename", cut_off)
    with pytest.raises(Unreachable) as caught:
        storage.put("/f", Bytes(b"new"), replace=True, ticket="t")
    assert double.raw_names() == [".f.t.ctapart"]
    assert "/.f.t.ctapart" in caught.value.hint


@BOTH
@pytest.mark.parametrize("old", [b"", b"old!"], ids=["new", "replaced"])
def test_a_lost_answer_to_the_commit_is_resolved_by_looking(double: Double, frontend: bool, old: bytes) -> None:
    """The pnfsid under the final name tells that the rename happened."""
    double.reset(replace(Traps.usual(), lost_moves=1))
    if old:
        double.raw_put("/f", old)
    receipt = dcache(double, frontend=frontend).put("/f", Bytes(b"new!"), replace=bool(old), ticket="t")
    assert double.traps.lost_moves == 0
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"new!")
    assert receipt.commit == ("rename" if not old else "exchange" if frontend else "replace")
    assert receipt.entry.version == f"{double.names.find('/f').etag}"  # type: ignore[union-attr]


@BOTH
def test_only_the_version_that_was_seen_is_replaced(double: Double, frontend: bool) -> None:
    """An upload takes its time: it is looked again just before the old file is given up."""
    double.raw_put("/f", b"seen")
    door = dcache(double, frontend=frontend)
    seen = door.stat("/f")

    class Meanwhile(Bytes):
        def read(self, count: int) -> bytes:
            double.raw_put("/f", b"somebody else's")
            return super().read(count)

    with pytest.raises(Changed):
        door.put("/f", Meanwhile(DATA), replace=seen, ticket="t")
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"somebody else's")


def test_what_came_meanwhile_is_not_replaced(double: Double, storage: DCache) -> None:
    """``Overwrite: F`` for a new file; no header would do on dCache, but nowhere else."""

    class Meanwhile(Bytes):
        def read(self, count: int) -> bytes:
            double.raw_put("/f", b"somebody else's")
            return super().read(count)

    with pytest.raises(AlreadyExists):
        storage.put("/f", Meanwhile(DATA), ticket="t")
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], b"somebody else's")
    assert double.requests("door", "MOVE")[0].headers["overwrite"] == "F"


def test_a_folder_is_never_replaced_by_a_file(double: Double, storage: DCache) -> None:
    """``Overwrite: T`` would delete it with all that it holds."""
    double.reset(Traps.usual())
    double.raw_put("/f/precious", b"1")
    with pytest.raises(AlreadyExists):
        storage.put("/f", Bytes(DATA), replace=True, ticket="t")
    assert double.raw_names("/f") == ["precious"]
