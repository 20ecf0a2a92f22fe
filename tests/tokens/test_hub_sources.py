"""What a JupyterHub and Tessera answer, and what is made of it; a real hub is in `tests/hub`."""

from __future__ import annotations

from typing import Any

import pytest

from ctadata_jlab.errors import CtaDataError, Misconfigured, NotLoggedIn, Unreachable
from ctadata_jlab.tokens.hub import HubState, HubToken
from ctadata_jlab.tokens.oauth import Answer, Get, Post
from ctadata_jlab.tokens.tessera import Tessera
from tests.tokens.making import NOW, Clock, jwt

SESSION = {
    "JUPYTERHUB_API_URL": "http://hub.internal:8081/hub/api",
    "JUPYTERHUB_API_TOKEN": "session-key",
    "JUPYTERHUB_USER": "al/ice",
    "TESSERA_URL": "https://hub.example/services/tessera",
}

SERVICE = "http://hub.internal:8081/services/download/"


class Hub:
    """Answers one thing and notes the questions."""

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.asked: list[Get | Post] = []

    def __call__(self, step: Get | Post) -> Answer | None:
        self.asked.append(step)
        return self.answer


def state_of(said: Any, status: int = 200, **options: Any) -> tuple[HubState, Hub]:
    hub = Hub(Answer(status, said))
    return HubState(hub, variables=SESSION, clock=Clock(), **options), hub


def test_the_hubs_token() -> None:
    """Asked of the hub's own address with the session's own key, for this user alone."""
    source, hub = state_of({"name": "al/ice", "auth_state": {"access_token": jwt(exp=NOW + 600, sub="alice")}})
    token = source.fetch()
    assert token is not None
    assert (token.source, token.subject) == ("hub", "alice")
    assert hub.asked == [Get("http://hub.internal:8081/hub/api/users/al%2Fice", "token session-key")]
    assert "session-key" not in repr(hub.asked)
    assert source.fetch(refused=token) is None
    assert source.fetch(1200) is None


@pytest.mark.parametrize(
    ("said", "status"),
    [({"auth_state": None}, 200), ({}, 200), ({"message": "no"}, 403), ({"auth_state": {"other": 1}}, 200)],
)
def test_a_hub_that_shows_nothing(said: Any, status: int) -> None:
    """Where it is one of several ways, nothing is offered and the explanation says why; where it is the only one, it is an error."""
    source, _ = state_of(said, status)
    assert source.fetch() is None
    assert "hub" in source.explain()[0].outcome or "access_token" in source.explain()[0].outcome
    with pytest.raises(Misconfigured, match="JupyterHub") as caught:
        state_of(said, status, optional=False)[0].fetch()
    assert "admin:auth_state!user" in caught.value.hint


def test_an_expired_one_is_told() -> None:
    """The hub alone renews it: the user is told to log in there again."""
    source, _ = state_of({"auth_state": {"access_token": jwt(exp=NOW - 5)}})
    assert source.fetch() is None
    (attempt,) = source.explain()
    assert attempt.has_expired
    assert "log in to the hub" in attempt.outcome


def test_a_hub_that_is_away() -> None:
    """Nobody answers: that is no missing token."""
    with pytest.raises(Unreachable):
        HubState(Hub(None), variables=SESSION).fetch()
    assert "does not answer" in HubState(Hub(Answer(503, {})), variables=SESSION).explain()[0].outcome


def test_outside_of_a_hub() -> None:
    """Nothing is asked, nothing offered."""
    hub = Hub(None)
    assert HubState(hub, variables={}).fetch() is None
    assert "no session" in HubState(hub, variables={}).explain()[0].outcome
    assert hub.asked == []
    with pytest.raises(Misconfigured, match="JUPYTERHUB_API_TOKEN"):
        HubToken(SERVICE, variables={}).fetch()


def test_the_sessions_own_token() -> None:
    """For the hub's own services; once refused, there is no other."""
    token = HubToken(SERVICE, variables=SESSION).fetch()
    assert token is not None
    assert token.value == "session-key"
    assert HubToken(SERVICE, variables=SESSION).fetch(refused=token) is None


