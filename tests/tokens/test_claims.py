"""What is read from a token, and what is never shown of it."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens.claims import Claims, read_claims, token_from
from tests.tokens.making import ISSUER, NOW, jwt

if TYPE_CHECKING:
    from pathlib import Path


def test_claims_of_a_site_token() -> None:
    """Everything that the badge shows is read, the user by the name that people know."""
    token = jwt(
        exp=NOW, iss=ISSUER, sub="8f-3", preferred_username="alice", aud="https://dcache", scope="openid storage.read:/"
    )
    assert read_claims(token) == Claims(NOW, ISSUER, "8f-3", "alice", ("https://dcache",), ("openid", "storage.read:/"))
    made = token_from(token, "file")
    assert (made.expires, made.issuer, made.subject, made.source) == (NOW, ISSUER, "alice", "file")


@given(st.text(max_size=40))
def test_every_padding_is_read(name: str) -> None:
    """A payload of any length, with any of the alphabet's characters, is read: no third of the tokens is lost."""
    token = jwt(sub="s", pad=name, wild="\u00ff\u00fe?>~")
    assert read_claims(token).subject == "s"


@given(st.text() | st.binary().map(lambda data: f"a.{base64.urlsafe_b64encode(data).decode()}.b"))
def test_opaque_tokens_say_nothing(text: str) -> None:
    """Whatever is no JWT has no claims, and nothing is raised."""
    claims = read_claims(text)
    assert claims == Claims() or "." in text


@pytest.mark.parametrize(
    "payload",
    [
        '{"exp": true}',
        '{"exp": "soon"}',
        '{"exp": NaN}',
        '{"exp": 1e999}',
        '{"exp": 1' + "0" * 400 + "}",
        "[1]",
        "[" * 12000,
    ],
)
def test_odd_claims_are_left_out(payload: str) -> None:
    """A claim of an odd type counts as not said."""
    middle = base64.urlsafe_b64encode(payload.encode()).decode()
    assert read_claims(f"a.{middle}.b").expires is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["exp", "iss", "sub", "aud", "scope", "name", "preferred_username"]), JSON))
def test_whatever_a_claim_is(claims: dict[str, object]) -> None:
    """A claim of any type is read as what it must be, or not at all; the token is used all the same."""
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    said = read_claims(f"eyJhbGciOiJub25lIn0.{middle}.c2ln")
    assert said.expires is None or said.expires - said.expires == 0
    assert all(isinstance(word, (str, type(None))) for word in (said.issuer, said.subject, said.name))
    assert all(isinstance(word, str) and word.isprintable() for word in (*said.audience, *said.scopes))
    assert token_from(f"eyJhbGciOiJub25lIn0.{middle}.c2ln", "file").lasts(0, NOW) in {True, False}


@given(st.binary(max_size=60), st.integers(0, 4))
def test_paddings_beyond_the_rules(data: bytes, signs: int) -> None:
    """Providers that pad, too much or too little, are read as far as it is base64; nothing raises."""
    middle = base64.urlsafe_b64encode(data).decode().rstrip("=") + "=" * signs
    read_claims(f"eyJ.{middle}.x")
    whole = base64.urlsafe_b64encode(json.dumps({"sub": data.hex() or "s"}).encode()).decode().rstrip("=")
    assert read_claims(f"eyJ.{whole}{'=' * signs}.x").subject == (data.hex() or "s")


@pytest.mark.parametrize("size", [8_000, 16_384])
def test_large_tokens_travel_whole(size: int, tmp_path: Path) -> None:
    """From file to door, 16 kB are sent as they are; a server that takes less says 431, which is told as what it is."""
    from ctadata_jlab.http import failure
    from ctadata_jlab.tokens.file import TokenFile, store

    value = jwt(sub="s", groups="g" * size)
    store(tmp_path / "token", value)
    found = TokenFile(tmp_path / "token").fetch()
    assert found is not None
    assert found.value == value
    assert "token is larger" in str(failure(431, "/lst"))


def test_a_token_is_not_pickled() -> None:
    """What is pickled is stored and sent elsewhere: a token refuses."""
    token = token_from("abc", "file")
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copied(token)


def test_words_that_would_spoil_a_terminal_are_left_out() -> None:
    """Control characters and lone surrogates in a claim never reach the screen."""
    middle = base64.urlsafe_b64encode(json.dumps({"iss": "a\x1b[2J", "sub": "\ud800"}).encode()).decode()
    assert read_claims(f"a.{middle}.b") == Claims()


def test_sixteen_kilobytes_are_a_token() -> None:
    """A large token is read like any other."""
    assert token_from(jwt(sub="s", groups=["g" * 100] * 160), "file").subject == "s"


def test_white_space_around_is_dropped() -> None:
    """Editors and `echo` add line feeds; they are no part of a token."""
    assert token_from(" \n abc.def \r\n", "file").value == "abc.def"


def test_whose_word_counts() -> None:
    """How long it lasts, said by whoever has just given it, counts by our clock; for the issuer, the token's own word counts."""
    assert token_from("opaque", "agent", ends=5, issuer="i").expires == 5
    assert token_from(jwt(exp=9), "agent", ends=5).expires == 5
    assert token_from(jwt(exp=9, iss="own"), "agent", issuer="i").issuer == "own"


@pytest.mark.parametrize("value", ["", "  \n", "Bearer abc", "a\nb", "a\tb", "a\x00b", "é", "a\x7f"])
def test_what_cannot_be_a_token_is_refused_by_place(value: str) -> None:
    """The error names the place, says what to do, and does not show the value."""
    with pytest.raises(Misconfigured) as caught:
        token_from(value, "file", place="the file /x")
    assert "the file /x" in str(caught.value)
    assert caught.value.hint


# The mark keeps hypothesis from trying words that stand in the messages themselves.
SECRET = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=10, max_size=60).map("~#{}".format)


@given(SECRET, st.sampled_from(["", " ", "\n", "\x00", "é"]))
def test_no_token_is_ever_shown(secret: str, spoiler: str) -> None:
    """Neither a token's repr and str, nor the error for a spoiled one, contains the value."""
    value = secret[:6] + spoiler + secret[6:]
    try:
        shown = "{0!r} {0!s} {0}".format(token_from(value, "file"))
    except Misconfigured as error:
        frames = "".join(traceback.format_exception_only(type(error), error))
        shown = f"{error!r} {error} {error.hint} {frames}"
    assert secret not in shown
    assert value not in shown
