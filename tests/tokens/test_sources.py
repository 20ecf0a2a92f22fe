"""Several sources in a row, the guard of issuers, and foreign givers."""

from __future__ import annotations

import pytest

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens import FirstOf, Token
from ctadata_jlab.tokens.environment import Environment
from ctadata_jlab.tokens.foreign import Foreign
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.own_issuer import OnlyFrom
from ctadata_jlab.tokens.stand_in import UntilItEnds
from tests.tokens.making import ISSUER, NOW, Clock, Scripted, jwt


def test_the_first_token_wins() -> None:
    """In their order; those after the first token are not asked."""
    last = Scripted(["three"])
    token = FirstOf([Scripted([None]), Scripted(["two"]), last]).fetch()
    assert token is not None
    assert (token.value, last.asked) == ("two", [])


def test_none_offers_nothing() -> None:
    """No source, no token, no error."""
    assert FirstOf([]).fetch() is None
    assert FirstOf([Scripted([None])]).fetch() is None


def test_an_unusable_source_is_not_passed_over() -> None:
    """Falling through would let people debug the wrong token."""
    with pytest.raises(Misconfigured, match="broken"):
        FirstOf([Scripted([Misconfigured("broken")]), Scripted(["two"])]).fetch()


def test_each_source_learns_what_was_refused() -> None:
    """After the first and the second source's tokens were refused, the third's turn comes, though the first still offers its own."""
    chain = FirstOf([Scripted(["one"]), Scripted(["two"]), Scripted(["three"])])
    one = chain.fetch()
    two = chain.fetch(refused=one)
    three = chain.fetch(refused=two)
    assert [token and token.value for token in (one, two, three)] == ["one", "two", "three"]
    assert chain.fetch(refused=three) is None


class Renewing:
    """Keeps its token, as oidc-agent does, until it hears that this very one was refused."""

    name = "renewing"
    number = 0

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        if refused is not None and refused.value == f"number-{self.number}":
            self.number += 1
        return Token(f"number-{self.number}", source=self.name)


def test_a_source_that_offers_a_refused_token_is_asked_for_another() -> None:
    """Though the token refused last was another source's: what was refused before is remembered."""
    chain = FirstOf([Scripted(["stale"]), Renewing()])
    chain.fetch(refused=Token("number-0"))
    token = chain.fetch(refused=Token("stale"))
    assert token is not None
    assert token.value == "number-1"


def test_explained() -> None:
    """Every source is told about, also those after the first token and the broken ones; no value is shown."""
    chain = FirstOf([Scripted([None], "a"), Scripted(["secret-value"], "b"), Scripted([Misconfigured("broken")], "c")])
    attempts = chain.explain()
    assert [(attempt.source, attempt.ok) for attempt in attempts] == [("a", False), ("b", True), ("c", False)]
    assert attempts[2].outcome == "broken"
    assert "secret-value" not in repr(attempts)


@pytest.mark.parametrize("issuer", [ISSUER, ISSUER.removesuffix("/")])
def test_a_discovered_token_reaches_its_own_issuers_source(issuer: str) -> None:
    """One trailing slash more or less is the same issuer."""
    assert OnlyFrom(issuer, Scripted([jwt(iss=ISSUER)])).fetch() is not None
    assert OnlyFrom(issuer, Scripted([jwt(iss=ISSUER.removesuffix("/"))])).fetch() is not None


@pytest.mark.parametrize(
    ("issuer", "token"),
    [
        (ISSUER, jwt(iss="https://evil.example/realms/master/")),
        (ISSUER, jwt(iss=ISSUER + "/")),
        (ISSUER, jwt(iss=ISSUER + "more")),
        (ISSUER, jwt(iss="/")),
        (ISSUER, jwt(sub="alice")),
        (ISSUER, "opaque"),
        ("", "opaque"),
        ("", jwt(iss="/")),
        ("/", jwt(iss="/x")),
    ],
)
def test_a_discovered_token_reaches_nobody_else(issuer: str, token: str) -> None:
    """Another issuer's token, or one that names none, is kept back, and the explanation says so."""
    guard = OnlyFrom(issuer, Scripted([token]))
    assert guard.fetch() is None
    (attempt,) = guard.explain()
    assert not attempt.ok
    assert not attempt.has_expired
    assert "not offered" in attempt.outcome


def test_anothers_expired_token_is_no_error() -> None:
    """An old token of another project in the environment does not break this source; our own does."""
    theirs = Environment({"BEARER_TOKEN": jwt(exp=NOW - 1, iss="https://other.example/")}, clock=Clock())
    ours = Environment({"BEARER_TOKEN": jwt(exp=NOW - 1, iss=ISSUER)}, clock=Clock())
    assert OnlyFrom(ISSUER, theirs).fetch() is None
    with pytest.raises(Misconfigured, match="expired"):
        OnlyFrom(ISSUER, ours).fetch()
    assert not OnlyFrom(ISSUER, theirs).explain()[0].has_expired
    assert OnlyFrom(ISSUER, ours).explain()[0].has_expired


def test_a_login_stands_in_for_what_has_ended() -> None:
    """A session cannot be handed another BEARER_TOKEN: once it has ended, the user's own login counts; without one it is told."""
    ended = Environment({"BEARER_TOKEN": jwt(exp=NOW - 1, iss=ISSUER)}, clock=Clock())
    mine = Scripted(["mine"])
    chain = FirstOf([UntilItEnds(OnlyFrom(ISSUER, ended), mine), mine])
    token = chain.fetch()
    assert token is not None
    assert token.value == "mine"
    assert chain.explain()[0].has_expired
    with pytest.raises(Misconfigured, match="expired"):
        UntilItEnds(OnlyFrom(ISSUER, ended), Scripted([None])).fetch()
    good = Environment({"BEARER_TOKEN": jwt(exp=NOW + 900, iss=ISSUER)}, clock=Clock())
    token = FirstOf([UntilItEnds(good, mine), mine]).fetch()
    assert token is not None
    assert token.source == "environment"
    broken = Environment({"BEARER_TOKEN": "two words"}, clock=Clock())
    with pytest.raises(Misconfigured, match="BEARER_TOKEN"):
        UntilItEnds(broken, mine).fetch()


class Giver:
    """Hands out what it was made with, or raises it."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def get_access_token(self) -> str:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


def test_any_object_that_gives_tokens() -> None:
    """Its token is used until it is refused or too short."""
    source = Foreign(Giver(jwt(exp=NOW + 30)), clock=Clock())
    token = source.fetch(20)
    assert isinstance(token, Token)
    assert source.fetch(60) is None
    assert source.fetch(20, refused=token) is None


def test_our_keeper_is_such_an_object() -> None:
    """One keeper can feed another."""
    token = Foreign(Keeper(Scripted(["abc"]))).fetch()
    assert token is not None
    assert token.value == "abc"


@pytest.mark.parametrize("answer", [RuntimeError("token abc123 is bad"), None, 7, "two words"])
def test_a_giver_that_fails(answer: object) -> None:
    """It is named; what it says is not repeated, as it may be secret."""
    with pytest.raises(Misconfigured) as caught:
        Foreign(Giver(answer), name="firecrest").fetch()
    assert "Giver" in str(caught.value) or "firecrest" in str(caught.value)
    assert "abc123" not in str(caught.value)
    assert "two words" not in str(caught.value)
