"""Nobody gets anything from the extension without being known, and no write comes from another site."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_server.serverapp import _has_tornado_web_authenticated
from tornado.web import RequestHandler
from traitlets.config import Config

from ctadata_jlab.server.app import ROUTES

if TYPE_CHECKING:
    from tests.server.fakes import FakeEngine, Flaky

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
EXAMPLES = {
    r"((?:/.*)?)": "/sky/lst/a.txt",
    r"(/.*)": "/sky/lst/a.txt",
    r"(/[^/]+)": "/sky",
    r"([^/]+)": "J1",
    r"(\d{1,9})": "0",
    r"([\w-]+)": "key",
    r"([A-Za-z0-9-]+)": "sky",
}


def _example(pattern: str) -> str:
    """Return a path that *pattern* matches."""
    path = pattern
    for group, text in EXAMPLES.items():
        path = path.replace(group, text)
    assert re.fullmatch(pattern, path), f"give an example of what {pattern} matches"
    return path


@pytest.fixture(params=[False, True], ids=["closed", "as Jupyter is by default"])
def jp_server_config(request: pytest.FixtureRequest) -> Config:
    """Run with and without the server's own demand for authentication."""
    server = {"jpserver_extensions": {"ctadata_jlab": True}, "allow_unauthenticated_access": request.param}
    return Config({"ServerApp": server})


def _registered(jp_serverapp: Any) -> dict[str, type[RequestHandler]]:
    """Return all handlers of the running server that are ours, by their full pattern."""
    found = {}
    for rule in jp_serverapp.web_app.default_router.rules:
        for inner in getattr(rule.target, "rules", []):
            if inner.target.__module__.startswith("ctadata_jlab"):
                found[inner.matcher.regex.pattern] = inner.target
    return found


def test_all_routes_are_known(jp_serverapp: Any) -> None:
    """What the server has registered is what this test asks."""
    base = re.escape("/user/ada/").replace(r"\-", "-")
    assert sorted(_registered(jp_serverapp)) == sorted(f"{base}{pattern}$" for pattern, _ in ROUTES)


def test_all_methods_are_marked(jp_serverapp: Any) -> None:
    """Every method that a handler has is behind Jupyter's own decorator, which its start-up check looks for."""
    for handler in _registered(jp_serverapp).values():
        for name in METHODS:
            method = getattr(handler, name.lower())
            if method is not RequestHandler._unimplemented_method:
                assert _has_tornado_web_authenticated(method), f"{name} of {handler.__name__}"


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in ROUTES])
@pytest.mark.parametrize("method", METHODS)
async def test_unknown_user_is_refused(ask: Any, engine: FakeEngine, remote: Flaky, pattern: str, method: str) -> None:
    """Each route refuses each method without a token, with the body of an error; nothing is touched."""
    body = None if method in {"GET", "HEAD"} else "{}"
    path = _example(pattern).removeprefix("ctadata-jlab/")
    for headers in ({"Authorization": ""}, {"Authorization": "token wrong"}):
        answer = await ask(path, method, headers=headers, body=body)
        assert answer.status == 403
        if method != "HEAD":
            assert answer.json["error"] == "Forbidden"
    assert not engine.started
    assert remote.read("/lst/a.txt") == b"alpha\n"


async def test_unknown_user_cannot_send_a_large_body(ask: Any, engine: FakeEngine) -> None:
    """The limit on bodies is lifted only for who is known."""
    answer = await ask("jobs/J1/items/0", "PUT", body=b"x" * 1_000_000, headers={"Authorization": ""})
    assert answer.status in {403, 599}
    assert not engine.started


async def test_preflight_says_nothing(ask: Any, engine: FakeEngine) -> None:
    """The only method open to all is the preflight of browsers, which tells nothing."""
    answer = await ask("jobs", "OPTIONS", headers={"Authorization": ""})
    assert answer.body == b""
    assert not engine.started


async def test_writes_need_the_xsrf_token(ask: Any, http_server_client: Any, jp_serverapp: Any, remote: Flaky) -> None:
    """A page of another site has the user's cookie, but not the XSRF token: its writes are refused, and so are its downloads."""
    token = jp_serverapp.identity_provider.token
    first = await http_server_client.fetch(f"/user/ada/api/me?token={token}", raise_error=False)
    cookie = "; ".join(one.split(";")[0] for one in first.headers.get_list("Set-Cookie") if "username" in one)
    assert cookie
    known = {"Authorization": "", "Cookie": cookie}
    assert (await ask("sources", headers=known)).status == 200
    for pattern, handler in ROUTES:
        path = _example(pattern).removeprefix("ctadata-jlab/")
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            if getattr(handler, method.lower()) is not RequestHandler._unimplemented_method:
                answer = await ask(path, method, headers=known, body="{}")
                assert (answer.status, answer.json["error"]) == (403, "Forbidden")
    assert (await ask("files/sky/lst/a.txt", headers=known)).status == 403
    assert remote.read("/lst/a.txt") == b"alpha\n"
    good = {"Authorization": "", "Cookie": f"{cookie}; _xsrf=ab12cd34", "X-XSRFToken": "ab12cd34"}
    assert (await ask("contents/sky/new", "PUT", {"content": "x"}, headers=good)).status == 201


async def test_authorizer_is_asked(ask: Any, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that lets somebody read but not write its contents does so here."""
    asked = []

    def only_reading(handler: Any, user: Any, action: str, resource: str) -> bool:
        asked.append((action, resource))
        return action == "read"

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", only_reading, raising=False)
    assert (await ask("sources")).status == 200
    assert (await ask("jobs", "POST", {})).json["error"] == "Forbidden"
    assert (await ask("jobs/J1/items/0", "PUT", body="x")).status == 403
    assert set(asked) == {("read", "contents"), ("write", "contents")}
