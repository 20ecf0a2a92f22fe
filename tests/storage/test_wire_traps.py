"""What servers, proxies and pools do wrong, and what a client must make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import (
    BadAnswer,
    Busy,
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    Misconfigured,
    NoSpace,
    NotFound,
    NotLoggedIn,
    Unreachable,
)
from ctadata_jlab.http import Trust, failure
from ctadata_jlab.storage import Checksum, Entry
from ctadata_jlab.storage.dcache import DCache
from ctadata_jlab.storage.webdav import WebDav
from tests.storage.scripted import Asked, reply, scripted
from tests.storage.suite import Bytes

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

TOKEN = "Bearer very-secret-token"


def curl(url: str, *, http_pools: bool = False) -> Curl:
    return Curl(url, Trust.of(), lambda _refused: TOKEN, http_pools=http_pools)


def fetched(client: Curl, url: str, start: int = 0, end: int | None = None) -> bytes:
    got = bytearray()
    client.get(url + "/f", "/f on test", got.extend, start=start, end=end)
    return bytes(got)


def test_a_redirect_to_another_origin_gets_no_token() -> None:
    """The pool's URL is itself the permission; the token stays with the door."""
    with scripted(lambda h, _a: reply(h, 200, b"data")) as pool:
        target = pool.url + "/f?dcache-http-uuid=1"
        with scripted(lambda h, _a: reply(h, 302, headers={"Location": target})) as door:
            assert fetched(curl(door.url), door.url) == b"data"
            assert door.tokens == {TOKEN}
        assert pool.tokens == {""}
        assert pool.asked[0].path == "/f?dcache-http-uuid=1"


def test_a_redirected_upload_sends_its_bytes_once_and_only_to_the_pool() -> None:
    """`Expect: 100-continue` is waited for, so the door gets no byte; the pool gets no token and no Content-Type."""
    body = b"y" * 3_000_000
    with scripted(lambda h, _a: reply(h, 201)) as pool:
        location = {"Location": pool.url + "/f", "Connection": "close"}
        with scripted(lambda h, _a: reply(h, 307, headers=location), reads_body=False) as door:
            curl(door.url).put(door.url + "/f", "/f", Bytes(body))
            (first,) = door.asked
            assert first.headers["expect"] == "100-continue"
            assert first.headers["content-length"] == str(len(body))
        (put,) = pool.asked
        assert put.body == body
        assert {"authorization", "content-type"}.isdisjoint(put.headers)


def test_a_redirect_to_plain_http_elsewhere_is_refused() -> None:
    """Bytes do not travel in the open unasked, and the message says what to set."""
    location = {"Location": "http://pool.example.org:8000/f?dcache-http-uuid=1"}
    with (
        scripted(lambda h, _a: reply(h, 302, headers=location)) as door,
        pytest.raises(Misconfigured, match="plain http"),
    ):
        fetched(curl(door.url), door.url)


def test_a_redirect_to_another_scheme_is_refused() -> None:
    """Only the web's own schemes are followed."""
    with scripted(lambda h, _a: reply(h, 302, headers={"Location": "file:///etc/passwd"})) as door:
        with pytest.raises(Misconfigured):
            fetched(curl(door.url), door.url)
        with pytest.raises(Misconfigured):
            fetched(curl(door.url, http_pools=True), door.url)


def test_an_endless_redirect_ends() -> None:
    """A loop is an error."""
    with scripted(lambda h, a: reply(h, 302, headers={"Location": a.path + "x"})) as door, pytest.raises(BadAnswer):
        fetched(curl(door.url), door.url)


def test_an_ignored_range_is_not_data() -> None:
    """200 instead of 206: the sink gets nothing."""
    got = bytearray()
    with (
        scripted(lambda h, _a: reply(h, 200, b"whole file")) as door,
        pytest.raises(Corrupted, match="ignores the range"),
    ):
        curl(door.url).get(door.url + "/f", "/f", got.extend, start=3)
    assert got == b""


@pytest.mark.parametrize("said", ["bytes 0-9/10", "", "bytes */10"])
def test_another_range_than_asked_is_not_data(said: str) -> None:
    """The Content-Range must begin where the question did."""
    headers = {"Content-Range": said} if said else {}
    with scripted(lambda h, _a: reply(h, 206, b"3456789", headers)) as door, pytest.raises(Corrupted):
        fetched(curl(door.url), door.url, 3, 10)


def test_too_many_bytes_are_an_error() -> None:
    """More than asked is never passed on."""
    got = bytearray()
    headers = {"Content-Range": "bytes 0-4/10"}
    with scripted(lambda h, _a: reply(h, 206, b"0123456789", headers)) as door, pytest.raises(Corrupted):
        curl(door.url).get(door.url + "/f", "/f", got.extend, start=0, end=5)
    assert len(got) <= 5


