"""Smaller facts of dCache that a client must not stumble over: a test for each. Removing our guard fails it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import http
from ctadata_jlab.curl import EXPECT_MILLISECONDS, exchange
from ctadata_jlab.errors import Busy, CtaDataError, Misconfigured, Unreachable, Unsupported
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

DATA = os.urandom(300_001)
ZERO_LED = next(data for n in range(10_000) if Bytes(data := b"%d" % n).checksum("adler32").value.startswith("0"))  # type: ignore[union-attr]
DCACHES_PATIENCE = 300
"""Seconds that a door may look for a pool (webdav.properties)."""


# -- 1.1, 1.5: what is told ------------------------------------------------------------------------------------------------


def test_a_file_that_is_still_being_uploaded_is_not_read(double: Double, storage: DCache, tmp_path: Path) -> None:
    """It has no size yet (SIZE undefined), and what there is of it is no file: it is listed, but its bytes are waited for."""
    double.raw_put("/f", DATA)
    double.traps.uploading.add("/f")
    assert [entry.size for entry in storage.list("/")] == [None]
    with pytest.raises(Busy, match="still being written"):
        storage.open("/f")
    assert double.requests("door", "GET") == []
    double.traps.uploading.clear()
    assert content(storage, "/f") == DATA


def test_either_redirect_leads_to_the_pool(double: Double, storage: DCache) -> None:
    """302, say its settings; 307, says its book."""
    double.raw_put("/f", DATA)
    for status in (302, 307):
        double.traps.redirects_with = status
        assert content(storage, "/f") == DATA
    assert {asked.status for asked in double.requests("door", "GET")} == {302, 307}


@pytest.mark.parametrize("upload", [False, True], ids=["down", "up"])
def test_a_request_too_long_for_a_pool_is_not_sent(double: Double, storage: DCache, upload: bool) -> None:
    """A pool does not answer a request line of more than 4096 bytes at all; nobody waits for that."""
    path = "".join(f"/{'é' * 120}{n}" for n in range(6))
    double.traps.deaf_pools = True
    double.raw_put(path, DATA)
    with pytest.raises(Unsupported, match="too long"):
        storage.put(path + "x", Bytes(DATA), ticket="t") if upload else content(storage, path)
    assert double.requests("pool") == []


def test_a_token_too_large_for_the_door_is_told(double: Double) -> None:
    """Its headers end at 8 KiB: 431 is about the token, not about the file."""
    with pytest.raises(Misconfigured, match="token"):
        dcache(double, token="x" * 9000).stat("/")
    with pytest.raises(Misconfigured, match="token"):
        dcache(double, token="x" * 9000).put("/f", Bytes(DATA), ticket="t")


# -- 1.6: how long is waited -------------------------------------------------------------------------------------------


def test_a_door_may_think_as_long_as_it_does() -> None:
    """It looks for a pool for up to 300 s; whether anybody is there at all is known much sooner."""
    assert http.FIRST_BYTE_SECONDS > DCACHES_PATIENCE
    assert EXPECT_MILLISECONDS > 180_000
    assert http.CONNECT_SECONDS <= 30


def test_no_first_byte_is_not_waited_for_for_ever(
    double: Double, storage: DCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also before the first byte there is an end to patience."""
    monkeypatch.setattr(exchange, "FIRST_BYTE_SECONDS", 1.0)
    double.raw_put("/f", DATA)
    double.traps.slow_door = 8
    began = time.monotonic()
    with pytest.raises(Unreachable, match="Nothing moved"):
        content(storage, "/f")
    assert time.monotonic() - began < 7


def test_idle_connections_that_were_cut_are_no_failure(double: Double, storage: DCache) -> None:
    """A door hangs up on who is silent: whatever is asked next goes by another connection."""
    double.reset(Traps(idle_cut=0.2))
    double.raw_put("/d/f", DATA)
    for n in range(3):
        assert len(list(storage.list("/d"))) == 1 + n
        time.sleep(0.4)
        storage.put(f"/d/g{n}", Bytes(b"1"), ticket="t")
        time.sleep(0.4)
        assert content(storage, "/d/f") == DATA


# -- 1.8: checksums ----------------------------------------------------------------------------------------------------


def test_adler32_is_compared_as_a_number(double: Double, storage: DCache, tmp_path: Path) -> None:
    """Some servers drop its leading zeros, some write it in capitals."""
    double.traps.odd_digests = True
    assert storage.put("/f", Bytes(ZERO_LED), ticket="t").verified_by == Bytes(ZERO_LED).checksum("adler32")
    assert _downloaded(storage, tmp_path) == (ZERO_LED, "adler32 checked")


def test_a_site_may_store_md5_alone(double: Double, storage: DCache, tmp_path: Path) -> None:
    """In base64: it proves uploads and downloads as well."""
    double.traps.stores_md5 = True
    assert storage.put("/f", Bytes(DATA), ticket="t").verified_by == Bytes(DATA).checksum("md5")
    assert _downloaded(storage, tmp_path) == (DATA, "md5 checked")
    double.traps.flips = 1
    with pytest.raises(CtaDataError, match="other bytes"):
        storage.put("/g", Bytes(DATA), ticket="t")


# -- 1.11, 2: names ----------------------------------------------------------------------------------------------------


def test_the_frontend_never_names_a_new_file(double: Double, rest: DCache) -> None:
    """Its `mv` always replaces: only what is to be replaced goes by it."""
    rest.put("/f", Bytes(DATA), ticket="t")
    rest.put("/g", Bytes(DATA), replace=True, ticket="t")
    rest.move("/g", "/h")
    assert double.requests("frontend", "POST") == []
    rest.put("/f", Bytes(b"2"), replace=True, ticket="t")
    assert len(double.requests("frontend", "POST")) == 1


# -- 1.12: errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frontend", [False, True], ids=["door", "frontend"])
def test_older_doors_say_500_for_a_full_quota(double: Double, frontend: bool) -> None:
    """Then its reason phrase is all there is to tell; the old file stays, nothing is left."""
    double.reset(replace(Traps.usual(), quota=1000, old_errors=True))
    double.raw_put("/f", b"old")
    with pytest.raises(Unreachable, match="Quota exceeded"):
        dcache(double, frontend=frontend).put("/f", Bytes(DATA), replace=True, ticket="t")
    assert [*double.raw_files()] == [("/f", b"old")]


def test_older_doors_say_500_for_a_forbidden_move(double: Double, storage: DCache) -> None:
    """No rename happened, so the new bytes are swept and the old ones stay."""
    double.reset(replace(Traps.usual(), old_errors=True, moves_forbidden=True))
    double.raw_put("/f", b"old")
    with pytest.raises(Unreachable, match="Permission denied"):
        storage.put("/f", Bytes(DATA), replace=True, ticket="t")
    assert [*double.raw_files()] == [("/f", b"old")]


def _downloaded(storage: DCache, folder: Path) -> tuple[bytes, str]:
    outcome = copy(End("dcache", storage, "/f"), End("local", Local(folder), "/got"), ticket="t")
    return (folder / "got").read_bytes(), outcome.note
