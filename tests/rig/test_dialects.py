"""What the servers' dialects do to a client that does not know them: the costly part of `doors.py`, kept true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.rig.curl import Answer, Curl

if TYPE_CHECKING:
    from tests.rig.doors import Door


@pytest.fixture
def old_xrootd(xrootd: Door) -> Door:
    """XRootD, if it is one of those that have these traps."""
    server = Curl(xrootd).ask("OPTIONS", "/").headers["server"]
    if not server.startswith("XrootD/v5.5."):
        pytest.skip(f"not established for {server}")
    return xrootd


def hrefs(answer: Answer) -> list[str]:
    """Return the hrefs of a multistatus as they are written, but for the XML."""
    found = re.findall(rb"href>([^<\s][^<]*)<", answer.body)
    return [href.decode().replace("&amp;", "&") for href in found]


def move(door: Door, source: str, destination: str, overwrite: str = "T") -> int:
    """Move through the door; *destination* is a path, encoded as it shall be sent."""
    return Curl(door).ask("MOVE", source, Destination=door.url + destination, Overwrite=overwrite).status


def test_xrootd_does_not_encode_hrefs(old_xrootd: Door) -> None:
    """Unquoting them would turn one name into another."""
    folder = old_xrootd.fresh()
    old_xrootd.raw_put(f"{folder}/a%20b", b"")
    assert f"{folder}/a%20b" in hrefs(Curl(old_xrootd).ask("PROPFIND", folder, Depth="1"))


@pytest.mark.parametrize("name", ["apache", "nginx", "wsgidav"])
def test_the_others_encode_hrefs(name: str, request: pytest.FixtureRequest) -> None:
    """As RFC 4918 wants it."""
    door: Door = request.getfixturevalue(name)
    folder = door.fresh()
    door.raw_put(f"{folder}/a%20b", b"")
    assert f"{folder}/a%2520b" in hrefs(Curl(door).ask("PROPFIND", folder, Depth="1"))


def test_xrootd_takes_destination_as_written(old_xrootd: Door) -> None:
    """An encoded one names another file."""
    folder = old_xrootd.fresh()
    old_xrootd.raw_put(f"{folder}/from", b"")
    assert move(old_xrootd, f"{folder}/from", quote(f"{folder}/a b")) == 201
    assert old_xrootd.raw_names(folder) == ["a%20b"]


@pytest.mark.parametrize("name", ["apache", "nginx", "wsgidav"])
def test_the_others_decode_destination(name: str, request: pytest.FixtureRequest) -> None:
    """As any URL."""
    door: Door = request.getfixturevalue(name)
    folder = door.fresh()
    door.raw_put(f"{folder}/from", b"")
    assert move(door, f"{folder}/from", quote(f"{folder}/a b%é")) in {201, 204}
    assert door.raw_names(folder) == ["a b%é"]


def test_xrootd_moves_over_what_is_there(old_xrootd: Door) -> None:
    """`Overwrite: F` protects nothing; look before you move."""
    folder = old_xrootd.fresh()
    old_xrootd.raw_put(f"{folder}/from", b"new")
    old_xrootd.raw_put(f"{folder}/to", b"old")
    assert move(old_xrootd, f"{folder}/from", f"{folder}/to", overwrite="F") == 201
    assert old_xrootd.raw_get(f"{folder}/to") == b"new"


@pytest.mark.parametrize("name", ["apache", "nginx", "wsgidav"])
def test_the_others_refuse_to_move_over(name: str, request: pytest.FixtureRequest) -> None:
    """`Overwrite: F` is honoured."""
    door: Door = request.getfixturevalue(name)
    folder = door.fresh()
    door.raw_put(f"{folder}/from", b"new")
    door.raw_put(f"{folder}/to", b"old")
    assert move(door, f"{folder}/from", f"{folder}/to", overwrite="F") == 412
    assert door.raw_get(f"{folder}/to") == b"old"


def test_xrootds_open_range_is_empty(old_xrootd: Door) -> None:
    """Name the last byte."""
    path = f"{old_xrootd.fresh()}/file"
    old_xrootd.raw_put(path, b"0123456789")
    answer = Curl(old_xrootd).ask("GET", path, Range="bytes=7-")
    assert (answer.status, answer.body) == (206, b"")


def test_xrootds_digest_leaks(old_xrootd: Door) -> None:
    """Once a GET has asked for a digest, GETs of other files carry it; so only HEAD may ask."""
    folder, curl = old_xrootd.fresh(), Curl(old_xrootd)
    old_xrootd.raw_put(f"{folder}/a", b"a")
    old_xrootd.raw_put(f"{folder}/b", b"b")
    digest = curl.ask("GET", f"{folder}/a", Want_Digest="adler32").headers["digest"]
    answers = [curl.ask("GET", f"{folder}/b") for _ in range(5)]
    assert digest in {answer.headers.get("digest") for answer in answers}


def test_xrootd_cuts_at_a_question_mark(old_xrootd: Door) -> None:
    """Even an encoded one: refuse such names."""
    folder = old_xrootd.fresh()
    assert Curl(old_xrootd).ask("PUT", f"{folder}/a?b", b"").status == 200
    assert old_xrootd.raw_names(folder) == ["a"]


@pytest.mark.parametrize("method", ["MKCOL", "DELETE"])
def test_nginx_wants_a_slash_for_folders(nginx: Door, method: str) -> None:
    """Without it: 409."""
    folder = nginx.fresh()
    if method == "DELETE":
        nginx.raw_folder(f"{folder}/sub")
    assert Curl(nginx).ask(method, f"{folder}/sub").status == 409
    assert Curl(nginx).ask(method, f"{folder}/sub/").status in {201, 204}


def test_apaches_young_etag_matches_nothing(apache: Door) -> None:
    """A weak ETag fails If-Match, though nothing changed."""
    path = f"{apache.fresh()}/file"
    apache.raw_put(path, b"x")
    etag = Curl(apache).ask("GET", path).headers["etag"]
    assert etag.startswith("W/")
    assert Curl(apache).ask("GET", path, If_Match=etag).status == 412


@pytest.mark.parametrize(("name", "obeys"), [("xrootd", False), ("apache", True), ("nginx", False), ("wsgidav", True)])
def test_if_none_match_on_put(name: str, obeys: bool, request: pytest.FixtureRequest) -> None:
    """Only two of four protect an existing file."""
    door: Door = request.getfixturevalue(name)
    path = f"{door.fresh()}/file"
    door.raw_put(path, b"old")
    Curl(door).ask("PUT", path, b"new", If_None_Match="*")
    assert door.raw_get(path) == (b"old" if obeys else b"new")
