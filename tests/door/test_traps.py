"""Each switch of the double does to curl what dCache does to its clients: nothing of ours is asked."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.door import moments
from tests.door.double import TOKEN
from tests.door.moments import Moment
from tests.door.traps import Traps
from tests.rig.process import need

if TYPE_CHECKING:
    from tests.door.double import Double

DATA = os.urandom(300_001)
EMPTY_REPLY, PARTIAL = 52, 18
BROKEN_OFF = {EMPTY_REPLY, PARTIAL, 56}
"""curl's own words for a connection that was closed; 56 is what its TLS says of one that was cut."""
KNOWN = "--header=Want-Digest: adler32"
PROVEN = {
    "proxies_reads": "test_double",
    "proxies_writes": "test_double",
    "depth_cut": "test_double",
    "keeps_mismatched": "test_double",
    "block_after_401": "test_double",
    "block_seconds": "test_double",
    "tape_seconds": "the tests of staging",
    "tape_fails": "the tests of staging",
    "no_tape_api": "the tests of staging",
}
"""Switches that other tests of the double have in hand."""


class Said(NamedTuple):
    """What curl got: its own status, HTTP's, headers by their names in lower case, body."""

    exit: int
    status: int
    headers: dict[str, str]
    body: bytes


def ask(double: Double, method: str, url: str, *options: str, body: bytes | None = None) -> Said:
    """Ask by curl, not following redirects unless *options* say so."""
    command = [need("curl"), "--silent", "--include", "--cacert", str(double.ca), "--request", method, *options]
    command += ["--header", f"Authorization: Bearer {TOKEN}"] if "dcache-http-uuid" not in url else []
    command += ["--data-binary", "@-", "--header", "Content-Type:"] if body is not None else []
    command += ["--head"] if method == "HEAD" else []
    done = subprocess.run([*command, url], input=body, capture_output=True, check=False, timeout=60)
    head, _, rest = done.stdout.rpartition(b"\r\n\r\n") if method == "HEAD" else _split(done.stdout)
    lines = head.decode("iso-8859-1").split("\r\n")
    found = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    status = int(lines[0].split()[1]) if len(lines[0].split()) > 1 else 0
    return Said(done.returncode, status, found, rest)


