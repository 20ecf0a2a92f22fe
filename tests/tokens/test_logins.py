"""Where tokens and passwords are sent, shown by real servers that note what reaches them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from ctadata_jlab.errors import Busy, Misconfigured, NotLoggedIn
from ctadata_jlab.storage.turns import Authorised
from ctadata_jlab.tokens.basic import Basic
from ctadata_jlab.tokens.bearer import Bearer
from ctadata_jlab.tokens.keeper import Keeper
from tests.tokens.making import Clock, Scripted

if TYPE_CHECKING:
    from collections.abc import Iterator


class Door(ThreadingHTTPServer):
    """Answers 200 to the logins that are `good`, else 401, or redirects; `seen` are the Authorization headers."""

    def __init__(self, good: str | None, location: str | None = None) -> None:
        self.good, self.location = good, location
        self.seen: list[str | None] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        login = self.headers.get("Authorization")
        self.server.seen.append(login)
        good = self.server.good
        self.send_response(307 if self.server.location else 200 if good in {None, login} else 401)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def door(good: str | None = None, location: str | None = None) -> Iterator[Door]:
    with Door(good, location) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def keeper(*values: str | None) -> Keeper:
    return Keeper(Scripted(list(values)), Clock())


def test_the_token_goes_to_its_door_only() -> None:
    """Another port is another server; it gets no token, not even by a redirect."""
    with (
        door() as home,
        door() as thief,
        httpx.Client(auth=Authorised(Bearer(keeper("abc"), home.url).authorise, home.url)) as client,
    ):
        client.get(home.url)
        client.get(thief.url)
        home.location = thief.url
        client.get(home.url, follow_redirects=True)
        client.get(thief.url.replace("127.0.0.1", "localhost"))
    assert home.seen == ["Bearer abc", "Bearer abc"]
    assert thief.seen == [None, None, None]


@pytest.mark.parametrize("url", ["http://dcache.example:2880", "ftp://dcache.example", "dcache.example"])
def test_no_secret_over_plain_http(url: str) -> None:
    """Only https, or this very machine, may get a token or a password."""
    with pytest.raises(Misconfigured):
        Bearer(keeper("abc"), url)
    with pytest.raises(Misconfigured):
        Basic("alice", lambda: "abc", url)


def test_a_refused_token_is_replaced_once() -> None:
    """After a 401, the request is repeated with another token, which then serves all."""
    with (
        door("Bearer new") as home,
        httpx.Client(auth=Authorised(Bearer(keeper("old", "new"), home.url).authorise, home.url)) as client,
    ):
        assert [client.get(home.url).status_code for _ in range(2)] == [200, 200]
    assert home.seen == ["Bearer old", "Bearer new", "Bearer new"]


def test_no_other_token_is_a_clear_error() -> None:
    """The dead token is sent once; from then on nothing is sent at all."""
    with (
        door("Bearer new") as home,
        httpx.Client(auth=Authorised(Bearer(keeper("old"), home.url).authorise, home.url)) as client,
    ):
        for _ in range(3):
            with pytest.raises(NotLoggedIn):
                client.get(home.url)
    assert home.seen == ["Bearer old"]


def test_two_refusals_in_a_row_and_then_nothing() -> None:
    """The second 401 is the caller's to see; a third request is not even sent: dCache would block this address."""
    with (
        door("Bearer x") as home,
        httpx.Client(auth=Authorised(Bearer(keeper("one", "two", "three"), home.url).authorise, home.url)) as client,
    ):
        assert client.get(home.url).status_code == 401
        with pytest.raises(Busy):
            client.get(home.url)
    assert home.seen == ["Bearer one", "Bearer two"]


def test_a_pools_401_says_nothing_about_the_token() -> None:
    """The token was not sent to where the redirect led, so it was not refused."""
    with door("Bearer x") as pool, door(location=pool.url) as home:
        kept = keeper("abc", "other")
        with httpx.Client(auth=Authorised(Bearer(kept, home.url).authorise, home.url), follow_redirects=True) as client:
            assert client.get(home.url).status_code == 401
        assert kept.get_access_token() == "abc"


def test_for_libcurl() -> None:
    """The header's value; given a refused one, another; given an older one, the current."""
    bearer = Bearer(keeper("one", "two", "three"), "https://dcache.example")
    assert bearer.authorise(None) == "Bearer one"
    assert bearer.authorise("Bearer one") == "Bearer two"
    assert bearer.authorise("Bearer one") == "Bearer two"
    with pytest.raises(Busy):
        bearer.authorise("Bearer two")


def test_a_password_goes_to_its_door_only() -> None:
    """In the header of RFC 7617, UTF-8, and to no other server."""
    with (
        door() as home,
        door() as thief,
        httpx.Client(auth=Authorised(Basic("Aladdin", lambda: "ünlock", home.url).authorise, home.url)) as client,
    ):
        client.get(home.url)
        client.get(thief.url)
        home.location = thief.url
        client.get(home.url, follow_redirects=True)
    assert home.seen[0] == "Basic QWxhZGRpbjrDvG5sb2Nr"
    assert thief.seen == [None, None]


def test_a_refused_password_is_not_sent_again() -> None:
    """One 401, then an error that names the user, by httpx and by libcurl alike."""
    with door("Basic x") as home:
        basic = Basic("alice", lambda: "tell-tale", home.url)
        with httpx.Client(auth=Authorised(basic.authorise, home.url)) as client:
            for _ in range(2):
                with pytest.raises(NotLoggedIn, match="alice") as caught:
                    client.get(home.url)
        with pytest.raises(NotLoggedIn):
            basic.authorise()
    assert len(home.seen) == 1
    assert "tell-tale" not in f"{caught.value!r}{basic!r}"
    other = Basic("alice", lambda: "abc", "https://dcache.example")
    with pytest.raises(NotLoggedIn):
        other.authorise(other.authorise())


@pytest.mark.parametrize(("user", "password"), [("a:b", "x"), ("a\n", "x"), ("a", "x\r\ny")])
def test_logins_that_cannot_be_sent(user: str, password: str) -> None:
    """A colon in the name, or a line break anywhere, is refused without showing it."""
    with pytest.raises(Misconfigured):
        Basic(user, lambda: password, "https://dcache.example")
