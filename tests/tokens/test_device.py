"""Login by device code: against the rig's real provider, and step by step for what that never says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import BadAnswer, CtaDataError, Misconfigured, NotLoggedIn, Unreachable, Unsupported
from ctadata_jlab.tokens.asking import ask_with, drive
from ctadata_jlab.tokens.claims import read_claims
from ctadata_jlab.tokens.device import Show, log_in
from ctadata_jlab.tokens.oauth import Answer, Client, Get, NeedsSecret, Post, Wait
from tests.tokens.logins import client_of, confirming

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.rig.provider import Provider

ISSUER = "https://issuer.example/realms/r/"
PLAIN = {
    "issuer": ISSUER.rstrip("/"),
    "token_endpoint": f"{ISSUER}token",
    "device_authorization_endpoint": f"{ISSUER}device",
}
DEVICE_CODE = "the-secret-device-code"
CODE = {
    "device_code": DEVICE_CODE,
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{ISSUER}confirm",
    "expires_in": 600,
    "interval": 2,
}
GRANTED = {"access_token": "opaque-access", "token_type": "bearer", "refresh_token": "renews", "expires_in": 300}


class Clock:
    """Passes as it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def answer(said: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, said)


def refusal(error: str, status: int = 400) -> Answer:
    return Answer(status, {"error": error})


class Talk:
    """Plays provider and time for a login; `asked` are the posts, `waits` the pauses."""

    def __init__(
        self, *answers: Answer | None, discovery: dict[str, Any] = PLAIN, client: Client | None = None
    ) -> None:
        self.clock = Clock()
        self.asked: list[Post] = []
        self.waits: list[float] = []
        self.shown: list[Show] = []
        self._answers = [answer(discovery), *answers]
        self.steps: Generator[Any, Any, Any] = log_in(client or Client(ISSUER, "users"), self.clock, "verifier")

    def run(self) -> Any:
        return drive(self.steps, self._ask, self._pause, self.shown.append)

    def _ask(self, step: Get | Post) -> Answer | None:
        if isinstance(step, Post):
            self.asked.append(step)
        return self._answers.pop(0)

    def _pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.now += seconds


# --- the real provider


@pytest.mark.parametrize("name", ["users", "users-short", "users-public"])
@pytest.mark.parametrize("scope", ["openid offline_access storage.read:/", "storage.read:/"])
def test_login_is_granted(provider: Provider, name: str, scope: str) -> None:
    """Public and confidential clients, with and without OpenID: the user confirms, and tokens come."""
    client = client_of(provider.as_client(name), scope)
    grant = drive(log_in(client), ask_with(str(provider.ca)), time.sleep, confirming(provider))
    assert read_claims(grant.access_token).issuer == provider.issuer
    assert grant.refresh_token
    assert grant.access_token not in repr(grant)
    assert grant.refresh_token not in repr(grant)


def test_login_is_declined(provider: Provider) -> None:
    """Who does not know the device says no, and the login ends at once."""
    with pytest.raises(NotLoggedIn, match="declined"):
        drive(
            log_in(client_of(provider)), ask_with(str(provider.ca)), time.sleep, confirming(provider, answer="refuse")
        )


def test_code_expires(provider: Provider) -> None:
    """A code that nobody confirms ends with its time, without a last question."""
    clock = Clock()

    def pause(seconds: float) -> None:
        clock.now += seconds + 200
        assert clock.now < 3000, "it asks on and on"

    with pytest.raises(NotLoggedIn, match="expired"):
        drive(log_in(client_of(provider), clock), ask_with(str(provider.ca)), pause)


def test_wrong_secret_asks_for_one(provider: Provider) -> None:
    """The provider's no to our own name is told apart from all else, so that a terminal can ask."""
    for secret in (None, "wrong-and-never-repeated"):
        client = Client(provider.issuer, "users", secret=secret)
        with pytest.raises(NeedsSecret) as caught:
            drive(log_in(client), ask_with(str(provider.ca)), time.sleep)
        assert "never-repeated" not in f"{caught.value}{caught.value.hint}"
        assert caught.value.name == "Misconfigured"


def test_nobody_there() -> None:
    """A provider that does not answer is Unreachable after three tries, whatever the way it is gone."""
    waits: list[float] = []
    with pytest.raises(Unreachable):
        drive(log_in(Client("https://127.0.0.1:1", "users")), ask_with(), waits.append)
    assert len(waits) == 2


def test_untrusted_provider_is_not_talked_to(provider: Provider) -> None:
    """A certificate that nobody vouches for gets no secret."""
    with pytest.raises(Unreachable):
        drive(log_in(client_of(provider)), ask_with(), lambda _: None)


# --- what it never says


def test_pending_then_granted() -> None:
    """The interval is the provider's; the device code goes to the token endpoint, and only there."""
    talk = Talk(answer(CODE), refusal("authorization_pending"), refusal("authorization_pending"), answer(GRANTED))
    grant = talk.run()
    assert (grant.access_token, grant.refresh_token, grant.seconds) == ("opaque-access", "renews", 300)
    assert talk.waits == [2, 2, 2]
    assert talk.asked[0].form == {"client_id": "users"}
    assert all(post.form["device_code"] == DEVICE_CODE for post in talk.asked[1:])
    assert talk.shown == [Show("WDJB-MJHT", f"{ISSUER}confirm", None, 600, 2)]
    assert DEVICE_CODE not in repr((talk.asked, talk.shown))


