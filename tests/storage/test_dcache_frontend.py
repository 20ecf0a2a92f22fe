"""dCache's REST frontend: found without being configured, and asked for files on tape."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ctadata_jlab.errors import BadAnswer, Forbidden, Offline
from ctadata_jlab.http import Trust
from ctadata_jlab.storage import discovery
from ctadata_jlab.storage.dcache import DCache
from ctadata_jlab.storage.discovery import Discovery, is_frontend
from ctadata_jlab.storage.frontend import Frontend
from ctadata_jlab.storage.staging import AT_ONCE, Staging
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.storage.suite import Bytes
from tests.storage.test_dcache import OPENED, dcache

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.door.double import Double


def _unconfigured(double: Double, token: str = TOKEN) -> DCache:
    door = DCache(
        "dCache",
        double.door.url,
        Trust.of(str(double.ca)),
        authorise=lambda _: f"Bearer {token}",
    )
    OPENED.append(door)
    return door


def _on_port(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PORT", urlsplit(double.frontend.url).port)


# --- discovery


def test_a_frontend_is_found_and_replaces_in_one_step(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is configured: it is looked for once, when it is first needed, and before any token is sent to it."""
    double.reset(Traps.usual())
    _on_port(double, monkeypatch)
    door = _unconfigured(double)
    assert not door.traits.replaces_atomically
    door.put("/f", Bytes(b"old"), ticket="t")
    assert not double.requests("frontend")
    receipt = door.put("/f", Bytes(b"new"), replace=True, ticket="t")
    assert (receipt.commit, double.raw_get("/f"), double.raw_names()) == ("exchange", b"new", ["f"])
    assert door.traits.replaces_atomically
    first = double.requests("frontend")[0]
    assert (first.path, "authorization" in first.headers) == ("/api/v1/user", False)
    door.put("/f", Bytes(b"newer"), replace=True, ticket="t")
    assert len([one for one in double.requests("frontend") if one.path == "/api/v1/user"]) == 1


