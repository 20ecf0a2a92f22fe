"""The current token: once for all threads, renewed in time, never again once refused."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Busy, CtaDataError, Misconfigured, NotLoggedIn, Unreachable
from ctadata_jlab.tokens import FirstOf
from ctadata_jlab.tokens.environment import Environment
from ctadata_jlab.tokens.file import TokenFile, forget, store
from ctadata_jlab.tokens.keeper import Keeper, LoginState
from ctadata_jlab.tokens.refusals import Refusals
from tests.tokens.making import ISSUER, NOW, Clock, Scripted, jwt

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.tokens import TokenSource


def test_kept_until_it_is_about_to_end() -> None:
    """The source is asked again when less than `min_valid` seconds are left, not before."""
    clock = Clock()
    source = Scripted([jwt(exp=NOW + 600, n=1), jwt(exp=NOW + 1200, n=2)])
    keeper = Keeper(source, clock)
    first = keeper.token()
    clock.now += 20
    assert keeper.token() is first
    assert len(source.asked) == 1
    clock.now = NOW + 541
    assert keeper.token() is not first
    assert keeper.get_access_token() == keeper.token().value


def test_the_token_is_looked_at_again_now_and_then(tmp_path: Path) -> None:
    """Another login, or a log-out, in another process is noticed within half a minute though the token is still valid."""
    clock, path = Clock(), tmp_path / "token"
    keeper = Keeper(TokenFile(path, clock=clock), clock)
    store(path, "alice")
    assert keeper.get_access_token() == "alice"
    store(path, "bob")
    clock.now += 31
    assert [keeper.get_access_token() for _ in range(2)] == ["bob", "bob"]
    forget(path)
    clock.now += 31
    with pytest.raises(NotLoggedIn):
        keeper.token()


def test_a_log_in_here_counts_at_once(tmp_path: Path) -> None:
    """`look_again` makes the next one to ask get what was just stored."""
    path = tmp_path / "token"
    keeper = Keeper(TokenFile(path))
    store(path, "alice")
    keeper.token()
    store(path, "bob")
    keeper.look_again()
    assert keeper.get_access_token() == "bob"


def test_short_tokens_do_not_cause_a_storm() -> None:
    """A provider whose tokens last 60 s is asked at half their life, not for each request; a last rest of a token is used."""
    clock = Clock()
    source = Scripted([jwt(exp=NOW + 60)])
    keeper = Keeper(source, clock)
    for _ in range(29):
        keeper.token()
        clock.now += 1
    assert len(source.asked) == 1
    clock.now = NOW + 45
    assert keeper.token().expires == NOW + 60


def test_a_shorter_one_is_better_than_none(tmp_path: Path) -> None:
    """If no source has a token for the time asked, one that is still valid is used."""
    clock = Clock()
    keeper = Keeper(Environment({"BEARER_TOKEN": jwt(exp=NOW + 30)}, shared=tmp_path, clock=clock), clock)
    assert keeper.token(60).expires == NOW + 30


def test_an_expired_token_is_never_handed_out() -> None:
    """Whatever a source says: three such requests would block this address at dCache."""
    keeper = Keeper(Scripted([jwt(exp=NOW)]), Clock())
    with pytest.raises(NotLoggedIn):
        keeper.token()
    assert keeper.current is None


def test_one_asks_and_the_others_wait() -> None:
    """Sixteen threads, one question; all get its answer."""
    source = Scripted(["abc", "other"], gate=threading.Event())
    keeper = Keeper(source)
    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(keeper.token) for _ in range(16)]
        time.sleep(0.2)
        assert source.gate is not None
        source.gate.set()
        assert {answer.result(10).value for answer in answers} == {"abc"}
    assert len(source.asked) == 1


def test_those_who_waited_share_a_failure() -> None:
    """A source that takes its time to fail is not asked again by each waiter; each gets an error of its own."""
    source = Scripted([Misconfigured("broken")], gate=threading.Event())
    keeper = Keeper(source)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(keeper.token) for _ in range(8)]
        time.sleep(0.2)
        assert source.gate is not None
        source.gate.set()
        errors = {id(answer.exception(10)) for answer in answers}
    assert (len(errors), len(source.asked)) == (8, 1)


def test_a_good_token_outlives_its_sources_bad_moment() -> None:
    """While it is valid, an agent that stumbles is not the user's problem; and nobody waits for it."""
    clock = Clock()
    keeper = Keeper(Scripted([jwt(exp=NOW + 600), Misconfigured("stumbled")]), clock)
    first = keeper.token()
    clock.now += 31
    assert keeper.token() is first
    assert keeper.state().state == "ok"
    clock.now = NOW + 595
    with pytest.raises(NotLoggedIn, match="stumbled"):
        keeper.token()


def test_what_is_wrong_with_a_source_asks_for_a_login() -> None:
    """A source that cannot be used is named, and is something to log in for: dialogs open, transfers wait; a network that is gone is not."""
    keeper = Keeper(Scripted([Misconfigured("The agent is gone.", hint="Start it.")]), Clock())
    with pytest.raises(NotLoggedIn, match=r"The agent is gone\.") as caught:
        keeper.token()
    assert caught.value.hint == "Start it."
    assert (keeper.state().state, keeper.state().hint) == ("error", "The agent is gone. Start it.")
    with pytest.raises(Unreachable):
        Keeper(Scripted([Unreachable("away")]), Clock()).token()