def test_slow_down() -> None:
    """Each `slow_down` adds five seconds for good (RFC 8628 §3.5)."""
    talk = Talk(
        answer(CODE), refusal("slow_down"), refusal("authorization_pending"), refusal("slow_down"), answer(GRANTED)
    )
    talk.run()
    assert talk.waits == [2, 7, 7, 12]


def test_network_gone_while_waiting() -> None:
    """The login outlives a provider that is down for a minute; it is asked ever more rarely."""
    gone = [None, answer({}, 429), answer({}, 503), None, None]
    talk = Talk(answer(CODE), *gone, refusal("authorization_pending"), answer(GRANTED))
    talk.run()
    assert talk.waits == [2, 4, 8, 16, 30, 30, 2]


def test_network_gone_for_good() -> None:
    """It ends when the code does."""
    talk = Talk(answer(CODE), *[None] * 100)
    with pytest.raises(NotLoggedIn, match="expired"):
        talk.run()
    assert talk.clock.now == CODE["expires_in"]


@pytest.mark.parametrize(
    ("last", "error"),
    [
        (refusal("access_denied"), NotLoggedIn),
        (refusal("expired_token"), NotLoggedIn),
        (refusal("invalid_grant"), BadAnswer),
        (refusal("invalid_client", 401), NeedsSecret),
        (answer({"access_token": "", "token_type": "bearer"}), BadAnswer),
        (answer({**GRANTED, "token_type": "mac"}), BadAnswer),
        (answer({}, 418), BadAnswer),
    ],
)
def test_ends(last: Answer, error: type[CtaDataError]) -> None:
    """Every other answer ends the login in words."""
    talk = Talk(answer(CODE), refusal("authorization_pending"), last)
    with pytest.raises(error) as caught:
        talk.run()
    assert DEVICE_CODE not in str(caught.value)


def test_challenge_only_where_it_is_offered() -> None:
    """PKCE: the verifier of RFC 7636's appendix B gives its challenge; a provider without S256 gets neither."""
    offered = {**PLAIN, "code_challenge_methods_supported": ["plain", "S256"]}
    talk = Talk(answer(CODE), answer(GRANTED), discovery=offered)
    talk.steps = log_in(Client(ISSUER, "users"), talk.clock, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    talk.run()
    first, second = talk.asked
    assert first.form["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert first.form["code_challenge_method"] == "S256"
    assert second.form["code_verifier"] == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    plain = Talk(answer(CODE), answer(GRANTED))
    plain.run()
    assert not any("code_verifier" in post.form or "code_challenge" in post.form for post in plain.asked)


def test_secret_goes_where_the_provider_wants_it() -> None:
    """By HTTP Basic, which is the default, or in the form; with odd characters encoded (RFC 6749 §2.3.1)."""
    client = Client(ISSUER, "users", secret="s:e cret")
    basic = Talk(answer(CODE), answer(GRANTED), client=client)
    basic.run()
    assert {post.authorization for post in basic.asked} == {"Basic dXNlcnM6cyUzQWUrY3JldA=="}
    assert not any("client_secret" in post.form for post in basic.asked)
    posting = {**PLAIN, "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]}
    form = Talk(answer(CODE), answer(GRANTED), client=client, discovery=posting)
    form.run()
    assert all(post.form["client_secret"] == "s:e cret" and post.authorization is None for post in form.asked)
    assert "s:e cret" not in repr((form.asked, basic.asked, client))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"issuer": "https://thief.example"}, BadAnswer),
        ({"token_endpoint": "http://issuer.example/token"}, Misconfigured),
        ({"device_authorization_endpoint": "http://issuer.example/device"}, Misconfigured),
        ({"token_endpoint": 7}, Misconfigured),
        ({"device_authorization_endpoint": None}, Unsupported),
    ],
)
def test_bad_discovery(said: dict[str, Any], error: type[CtaDataError]) -> None:
    """A document of another issuer, or one that leads off https, gets nothing from us."""
    talk = Talk(discovery={**PLAIN, **said})
    with pytest.raises(error):
        talk.run()
    assert not talk.asked


@pytest.mark.parametrize(
    "said",
    [{"verification_uri": "javascript:alert(1)"}, {"user_code": ""}, {"device_code": None}, {"user_code": "a\nb"}],
)
def test_bad_code(said: dict[str, Any]) -> None:
    """Nothing that a browser would run, or that nobody could type, is shown."""
    talk = Talk(answer({**CODE, **said}))
    with pytest.raises(BadAnswer):
        talk.run()
    assert not talk.shown


def test_whole_address_only_if_it_is_a_page() -> None:
    """The address with the code in it is optional, and left out if it is no page."""
    for whole, shown in ((f"{ISSUER}c?user_code=W", f"{ISSUER}c?user_code=W"), ("data:text/html,x", None)):
        talk = Talk(answer({**CODE, "verification_uri_complete": whole}), answer(GRANTED))
        talk.run()
        assert talk.shown[0].verification_uri_complete == shown


def test_no_question_before_the_first_wait() -> None:
    """A provider's interval holds from the start."""
    steps = log_in(Client(ISSUER, "users"), Clock())
    assert isinstance(next(steps), Get)
    assert isinstance(steps.send(answer(PLAIN)), Post)
    assert isinstance(steps.send(answer({**CODE, "interval": None})), Show)
    assert next(steps) == Wait(5.0)
