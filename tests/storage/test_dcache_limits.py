"""dCache's limits for tokens and rates: a test per switch of the double. Removing our guard fails it."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import (
    AlreadyExists,
    Busy,
    Forbidden,
    NotLoggedIn,
)
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.dcache import DCache
from ctadata_jlab.storage.local import Local
from ctadata_jlab.tokens.bearer import Bearer
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.proof import Proof
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.copy import copy
from tests.door.moments import Moment
from tests.door.traps import Traps
from tests.storage.suite import Bytes, content
from tests.storage.test_dcache import OPENED, dcache
from tests.tokens.making import Scripted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double
    from tests.door.serving import Asked

DATA = os.urandom(1_500_001)
BOTH = pytest.mark.parametrize("frontend", [False, True], ids=["door", "frontend"])


def jwt(scope: str) -> str:
    """Return a token that claims *scope*."""
    parts = ({"alg": "none"}, {"scope": scope})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".sig"


def test_a_token_that_may_only_create_uploads_straight(double: Double) -> None:
    """It could not remove a temporary: straight, never onto something, and the receipt says so."""
    token = jwt("openid storage.create:/ storage.read:/")
    double.tokens = {token: {"storage.create"}}
    door = dcache(double, token=token)
    receipt = door.put("/f", Bytes(DATA), ticket="t")
    assert (receipt.commit, receipt.verified_by) == ("direct", Bytes(DATA).checksum("adler32"))
    assert (double.raw_names(), double.raw_get("/f")) == (["f"], DATA)
    assert double.requests("door", "PUT")[0].headers["if-none-match"] == "*"
    with pytest.raises(AlreadyExists):
        door.put("/f", Bytes(b"other"), ticket="t")
    with pytest.raises(Forbidden, match="not replace"):
        door.put("/f", Bytes(b"other"), replace=True, ticket="t")
    assert double.raw_get("/f") == DATA


def test_a_token_that_may_also_modify_goes_by_a_temporary(double: Double) -> None:
    """It can clean up, so nothing half-done ever has the final name."""
    token = jwt("storage.create:/ storage.modify:/ storage.read:/")
    double.tokens = {token: {"storage.create", "storage.modify"}}
    assert dcache(double, token=token).put("/f", Bytes(DATA), ticket="t").commit == "rename"


def test_what_such_a_token_cannot_clean_is_told(double: Double) -> None:
    """A broken upload stays under its name, and the error says so."""
    token = jwt("storage.create:/")
    double.reset(Traps(leftovers=True, cut_uploads=1))
    double.tokens = {token: {"storage.create"}}
    with pytest.raises(Forbidden, match=r"broke|failed.*may not remove it") as caught:
        dcache(double, token=token).put("/f", Bytes(DATA), ticket="t")
    assert "storage.modify" in caught.value.hint


def test_a_straight_upload_whose_answer_was_lost_is_looked_at(double: Double) -> None:
    """It is whole, so it is done."""
    token = jwt("storage.create:/")
    double.tokens = {token: {"storage.create"}}
    double.moment = Moment(3, "lost")
    receipt = dcache(double, token=token).put("/f", Bytes(DATA), ticket="t")
    assert double.moment.snapped
    assert (receipt.commit, double.raw_get("/f")) == ("direct", DATA)


@pytest.mark.parametrize("trap", ["cut_uploads", "flips", "stale"])
def test_a_job_tells_what_such_a_token_cannot_clean(double: Double, tmp_path: Path, trap: str) -> None:
    """It does not try again and then wonder who has taken the name."""
    token = jwt("storage.create:/")
    double.reset(Traps(leftovers=True, **{trap: 1}))  # type: ignore[arg-type]
    double.tokens = {token: {"storage.create"}}
    (tmp_path / "f").write_bytes(DATA)
    with pytest.raises(Forbidden, match="may not remove it"):
        copy(End("local", Local(tmp_path), "/f"), End("dcache", dcache(double, token=token), "/f"), ticket="t")


def test_a_refused_token_does_not_block_the_address(double: Double) -> None:
    """Three 401 would block everybody behind it: two are sent, whoever asks, and then none for a while."""
    double.reset(Traps(block_after_401=3))
    bearer = Bearer(Keeper(Scripted([jwt(f"storage.read:/{n}") for n in range(9)])), double.door.url)
    door = DCache("dCache", double.door.url, Trust.of(str(double.ca)), authorise=bearer.authorise)
    OPENED.append(door)
    for _ in range(3):
        for attempt in (lambda: door.stat("/"), lambda: door.put("/f", Bytes(DATA), ticket="t")):
            with pytest.raises((NotLoggedIn, Busy)):
                attempt()
    assert [asked.status for asked in double.asked] == [401, 401]


@pytest.mark.parametrize("good", [True, False])
def test_after_a_refusal_one_request_proves_the_next_token(double: Double, good: bool) -> None:
    """All workers stop until the door has taken it; one that is refused as well costs one 401, not one a worker."""
    old, new = jwt("storage.read:/old"), jwt("storage.read:/new")
    keeper = Keeper(Scripted([old, new]))
    keeper.prove = Proof(double.door.url, Trust.of(str(double.ca)))
    bearer = Bearer(keeper, double.door.url)
    door = DCache("dCache", double.door.url, Trust.of(str(double.ca)), authorise=bearer.authorise)
    OPENED.append(door)
    double.raw_put("/f", b"1")
    double.tokens = {old: {"storage.read"}}
    door.stat("/f")
    double.tokens = {new: {"storage.read"}} if good else {"another": {"storage.read"}}
    double.asked.clear()
    refuse, proving, meanwhile = double.refusal, threading.Event(), []

    def refusal(asked: Asked, activity: str | None) -> tuple[int, str, dict[str, str]] | None:
        if asked.headers.get("authorization") == f"Bearer {new}":
            if proving.is_set():
                meanwhile.append(asked)
            elif not any(one.headers.get("authorization") == f"Bearer {new}" and one.status for one in double.asked):
                proving.set()
                time.sleep(0.3)
                proving.clear()
        return refuse(asked, activity)

    double.refusal = refusal  # type: ignore[method-assign]

    def work(n: int) -> str:
        try:
            return content(door, "/f").decode() if n % 2 else str(door.stat("/f").size)
        except (NotLoggedIn, Busy):
            return "refused"

    try:
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(work, range(24)))
    finally:
        del double.refusal
    assert told == (["1"] * 24 if good else ["refused"] * 24)
    assert not meanwhile
    by_new = [one.status for one in double.asked if one.headers.get("authorization") == f"Bearer {new}"]
    assert by_new[0] == (207 if good else 401)
    assert by_new.count(401) == (not good)


@BOTH
def test_a_limiter_that_is_cold_is_no_failure(double: Double, frontend: bool) -> None:
    """However many threads ask: what is refused is asked again, and the attempts do not count."""
    double.reset(Traps(cold_limiter=True))
    door = dcache(double, frontend=frontend)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: door.put(f"/f{n}", Bytes(b"1"), replace=True, ticket="t"), range(4)))
    assert len(double.raw_names()) == 4


def test_requests_are_spaced(double: Double, storage: DCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that go to the door, questions and transfers, 5 ms apart; those to a pool are not its business."""
    slept: list[float] = []
    monkeypatch.setattr(storage._pace, "_clock", lambda: 0.0)
    monkeypatch.setattr(storage._pace, "_sleep", slept.append)
    storage.put("/f", Bytes(DATA), ticket="t")
    content(storage, "/f")
    starts = len(double.requests("door"))
    assert starts >= 6
    assert slept == pytest.approx([0.005 * n for n in range(1, starts)])