def test_nobody_waits_for_another_look() -> None:
    """While one thread looks again, the others go on with the token that is still good."""
    clock = Clock()
    source = Scripted(["abc"])
    keeper = Keeper(source, clock)
    keeper.token()
    clock.now += 31
    source.gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(keeper.token)
        time.sleep(0.1)
        assert keeper.get_access_token() == "abc"
        assert not looking.done()
        source.gate.set()
        looking.result(10)
        clock.now += 31
        with keeper._asking:  # as if another had begun to ask in this very moment
            assert pool.submit(keeper.get_access_token).result(5) == "abc"


def test_a_refused_token_is_never_handed_out_again() -> None:
    """Not by the cache, not by the source that still offers it, not a while later."""
    clock = Clock()
    source = Scripted(["abc"])
    keeper = Keeper(source, clock)
    token = keeper.token()
    for _ in range(3):
        with pytest.raises(NotLoggedIn):
            keeper.token(refused=token if clock.now == NOW else None)
        clock.now += 3600
    assert keeper.current is None
    assert token in [refused for _, refused in source.asked]


def test_refused_while_another_had_renewed() -> None:
    """A late 401 to the old token does not throw the new one away."""
    keeper = Keeper(Scripted(["old", "new", "newer"]), Clock())
    old = keeper.token()
    new = keeper.token(refused=old)
    assert keeper.token(refused=old) is new


def test_three_refusals_are_never_provoked() -> None:
    """After two 401s the next token waits until dCache has forgotten them, and `Busy` says how long."""
    clock = Clock()
    keeper = Keeper(Scripted(["one", "two", "three"]), clock)
    second = keeper.token(refused=keeper.token())
    with pytest.raises(Busy) as caught:
        keeper.token(refused=second)
    assert caught.value.after == 30
    clock.now += 10
    with pytest.raises(Busy):
        keeper.token()
    clock.now += 20
    assert keeper.get_access_token() == "three"


def test_a_clock_that_was_set_back_blocks_nobody() -> None:
    """The wait is a matter of half a minute, whatever the clock does."""
    clock = Clock()
    refusals = Refusals(clock)
    token = Keeper(Scripted(["one"])).token()
    refusals.add(token)
    refusals.add(token)
    assert refusals.wait() == 30
    clock.now -= 86400
    assert refusals.wait() == 0


def test_not_logged_in_says_where_it_looked(tmp_path: Path) -> None:
    """The hint names every place and what was found there."""
    sources: list[TokenSource] = [Environment({}, shared=tmp_path), TokenFile(tmp_path / "token")]
    with pytest.raises(NotLoggedIn) as caught:
        Keeper(FirstOf(sources)).token()
    assert "BEARER_TOKEN" in caught.value.hint
    assert f"{tmp_path}/token: no token there" in caught.value.hint


def test_states(tmp_path: Path) -> None:
    """Missing, ok, expired since, refused, unusable: each with what the badge needs, and nothing raises."""
    clock, path = Clock(), tmp_path / "token"
    keeper = Keeper(FirstOf([TokenFile(path, clock=clock)]), clock)
    assert keeper.state().state == "missing"
    assert str(path) in keeper.state().hint
    store(path, jwt(exp=NOW + 100, iss=ISSUER, preferred_username="alice"))
    assert keeper.state() == LoginState("ok", "alice", ISSUER, NOW + 100, "file")
    clock.now += 200
    expired = keeper.state()
    assert (expired.state, expired.until, expired.issuer) == ("expired", NOW + 100, ISSUER)
    assert "2027-01-15 08:01 UTC" in expired.hint
    store(path, jwt(iss=ISSUER, preferred_username="alice"))
    keeper.refuse(keeper.token())
    refused = keeper.state()
    assert (refused.state, refused.subject, refused.source) == ("error", "alice", "file")
    assert "refused the token of alice from file" in refused.hint
    path.write_text("two words")
    assert keeper.state().state == "error"
    assert "two words" not in keeper.state().hint


def test_an_expired_token_in_the_environment(tmp_path: Path) -> None:
    """It is an error to those who want a token, and `expired` to the badge."""
    source = Environment({"BEARER_TOKEN": jwt(exp=NOW - 5, iss=ISSUER)}, shared=tmp_path, clock=Clock())
    state = Keeper(source, Clock()).state()
    assert (state.state, state.until) == ("expired", NOW - 5)
    assert "BEARER_TOKEN" in state.hint


def test_changes_are_told_once() -> None:
    """Each new state is told once, outside of the keeper's lock, so that a listener may ask it."""
    clock = Clock()
    keeper = Keeper(Scripted([jwt(exp=NOW + 100), None]), clock)
    told: list[LoginState] = []
    keeper.changed.append(told.append)
    keeper.changed.append(lambda _state: keeper.state())
    keeper.state()
    keeper.state()
    clock.now += 100
    keeper.state()
    keeper.state()
    assert [state.state for state in told] == ["ok", "missing"]


def test_no_secret_is_shown() -> None:
    """Neither the keeper, nor its state, nor its errors show a token."""
    keeper = Keeper(Scripted(["tell-tale"]), Clock())
    token = keeper.token()
    shown = f"{keeper!r}{keeper.state()!r}{keeper.explain()!r}{token!r}"
    with pytest.raises(CtaDataError) as caught:
        keeper.token(refused=token)
    assert "tell-tale" not in shown + str(caught.value) + caught.value.hint + repr(keeper.state())