def _split(answer: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut off interim answers and redirects that were followed."""
    while (match := re.match(rb"HTTP/1.1 (100|30\d).*?\r\n\r\n(?=HTTP/1.1 )", answer, re.DOTALL)) is not None:
        answer = answer[match.end() :]
    return answer.partition(b"\r\n\r\n")


def pool_of(double: Double, path: str, method: str = "GET") -> str:
    """Return where the door sends who asks for *path*."""
    options = ("--header", "Expect: 100-continue", "--header", "Content-Length: 5") if method == "PUT" else ()
    return ask(double, method, double.door.url + path, *options).headers["location"]


def test_every_switch_is_proven() -> None:
    """One that nobody proves may do nothing, and then proves nothing."""
    tests = Path(__file__).read_text(encoding="utf-8").partition("# -- what a site")[2]
    names = {one.name for one in fields(Traps)} - set(PROVEN)
    assert {name for name in names if not re.search(rf"\b{name}\b", tests)} == set()


# -- what a site configures ----------------------------------------------------------------------------------------------


def test_http_pools_are_redirected_to_in_the_open(double: Double) -> None:
    """``allow-https=false``: another scheme, another host."""
    double.reset(Traps(http_pools=True))
    double.raw_put("/f", DATA)
    assert pool_of(double, "/f").startswith("http://127.0.0.2:")
    assert ask(double, "GET", f"{double.door.url}/f", "--location").body == DATA


def test_redirects_with_either_status(double: Double) -> None:
    """302 or 307 to the pool, and 307 for uploads."""
    double.raw_put("/f", DATA)
    assert ask(double, "GET", f"{double.door.url}/f").status == 302
    double.traps.redirects_with = 307
    assert ask(double, "GET", f"{double.door.url}/f").status == 307


def test_read_only_and_overwrite_refused(double: Double) -> None:
    """403 for every change; 409 for a PUT on a file."""
    double.raw_put("/f", DATA)
    double.traps.read_only = True
    for method in ("PUT", "DELETE", "MKCOL"):
        assert ask(double, method, f"{double.door.url}/f").status == 403
    double.reset(Traps(overwrite_refused=True))
    double.raw_put("/f", DATA)
    assert ask(double, "PUT", f"{double.door.url}/f", body=b"x").status == 409
    assert double.raw_get("/f") == DATA


def test_quota_and_old_errors(double: Double) -> None:
    """507, and 500 before 2025."""
    double.reset(Traps(quota=10))
    assert ask(double, "PUT", f"{double.door.url}/f", body=DATA).status == 507
    double.traps.old_errors = True
    assert ask(double, "PUT", f"{double.door.url}/f", body=DATA).status == 500
    double.traps.moves_forbidden = True
    assert ask(double, "MOVE", f"{double.door.url}/f", "--header", f"Destination: {double.door.url}/g").status == 500


def test_the_quota_of_the_user_is_told_by_the_frontend(double: Double) -> None:
    """What is used and the limit; 503 where a site has switched quotas off."""
    url = f"{double.frontend.url}/api/v1/quota/user?user=true"
    assert ask(double, "GET", url).status == 503
    double.traps.user_quota = 500
    told = json.loads(ask(double, "GET", url).body)
    assert (told[0]["replica"], told[0]["replicaLimit"]) == (10, 500)


@pytest.mark.parametrize(
    ("switch", "digest"),
    [("no_checksums", None), ("stores_md5", "md5="), ("odd_digests", "adler32=62"), ("checksum_late", None)],
)
def test_checksums_as_sites_store_them(double: Double, switch: str, digest: str | None) -> None:
    """None, only md5, written oddly, or too late."""
    double.reset(Traps(**{switch: 30.0 if switch == "checksum_late" else True}))  # type: ignore[arg-type]
    assert ask(double, "PUT", f"{double.door.url}/f", body=b"a").status == 201
    said = ask(double, "HEAD", f"{double.door.url}/f", "--header", "Want-Digest: adler32, md5").headers.get("digest")
    assert (said or "").lower().startswith(digest or "")
    assert (said is None) == (digest is None)


# -- listings ----------------------------------------------------------------------------------------------------------


def test_silent_empty_hides_what_is_unreadable(double: Double) -> None:
    """207 with nothing in it, while page and frontend say 403."""
    double.reset(Traps(silent_empty=True, unreadable={"/d"}))
    double.raw_put("/d/f", DATA)
    listed = ask(double, "PROPFIND", f"{double.door.url}/d/", "--header", "Depth: 1")
    assert (listed.status, listed.body.count(b"<d:href>")) == (207, 1)
    assert ask(double, "GET", f"{double.door.url}/d/").status == 403
    double.traps.silent_empty = False
    assert ask(double, "PROPFIND", f"{double.door.url}/d/", "--header", "Depth: 1").status == 403


def test_uploading_has_no_length(double: Double) -> None:
    """SIZE is undefined while somebody writes."""
    double.raw_put("/f", DATA)
    double.traps.uploading.add("/f")
    body = ask(double, "PROPFIND", f"{double.door.url}/f", "--header", "Depth: 0").body
    found, missing = body.split(b"404 Not Found")[0].split(b"200 OK")
    assert (b"getcontentlength" in found, b"getcontentlength" in missing) == (False, True)


# -- redirects and pools -----------------------------------------------------------------------------------------------


def test_slow_door_takes_what_the_impatient_send(double: Double, tmp_path: Path) -> None:
    """Curl waits a second for the redirect, then sends to the door, which passes it on."""
    double.reset(Traps(slow_door=1.0))
    (tmp_path / "f").write_bytes(DATA)
    expect = ("--header", "Expect: 100-continue", "--expect100-timeout", "0.1")
    said = ask(double, "PUT", f"{double.door.url}/f", *expect, "--upload-file", str(tmp_path / "f"))
    assert said.status == 201
    assert double.requests("door", "PUT")[0].took == len(DATA)


def test_strict_pools_know_two_headers(double: Double) -> None:
    """501 for Content-Type."""
    double.reset(Traps(strict_pools=True))
    url = pool_of(double, "/f", "PUT")
    assert ask(double, "PUT", url, "--header", "Content-Type: text/plain", "--data-binary", "x").status == 501
    assert ask(double, "PUT", url, body=b"12345").status == 201


def test_deaf_pools_do_not_answer_long_lines(double: Double) -> None:
    """Nothing at all."""
    double.reset(Traps(deaf_pools=True))
    path = "/" + "/".join(["x" * 250] * 17)
    double.raw_put(path, DATA)
    began = time.monotonic()
    assert ask(double, "GET", pool_of(double, path)).exit in BROKEN_OFF
    assert time.monotonic() - began >= 4


def test_stale_capabilities(double: Double) -> None:
    """Back to the door, or 400."""
    double.reset(Traps(stale=1))
    double.raw_put("/f", DATA)
    assert ask(double, "GET", pool_of(double, "/f")).headers["location"].lower() == f"{double.door.url}/f"
    double.reset(Traps(stale=1, stale_refused=True))
    double.raw_put("/f", DATA)
    assert ask(double, "GET", pool_of(double, "/f")).status == 400


def test_capabilities_are_used_up_by_a_whole_file(double: Double) -> None:
    """No switch: a pool's URL serves one whole GET."""
    double.raw_put("/f", DATA)
    url = pool_of(double, "/f")
    assert ask(double, "GET", url).body == DATA
    assert ask(double, "GET", url).status == 307


def test_closes_after_each_answer(double: Double) -> None:
    """And says so."""
    assert "connection" not in ask(double, "HEAD", f"{double.door.url}/").headers
    double.traps.closes = True
    assert ask(double, "HEAD", f"{double.door.url}/").headers["connection"] == "close"


def test_idle_cut_hangs_up_on_the_silent(double: Double) -> None:
    """Without a word."""
    double.reset(Traps(idle_cut=0.2))
    where = urlsplit(double.door.url)
    context = ssl.create_default_context(cafile=str(double.ca))
    with (
        socket.create_connection(("127.0.0.1", where.port or 0), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
        suppress(ssl.SSLEOFError),
    ):
        connection.settimeout(10)
        assert connection.recv(1) == b""


def test_cut_downloads_break_off(double: Double) -> None:
    """After so many bytes, which is less than was promised; with `stall`, silent first."""
    double.reset(Traps(cut_downloads=1, cut_after=100_000, stall=0.5))
    double.raw_put("/f", DATA)
    began = time.monotonic()
    said = ask(double, "GET", pool_of(double, "/f"))
    assert (said.exit in BROKEN_OFF, said.body) == (True, DATA[:100_000])
    assert time.monotonic() - began >= 0.5


def test_cut_uploads_have_deleted_first_and_leave_leftovers(double: Double) -> None:
    """The old file is gone, and a truncated one has its name."""
    double.reset(Traps(cut_uploads=1, cut_after=100_000, delete_first=True, leftovers=True))
    double.raw_put("/f", b"precious")
    said = ask(double, "PUT", pool_of(double, "/f", "PUT"), body=DATA)
    assert said.exit in {*BROKEN_OFF, 55}
    assert 100_000 < len(double.raw_get("/f")) < len(DATA)


def test_rate_takes_time(double: Double) -> None:
    """At least as long as so many bytes take."""
    double.reset(Traps(rate=1_000_000))
    double.raw_put("/f", DATA)
    began = time.monotonic()
    assert ask(double, "GET", pool_of(double, "/f")).body == DATA
    assert time.monotonic() - began >= 0.2  # the last portion is on its way before its time is up


# -- uploads -----------------------------------------------------------------------------------------------------------


def test_no_put_digest_and_wrong_bytes(double: Double) -> None:
    """The pool tells the checksum of what it stored, be that wrong, unless it tells none."""
    said = ask(double, "PUT", f"{double.door.url}/f", "--header", "Want-Digest: adler32", body=b"a")
    assert (said.headers["digest"], said.body) == ("adler32=00620062", b"1 bytes uploaded\r\n")
    double.reset(Traps(flips=1, truncates=0, no_put_digest=True))
    said = ask(double, "PUT", f"{double.door.url}/f", "--header", "Want-Digest: adler32", body=b"ab")
    assert ("digest" in said.headers, double.raw_get("/f")) == (False, b"`b")
    double.traps.truncates = 1
    assert ask(double, "PUT", f"{double.door.url}/g", body=b"ab").status == 201
    assert double.raw_get("/g") == b"a"


# -- the name space ----------------------------------------------------------------------------------------------------


def test_move_deletes_first_and_may_die_or_lose_its_answer(double: Double) -> None:
    """Nothing has the name then; or all is done, and nobody says so."""
    to = ("--header", f"Destination: {double.door.url}/b", "--header", "Overwrite: T")
    double.reset(Traps(move_deletes_first=True, move_dies=1))
    double.raw_put("/a", b"a")
    double.raw_put("/b", b"b")
    assert ask(double, "MOVE", f"{double.door.url}/a", *to).status == 500
    assert double.raw_names() == ["a"]
    double.reset(Traps(lost_moves=1))
    double.raw_put("/a", b"a")
    assert ask(double, "MOVE", f"{double.door.url}/a", *to).exit in BROKEN_OFF
    assert double.raw_names() == ["b"]


# -- the limits --------------------------------------------------------------------------------------------------------


def test_cold_limiter_and_busy(double: Double) -> None:
    """The second of two requests within 4 ms is refused; others at will, with Retry-After."""
    double.reset(Traps(cold_limiter=True))
    urls = [f"{double.door.url}/{n}" for n in range(60)]  # one after the other on one connection
    command = [need("curl"), "--silent", "--cacert", str(double.ca)]
    command += ["--header", f"Authorization: Bearer {TOKEN}", "--write-out", "%{http_code} ", "--output", os.devnull]
    said = subprocess.run([*command, *urls], capture_output=True, check=False, timeout=60)
    assert b"429" in said.stdout
    double.reset(Traps(busy=1))
    answer = ask(double, "HEAD", f"{double.door.url}/")
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")


# -- tape and frontend -------------------------------------------------------------------------------------------------


def test_tape_blocks_then_fails(double: Double) -> None:
    """500 after its time-out."""
    double.reset(Traps(tape_blocks=0.5))
    double.raw_put("/f", DATA).locality = "NEARLINE"
    began = time.monotonic()
    assert ask(double, "GET", f"{double.door.url}/f").status == 500
    assert time.monotonic() - began >= 0.5


def test_frontend_down_hangs_up(double: Double) -> None:
    """While the door works."""
    double.reset(Traps(frontend_down=True))
    assert ask(double, "GET", f"{double.frontend.url}/api/v1/namespace/").exit in BROKEN_OFF
    assert ask(double, "HEAD", f"{double.door.url}/").status == 200


# -- faults at a moment ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", moments.KINDS)
def test_moments(double: Double, kind: str) -> None:
    """The second request, and no other, meets it."""
    double.moment = Moment(2, kind)
    url = f"{double.door.url}/d"
    assert ask(double, "HEAD", f"{double.door.url}/").status == 200
    said = ask(double, "PROPFIND" if kind == "torn" else "MKCOL", url if kind != "torn" else f"{double.door.url}/")
    assert double.moment.snapped
    assert (said.status == int(kind)) if kind.isdigit() else (said.exit in BROKEN_OFF)
    assert (double.names.find("/d") is not None) == (kind == "lost")
    for _ in range(2 if kind == "gone" else 0):
        assert ask(double, "HEAD", f"{double.door.url}/").exit in BROKEN_OFF
    assert ask(double, "HEAD", f"{double.door.url}/").status == 200


def test_gone_is_gone_and_comes_back(double: Double) -> None:
    """Nobody listens for a while; what is stored stays."""
    double.raw_put("/f", DATA)
    with double.gone():
        assert ask(double, "HEAD", f"{double.door.url}/f").exit == 7
    assert ask(double, "HEAD", f"{double.door.url}/f").status == 200