@pytest.mark.parametrize("asked_before", range(6))
def test_not_now_is_waited_for(double: Double, storage: DCache, asked_before: int) -> None:
    """429 has done nothing: after Retry-After the very request is repeated, also a MOVE, and no attempt is lost."""
    double.raw_put("/f", b"old")
    seen = storage.stat("/f")
    double.asked.clear()
    refuse, count = double.refusal, iter(range(99))

    def refusal(asked: Asked, activity: str | None) -> tuple[int, str, dict[str, str]] | None:
        if next(count) == asked_before:
            double.traps.busy = 1
        return refuse(asked, activity)

    double.refusal = refusal  # type: ignore[method-assign]
    try:
        storage.put("/f", Bytes(DATA), replace=seen, ticket="t")
    finally:
        del double.refusal
    assert double.raw_get("/f") == DATA
    (first,) = [n for n, asked in enumerate(double.asked) if asked.status == 429]
    assert double.asked[first].method == double.asked[first + 1].method


def test_not_now_for_long_is_told(double: Double, storage: DCache) -> None:
    """A block of 20 s is an error that says when: the job waits, and can be interrupted."""
    double.reset(Traps(block_after_401=2, block_seconds=20))
    with pytest.raises(NotLoggedIn):
        dcache(double, token="bad").stat("/")
    with pytest.raises(Busy) as caught:
        storage.stat("/")
    assert caught.value.after is not None
    assert 10 < caught.value.after <= 20


def test_connections_that_close_are_no_failure(double: Double, storage: DCache) -> None:
    """The door closes after each answer; the next request opens another connection."""
    double.reset(Traps(closes=True))
    for n in range(5):
        storage.put(f"/f{n}", Bytes(b"1"), ticket="t")
    assert len(list(storage.list("/"))) == 5