def test_a_body_that_breaks_off_is_an_error() -> None:
    """Half a file is not a file."""

    def cut(handler: BaseHTTPRequestHandler, _asked: Asked) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"only this")
        handler.close_connection = True

    with scripted(cut) as door, pytest.raises(Unreachable):
        fetched(curl(door.url), door.url)


def test_a_refused_token_is_replaced_once() -> None:
    """401: another token is asked for, and the request repeated; a second 401 is an error."""
    tokens = iter(["Bearer old", "Bearer new", "Bearer newer"])
    refused: list[str | None] = []

    def authorise(value: str | None) -> str:
        refused.append(value)
        return next(tokens)

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        good = asked.headers["authorization"] == "Bearer new" and asked.path == "/f"
        reply(handler, 200 if good else 401, b"data" if good else b"no")

    with scripted(answer) as door:
        client = Curl(door.url, Trust.of(), authorise)
        got = bytearray()
        client.get(door.url + "/f", "/f", got.extend)
        assert (bytes(got), refused) == (b"data", [None, "Bearer old"])
        tokens = iter(["Bearer a", "Bearer b", "Bearer c"])
        refused.clear()
        with pytest.raises(NotLoggedIn):
            client.get(door.url + "/g", "/g", got.extend)
        assert len(door.asked) == 4
        assert refused == [None, "Bearer a", "Bearer b"]


def test_a_pools_refusal_does_not_cost_the_doors_token() -> None:
    """A 401 of another origin says nothing about a token that was never sent there."""
    with scripted(lambda h, _a: reply(h, 401)) as pool:
        location = {"Location": pool.url + "/f"}
        with scripted(lambda h, _a: reply(h, 302, headers=location)) as door:
            with pytest.raises(Forbidden, match="pool"):
                fetched(curl(door.url), door.url)
            assert len(door.asked) == 1


def test_the_body_of_an_error_is_not_data() -> None:
    """An error page never reaches the sink."""
    got = bytearray()
    with scripted(lambda h, _a: reply(h, 404, b"<html>gone</html>")) as door, pytest.raises(NotFound):
        curl(door.url).get(door.url + "/f", "/f", got.extend)
    assert got == b""


def test_no_error_tells_the_token() -> None:
    """Whatever goes wrong, the words hold no secret."""
    for status in (400, 401, 403, 404, 409, 429, 500, 507):
        with scripted(lambda h, _a, s=status: reply(h, s)) as door, pytest.raises(CtaDataError) as caught:  # type: ignore[misc]
            fetched(curl(door.url), door.url)
        assert "secret" not in repr(caught.value) + str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotLoggedIn),
        (403, Forbidden),
        (404, NotFound),
        (429, Busy),
        (500, Unreachable),
        (507, NoSpace),
        (418, BadAnswer),
    ],
)
def test_a_status_means_what_the_user_can_do(status: int, kind: type[CtaDataError]) -> None:
    """One class per decision, with dCache's reason phrase in the words."""
    error = failure(status, "/lst on dCache", "No write pools online")
    assert type(error) is kind
    assert "No write pools online" in str(error)


def test_busy_says_when() -> None:
    """Retry-After is kept, in seconds; nonsense is ignored."""
    error = failure(429, "x", headers={"retry-after": "7"})
    assert isinstance(error, Busy)
    assert error.after == 7
    assert failure(429, "x", headers={"retry-after": "soon"}).after is None  # type: ignore[attr-defined]
    assert isinstance(failure(503, "x", headers={"retry-after": "3"}), Busy)
    assert isinstance(failure(503, "x", headers={}), Unreachable)


@pytest.mark.parametrize("url", ["http://dcache.example.org", "ftp://127.0.0.1", "file:///x", "https://"])
def test_only_https_or_this_very_machine(url: str) -> None:
    """A token never travels in the open."""
    with pytest.raises(Misconfigured):
        WebDav("d", url, Trust.of())


def test_a_server_with_an_unknown_certificate_is_refused(apache_url_without_ca: str) -> None:
    """TLS is verified, for questions and for bytes, and the message says what to set."""
    door = WebDav("apache", apache_url_without_ca, Trust.of())
    with pytest.raises(Misconfigured, match="not trusted"):
        door.stat("/")
    with pytest.raises(Misconfigured, match="not trusted"):
        door.curl.get(door.server.url("/f"), "/f", lambda _data: None)


@pytest.fixture
def apache_url_without_ca(apache: object) -> str:
    return str(apache.url)  # type: ignore[attr-defined]


MULTI = '<D:multistatus xmlns:D="DAV:">{}</D:multistatus>'
FOLDER = "<D:response><D:href>{}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
FILE = "<D:response><D:href>{}</D:href><D:propstat><D:prop><D:getcontentlength>1</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"


