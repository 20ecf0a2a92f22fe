"""What a provider that lies, stammers or leads elsewhere gets from us."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.tokens.asking import ask_with, drive
from ctadata_jlab.tokens.device import log_in
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post
from ctadata_jlab.tokens.refresh import Refresh
from ctadata_jlab.tokens.stored import Stored, save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = ("the-client-secret", "the-device-code", "the-refresh-token")


class Server(ThreadingHTTPServer):
    """Answers paths from `pages` with JSON, or sends whoever posts to `elsewhere`; keeps all that it heard."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.elsewhere = ""
        self.heard: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(200, self.server.pages.get(self.path, {}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.append(f"{self.path}\n{self.headers}\n{body}")
        page = self.server.pages.get(self.path)
        self._answer(200 if page else 307, page or {})

    def _answer(self, status: int, page: Any) -> None:
        self.send_response(status)
        if status == 307:
            self.send_header("Location", f"{self.server.elsewhere}{self.path}")
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def both() -> Iterator[tuple[Server, Server]]:
    """A provider whose token endpoint leads to a thief."""
    with serving() as provider, serving() as thief:
        provider.elsewhere = thief.url
        provider.pages["/.well-known/openid-configuration"] = {
            "issuer": provider.url,
            "token_endpoint": f"{provider.url}/token",
            "device_authorization_endpoint": f"{provider.url}/device",
            "revocation_endpoint": f"{provider.url}/revoke",
        }
        provider.pages["/device"] = {
            "device_code": "the-device-code",
            "user_code": "AB-CD",
            "verification_uri": f"{provider.url}/confirm",
            "expires_in": 5,
        }
        yield provider, thief


def test_redirects_are_not_followed(both: tuple[Server, Server], tmp_path: Path) -> None:
    """Neither client secret nor device code nor refresh token goes where a redirect points."""
    provider, thief = both
    client = Client(provider.url, "us", secret="the-client-secret")
    with pytest.raises(CtaDataError):
        drive(log_in(client), ask_with(), lambda _: None)
    kept = Refresh(tmp_path / "refresh", TokenFile(tmp_path / "token"), lambda: client, ask_with())
    save(kept.place, Stored(provider.url, "us", "the-refresh-token"))
    with pytest.raises(CtaDataError):
        kept.fetch()
    with pytest.raises(CtaDataError):
        kept.log_out()
    assert len(provider.heard) == 4
    assert not thief.heard


def test_secrets_are_in_no_error(both: tuple[Server, Server]) -> None:
    """What a provider repeats of ours is not repeated by us."""
    provider, _ = both
    provider.pages["/token"] = {"error": "x", "error_description": "unknown code the-device-code-that-was-sent-to-me"}
    with pytest.raises(CtaDataError) as caught:
        drive(log_in(Client(provider.url, "us", secret="the-client-secret")), ask_with(), lambda _: None)
    assert not any(secret in f"{caught.value}{caught.value.hint}" for secret in SECRETS)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.text(max_size=5))
KEYS = st.sampled_from(
    [
        "error",
        "error_description",
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "interval",
    ]
)
ANSWERS = st.none() | st.builds(
    Answer, st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500]), st.dictionaries(KEYS, VALUES)
)
FIRST = {
    "issuer": "https://i.example",
    "token_endpoint": "https://i.example/t",
    "device_authorization_endpoint": "https://i.example/d",
}
CODE = {"device_code": "d", "user_code": "U", "verification_uri": "https://i.example/c", "expires_in": 20}


@given(st.lists(ANSWERS, max_size=8), st.booleans())
def test_any_answer_ends_in_words(answers: list[Answer | None], with_code: bool) -> None:
    """Whatever a provider says, the login ends with a grant or one of our errors, and within the code's time."""
    given_answers = iter([Answer(200, FIRST), *([Answer(200, CODE)] if with_code else []), *answers])
    now = [0.0]

    def pause(seconds: float) -> None:
        assert 0 <= seconds < 1e10
        now[0] += seconds + 0.5

    def ask(_: Get | Post) -> Answer | None:
        return next(given_answers, Answer(400, {"error": "access_denied"}))

    with suppress(CtaDataError):
        assert drive(log_in(Client("https://i.example", "us"), lambda: now[0]), ask, pause).access_token