PUBLIC = {"JUPYTERHUB_API_TOKEN": "session-key", "JUPYTERHUB_PUBLIC_HUB_URL": "https://h.example/base/hub/"}
USER = {**PUBLIC, "JUPYTERHUB_PUBLIC_URL": "https://h.example/base/user/a/", "JUPYTERHUB_BASE_URL": "/base/"}


@pytest.mark.parametrize(
    ("url", "variables", "hub"),
    [
        ("https://h.example/base/services/download/", PUBLIC, ""),
        ("https://H.example:443/base/services/download/webdav", USER, ""),
        ("http://hub.internal:8081/services/download", SESSION, ""),
        ("https://h.example/services/download", {"JUPYTERHUB_API_TOKEN": "session-key"}, "https://h.example/"),
        ("https://h.example/base/services/download", SESSION, "https://h.example/base"),
    ],
)
def test_services_of_the_hub(url: str, variables: dict[str, str], hub: str) -> None:
    """Below the hub's address as the session knows it, or as the settings say it."""
    token = HubToken(url, hub, variables).fetch()
    assert token is not None
    assert token.value == "session-key"


@pytest.mark.parametrize(
    "url",
    [
        "https://thief.example/base/services/download/",
        "https://h.example.thief.example/base/services/download/",
        "https://h.example@thief.example/base/services/download/",
        "https://h.example:8443/base/services/download/",
        "http://h.example/base/services/download/",
        "https://h.example/base/user/mallory/",
        "https://h.example/services/download/",
        "https://h.example/base/services/../user/mallory/",
        "https://h.example/base/services/%2e%2e/user/mallory/",
        "https://h.example/base/servicesque/",
    ],
)
def test_what_is_no_service_of_the_hub(url: str) -> None:
    """Other servers, ports and schemes, and other users' sessions on the hub's own host: the token opens the user's account there."""
    with pytest.raises(Misconfigured, match="own services only") as caught:
        HubToken(url, variables=USER).fetch()
    assert "`hub`" in caught.value.hint
    assert "session-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        (SESSION, "https://hub.example/services/tessera/token?server=site%20x"),
        (
            {"JUPYTERHUB_PUBLIC_URL": "https://h.example/base/user/a/", "JUPYTERHUB_BASE_URL": "/base/"},
            "https://h.example/base/services/tessera/token?server=site%20x",
        ),
    ],
)
def test_tessera(variables: dict[str, str], url: str) -> None:
    """One question, at the address that the session was told, or below the hub's public one."""
    hub = Hub(Answer(200, {"access_token": "abc"}))
    token = Tessera("site x", hub, variables).fetch()
    assert token is not None
    assert (token.value, token.source) == ("abc", "tessera")
    assert [step.url for step in hub.asked] == [url]


@pytest.mark.parametrize(
    ("variables", "answer", "error"),
    [
        (SESSION, Answer(401, {"detail": "log in at the panel"}), NotLoggedIn),
        (SESSION, Answer(404, {"error": "unknown_server"}), NotLoggedIn),
        (SESSION, Answer(200, {}), Misconfigured),
        (SESSION, None, Unreachable),
        ({}, None, Misconfigured),
        ({"TESSERA_URL": "http://elsewhere.example/"}, None, Misconfigured),
    ],
)
def test_tessera_that_gives_none(variables: dict[str, str], answer: Answer | None, error: type[CtaDataError]) -> None:
    """Each failure is a clear one; the session's key goes nowhere without TLS."""
    hub = Hub(answer)
    with pytest.raises(error) as caught:
        Tessera("x", hub, variables).fetch()
    assert caught.value.hint
    assert all(step.url.startswith("https://hub.example/") for step in hub.asked)


def test_tessera_needs_a_server() -> None:
    """Without a name there is nothing to ask for."""
    with pytest.raises(Misconfigured, match="Tessera"):
        Tessera("", Hub(None), SESSION)