def listed(*responses: str, status: int = 207) -> list[str]:
    body = MULTI.format("".join(responses)).encode()
    with scripted(lambda h, _a: reply(h, status, body)) as server:
        return [entry.path for entry in WebDav("d", server.url, Trust.of()).list("/lst")]


@pytest.mark.parametrize(
    "href", ["/lst/a b", "/lst/a%20b", "https://other.example.org/lst/a%20b", "/lst/%61%20b", "/lst/a%20b/"]
)
def test_hrefs_may_be_spelled_in_any_way(href: str) -> None:
    """Absolute or relative, encoded little, fully or not at all."""
    assert listed(FOLDER.format("/lst/"), FILE.format(href)) == ["/lst/a b"]


def test_a_proxys_prefix_is_learned_from_the_folder_itself() -> None:
    """Behind a reverse proxy hrefs may have another beginning."""
    assert listed(FOLDER.format("/proxy/webdav/lst/"), FILE.format("/proxy/webdav/lst/a")) == ["/lst/a"]


@pytest.mark.parametrize("href", ["/etc/passwd", "/lst/sub/deep", "/lst/..", "/lst/%2e%2e", "/lst/a%00b", "/lst/a%2Fb"])
def test_what_is_not_in_the_folder_is_refused(href: str) -> None:
    """A listing cannot smuggle a path in."""
    with pytest.raises(BadAnswer):
        listed(FOLDER.format("/lst/"), FILE.format(href))


def test_a_member_that_fails_is_not_left_out() -> None:
    """A response with a status of its own is an error, not a gap."""
    bad = "<D:response><D:href>/lst/x</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response>"
    with pytest.raises(Forbidden):
        listed(FOLDER.format("/lst/"), bad)


def test_a_listing_without_the_folder_itself_is_refused() -> None:
    """An empty multistatus says nothing, also not that the folder is empty."""
    with pytest.raises(BadAnswer):
        listed()


def test_200_is_not_a_listing() -> None:
    """A server that answers PROPFIND with a page is no WebDAV door."""
    with pytest.raises(BadAnswer, match="200"):
        listed(FOLDER.format("/lst/"), status=200)


def test_a_question_redirected_elsewhere_is_not_followed() -> None:
    """Neither question nor token leave for another server."""
    with scripted(lambda h, _a: reply(h, 200)) as other:
        location = {"Location": other.url + "/lst/"}
        with (
            scripted(lambda h, _a: reply(h, 301, headers=location)) as server,
            pytest.raises(BadAnswer, match="elsewhere"),
        ):
            list(WebDav("d", server.url, Trust.of()).list("/lst"))
        assert other.asked == []


def test_a_question_always_says_how_deep() -> None:
    """Without Depth, dCache answers three levels."""
    body = MULTI.format(FOLDER.format("/lst/")).encode()
    with scripted(lambda h, _a: reply(h, 207, body)) as server:
        door = WebDav("d", server.url, Trust.of())
        list(door.list("/lst"))
        door.stat("/lst")
        assert [asked.headers["depth"] for asked in server.asked] == ["1", "0"]


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (500, Unreachable)])
def test_dcaches_empty_listing_is_confirmed(status: int, kind: type[CtaDataError]) -> None:
    """DCache shows a folder that it could not read as empty; its page tells the truth."""
    body = MULTI.format(FOLDER.format("/lst/")).encode()

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        reply(handler, 207 if asked.method == "PROPFIND" else status, body)

    with scripted(answer) as server, pytest.raises(kind):
        list(DCache("d", server.url, Trust.of()).list("/lst"))


def test_dcaches_really_empty_folder_is_empty() -> None:
    """The page of an empty folder confirms it."""
    body = MULTI.format(FOLDER.format("/lst/")).encode()
    with scripted(lambda h, a: reply(h, 207 if a.method == "PROPFIND" else 200, body)) as server:
        assert list(DCache("d", server.url, Trust.of()).list("/lst")) == []


def test_bytes_of_another_version_are_refused_before_they_arrive() -> None:
    """The answer's entity tag is compared before the first byte reaches the sink."""
    got = bytearray()

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        reply(handler, 200, b"new", {"ETag": '"v1"' if asked.method == "HEAD" else '"v2"'})

    with scripted(answer) as server:
        reader = WebDav("d", server.url, Trust.of()).open("/f", Entry("/f", "file", size=3, version='"v1"'))
        with pytest.raises(Changed):
            reader.pour(0, None, got.extend)
    assert got == b""


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes 0-1/4"}])
def test_bytes_of_another_size_are_refused_before_they_arrive(headers: dict[str, str]) -> None:
    """Also where no entity tag tells: the answer says how large the file is, whole or in part."""
    got = bytearray()
    entry = Entry("/f", "file", size=3, checksum=Checksum("adler32", "0000002a"))
    with scripted(lambda h, _a: reply(h, 206 if headers else 200, b"ab" if headers else b"newer", headers)) as server:
        reader = WebDav("d", server.url, Trust.of()).open("/f", entry)
        with pytest.raises(Changed):
            reader.pour(0, 2 if headers else None, got.extend)
    assert got == b""