def test_without_a_frontend_the_door_replaces(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers, it is not asked again for a while; nothing else changes."""
    double.reset(Traps(frontend_down=True))
    _on_port(double, monkeypatch)
    door = _unconfigured(double)
    door.put("/f", Bytes(b"old"), ticket="t")
    for _ in range(3):
        assert door.put("/f", Bytes(b"new"), replace=True, ticket="t").commit == "replace"
    assert len(double.requests("frontend")) == 1


def test_what_is_no_frontend_gets_no_token(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever listens on that port has to say what it is; a door, for one, does not."""
    trust = Trust.of(str(double.ca))
    assert is_frontend(double.frontend.url, trust)
    assert not is_frontend(double.door.url, trust)
    assert not is_frontend(double.frontend.url, Trust.of())  # a certificate that nobody vouches for
    monkeypatch.setattr(discovery, "PORT", urlsplit(double.door.url).port)
    assert _unconfigured(double).frontend is None
    assert all("authorization" not in one.headers for one in double.asked)


def test_it_is_looked_for_again_after_ten_minutes(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frontend that comes back is found without a restart."""
    _on_port(double, monkeypatch)
    now, trust = [0.0], Trust.of(str(double.ca))
    found = Discovery(double.door.url, trust, lambda url: Frontend("d", url, trust, None), lambda: now[0])
    double.traps.frontend_down = True
    assert found.frontend() is None
    double.traps.frontend_down = False
    now[0] = 599.0
    assert found.frontend() is None
    now[0] = 601.0
    there = found.frontend()
    assert there is not None
    there.close()


def test_a_frontend_can_be_ruled_out(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """`frontend = "none"`: nobody is asked."""
    _on_port(double, monkeypatch)
    assert dcache(double).frontend is None
    assert not double.requests("frontend")


# --- tape


def test_files_are_asked_for_once_and_looked_after(double: Double) -> None:
    """Asked again, they are on their way or they are not; no second request is made for them."""
    double.reset(Traps(tape_seconds=3600, tape_fails={"/lost"}))
    for name in ("a", "b", "lost"):
        double.raw_put(f"/{name}", os.urandom(10)).locality = "NEARLINE"
    door = dcache(double, frontend=True)
    paths = ["/a", "/b", "/lost"]
    assert list(door.stage(paths)) == paths
    assert list(door.stage(paths)) == paths
    assert len(double.tape.requests) == 1
    assert door._staging is not None
    now = [door._staging._clock() + 20]
    door._staging._clock = lambda: now[0]
    assert list(door.stage(paths)) == ["/a", "/b"]
    double.traps.tape_seconds = 0
    now[0] += 20
    assert list(door.stage(["/a", "/b"])) == []
    assert door.stat("/a").online is True
    assert len(double.tape.requests) == 1
    assert list(door.stage(["/lost"])) == ["/lost"]  # asked anew
    assert len(double.tape.requests) == 2


def test_many_files_are_few_requests(double: Double) -> None:
    """DCache takes 500 at once."""
    double.reset(Traps(tape_seconds=3600))
    paths = [f"/d/{n}" for n in range(2 * AT_ONCE + 1)]
    for path in paths:
        double.raw_put(path, b"1").locality = "NEARLINE"
    assert list(dcache(double, frontend=True).stage(paths)) == paths
    assert [len(asked) for _, asked in double.tape.requests.values()] == [AT_ONCE, AT_ONCE, 1]


def test_a_token_without_the_right_to_stage_is_told(double: Double) -> None:
    """And a door without a frontend: what to do is said."""
    double.raw_put("/a", b"1").locality = "NEARLINE"
    double.tokens = {TOKEN: {"storage.read"}}
    with pytest.raises(Forbidden):
        dcache(double, frontend=True).stage(["/a"])
    with pytest.raises(Offline, match="frontend") as caught:
        dcache(double).stage(["/a"])
    assert "frontend" in caught.value.hint


class _Forgetful:
    """A frontend that knows no request any more, or speaks nonsense."""

    def __init__(self) -> None:
        self.asked = 0

    def stage(self, paths: Sequence[str], lifetime: str) -> str:
        self.asked += 1
        return f"tape:{self.asked}"

    def staged(self, name: str) -> list[tuple[str, str]]:
        raise BadAnswer("what?")


def test_what_the_frontend_has_forgotten_is_looked_at_by_whoever_wants_it() -> None:
    """It counts as no longer on its way; asked for again, it is asked for anew. An hour is enough for any request."""
    now = [0.0]
    frontend = _Forgetful()
    staging = Staging(frontend, lambda: now[0])  # type: ignore[arg-type]
    assert staging.bring(["/a"]) == {"/a"}
    now[0] = 20.0
    assert staging.bring(["/a"]) == set()
    assert staging.bring(["/a"]) == {"/a"}
    assert frontend.asked == 2
    frontend.staged = lambda name: [("/a", "STARTED")]  # type: ignore[method-assign]
    now[0] = 60.0
    assert staging.bring(["/a"]) == {"/a"}
    now[0] = 4000.0
    assert staging.bring(["/a"]) == {"/a"}
    assert frontend.asked == 3


# --- room


def test_what_is_left_is_told_by_the_folder_and_the_frontend(double: Double) -> None:
    """The least of a folder's space reservation and the user's quota; None where neither tells."""
    door, rest = dcache(double), dcache(double, frontend=True)
    assert (door.room("/"), rest.room("/no/such/folder")) == (None, None)
    double.traps.user_quota = 500
    assert (door.room("/"), rest.room("/")) == (None, 490)
    double.names.quota = 300
    double.raw_put("/f", bytes(100))
    assert (door.room("/not/there/yet"), rest.room("/")) == (200, 200)
    double.traps.user_quota = 110
    assert rest.room("/") == 100
    double.traps.frontend_down = True
    assert rest.room("/") == 200
