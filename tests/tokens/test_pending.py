"""A login while it is under way: whatever becomes of it is told, and nothing of what was to keep it stays."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import CtaDataError, NotLoggedIn
from ctadata_jlab.tokens.agent_login import AgentLogin
from ctadata_jlab.tokens.grant import Grant
from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post
from ctadata_jlab.tokens.pending import ByCode

if TYPE_CHECKING:
    from collections.abc import Callable

ISSUER = "https://issuer.example"
CLIENT = Client(ISSUER, "users")
PLACES = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "device_authorization_endpoint": f"{ISSUER}/device",
    "revocation_endpoint": f"{ISSUER}/revoke",
}
CODE = {
    "device_code": "d",
    "user_code": "WDJB",
    "verification_uri": f"{ISSUER}/confirm",
    "expires_in": 600,
    "interval": 1,
}
GRANTED = {"access_token": "a", "token_type": "bearer", "refresh_token": "renews", "expires_in": 300}
SECRET = "never-to-be-told"


class Provider:
    """Grants what is asked for, once it is `confirmed`; `revoked` are the tokens that were."""

    def __init__(self) -> None:
        self.confirmed = threading.Event()
        self.revoked: list[str] = []

    def __call__(self, step: Get | Post) -> Answer:
        if isinstance(step, Get):
            return Answer(200, PLACES)
        place = step.url.rpartition("/")[2]
        if place == "revoke":
            self.revoked.append(step.form["token"])
        elif place == "token" and not self.confirmed.is_set():
            return Answer(400, {"error": "authorization_pending"})
        return Answer(200, CODE if place == "device" else GRANTED)


class Keep:
    """Takes what a login gives as *outcome* says; holds a password."""

    password = SECRET

    def __init__(self, outcome: Exception | None) -> None:
        self._outcome = outcome

    def __call__(self, _client: Client, _grant: Grant) -> None:
        here = self  # a local, as the frames of real ones have them
        if here._outcome is not None:
            raise here._outcome


def _ended(login: ByCode) -> threading.Event:
    over = threading.Event()
    login.ended[:] = [over.set]
    return over


def _unexpected() -> Exception:
    return RuntimeError(f"odd {SECRET}")


@pytest.mark.parametrize("outcome", [_unexpected, lambda: OSError(28, "No space left on device")])
def test_whatever_goes_wrong_is_told(outcome: Callable[[], Exception], caplog: pytest.LogCaptureFixture) -> None:
    """Also what nobody expects is a problem that is shown, and who waits for the end hears of it; its text may hold secrets."""
    provider = Provider()
    login = ByCode(lambda: CLIENT, provider)
    over = _ended(login)
    login.start(Keep(outcome()))
    provider.confirmed.set()
    assert over.wait(60)
    assert login.show is None
    assert login.problem is not None
    assert login.problem.message == f"The login failed: {type(outcome()).__name__}."
    assert login.problem.hint
    assert SECRET not in caplog.text


def test_no_code_for_what_nobody_expects() -> None:
    """Who asked for the code is told, too, at once."""

    def broken() -> Client:
        raise _unexpected()

    login = ByCode(broken, Provider())
    over = _ended(login)
    with pytest.raises(CtaDataError, match=r"The login failed: RuntimeError\."):
        login.start(Keep(None))
    assert over.wait(60)


@pytest.mark.parametrize("outcome", [lambda: None, lambda: NotLoggedIn("no"), _unexpected, "cancelled"])
def test_what_was_to_keep_it_does_not_stay(outcome: Callable[[], Exception | None] | str) -> None:
    """It may hold a password, which is needed no longer when the login has ended, whichever way."""
    provider = Provider()
    login = ByCode(lambda: CLIENT, provider)
    over = _ended(login)
    keep = Keep(outcome() if callable(outcome) else None)
    watched = weakref.ref(keep)
    others = set(threading.enumerate())
    login.start(keep)
    del keep
    assert watched() is not None
    if callable(outcome):
        provider.confirmed.set()
    else:
        assert login.cancel()
    assert over.wait(60)
    for one in set(threading.enumerate()) - others:
        one.join(60)
    gc.collect()
    assert watched() is None


def test_one_given_up_just_after_it_was_confirmed_is_revoked() -> None:
    """The provider has granted it, and nobody keeps it: it must not live on there, where only the user's account page shows it."""
    provider = Provider()

    def late(step: Get | Post) -> Answer:
        answer = provider(step)
        if step.url.endswith("/token") and answer.is_good:
            assert login.cancel()  # while the grant is on its way
        return answer

    login = ByCode(lambda: CLIENT, late)
    over, kept = _ended(login), []
    login.start(lambda _client, grant: kept.append(grant))
    provider.confirmed.set()
    assert over.wait(60)
    assert login.problem is None
    assert kept == []
    assert provider.revoked == [GRANTED["refresh_token"]]


class _Broken:
    """An account whose agent cannot be asked, for a reason that nobody foresaw."""

    def adopt(self, *_: object) -> None:
        raise _unexpected()


def test_what_the_agent_did_not_take_is_revoked() -> None:
    """Whatever the reason."""
    provider = Provider()
    login = AgentLogin("grid", lambda: CLIENT, provider)
    with pytest.raises(RuntimeError):
        login.keep(_Broken(), CLIENT, Grant("a", "renews"))  # type: ignore[arg-type]
    assert provider.revoked == ["renews"]