def test_a_stored_file_that_differs_from_what_was_sent_is_removed() -> None:
    """A wrong checksum after an upload: an error, no final name, no leftover."""
    found = "<D:response><D:href>/x</D:href><D:propstat><D:prop><D:getcontentlength>3</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    parts: set[str] = set()

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        if asked.method == "PUT":
            parts.add(asked.path)
        if asked.method == "DELETE":
            parts.discard(asked.path)
        if asked.method == "PROPFIND":
            there = asked.path in parts
            reply(handler, 207 if there else 404, MULTI.format(found).encode())
        else:
            headers = {"Digest": "adler32=00000bad", **({"Content-Length": "3"} if asked.method == "HEAD" else {})}
            reply(handler, 201 if asked.method == "PUT" else 200, b"", headers)

    with scripted(answer) as server:
        with pytest.raises(Corrupted, match="other bytes"):
            WebDav("d", server.url, Trust.of()).put("/f", Bytes(b"abc"), ticket="t")
        assert "MOVE" not in {asked.method for asked in server.asked}
    assert parts == set()


def test_a_folder_that_another_upload_makes_meanwhile_is_there() -> None:
    """The server refuses the bytes as their folder is missing; when it is looked for it is there, so they are sent again."""
    puts = 0

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        nonlocal puts
        puts += asked.method == "PUT"
        if asked.method == "PROPFIND":
            body = FOLDER.format(asked.path) if asked.path.rstrip("/") in {"", "/new"} else FILE.format(asked.path)
            reply(handler, 207, MULTI.format(body.replace(">1<", ">3<")).encode())
            return
        headers = {"Content-Length": "3"} if asked.method == "HEAD" else {}
        refused = {"MKCOL": 405, "PUT": 409 if puts == 1 else 201}
        reply(handler, refused.get(asked.method, 201), headers=headers)

    with scripted(answer) as server:
        receipt = WebDav("d", server.url, Trust.of()).put("/new/f", Bytes(b"abc"), ticket="t")
    assert (receipt.entry.path, puts) == ("/new/f", 2)


def test_a_lost_answer_to_the_rename_is_resolved_by_looking() -> None:
    """The connection dies after the MOVE was done: the file is there, and that is success."""
    files: set[str] = set()

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        if asked.method == "PUT":
            files.add(asked.path)
        if asked.method == "MOVE":
            files.discard(asked.path)
            files.add("/f")
            handler.close_connection = True
            return
        if asked.method == "PROPFIND":
            body = FILE.format(asked.path).replace(">1<", ">3<")
            reply(handler, 207 if asked.path in files else 404, MULTI.format(body).encode())
            return
        headers = {"Content-Length": "3"} if asked.method == "HEAD" else {}
        reply(handler, 201 if asked.method == "PUT" else 200, headers=headers)

    with scripted(answer) as server:
        receipt = WebDav("d", server.url, Trust.of()).put("/f", Bytes(b"abc"), ticket="t")
    assert (receipt.entry.path, files) == ("/f", {"/f"})


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_replacement_that_dies_between_delete_and_rename_keeps_the_new_bytes(*, hangs_up: bool) -> None:
    """The server has removed the old file and then fails: the whole temporary is not swept, as it is all that there is."""
    files = {"/f"}

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        if asked.method == "PUT":
            files.add(asked.path)
        if asked.method == "DELETE":
            files.discard(asked.path)
        if asked.method == "MOVE":
            files.discard("/f")
            handler.close_connection = True
            if hangs_up:
                return
        if asked.method == "PROPFIND":
            body = FILE.format(asked.path).replace(">1<", ">3<")
            reply(handler, 207 if asked.path in files else 404, MULTI.format(body).encode())
            return
        headers = {"Content-Length": "3"} if asked.method == "HEAD" else {}
        reply(handler, {"PUT": 201, "MOVE": 500}.get(asked.method, 200), headers=headers)

    with scripted(answer) as server, pytest.raises(Unreachable) as caught:
        WebDav("d", server.url, Trust.of()).put("/f", Bytes(b"abc"), replace=True, ticket="t")
    assert files == {"/.f.t.ctapart"}
    assert ".f.t.ctapart" in caught.value.hint
