"""What scopes allow, in words, and which one is missing when a storage refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctadata_jlab.errors import Forbidden, NotFound
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.storage.scoped import Scoped
from ctadata_jlab.tokens.keeper import Keeper
from ctadata_jlab.tokens.scopes import Ability, in_words, missing
from tests.tokens.making import NOW, Clock, Scripted, jwt


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (["storage.read:/", "storage.modify:/lst"], "may read everything, write below /lst"),
        (["openid", "storage.create:/lst/", "storage.stage:/"], "may stage everything, add files below /lst"),
        (["storage.read:/a", "storage.read:/b", "storage.read:/a"], "may read below /a and /b"),
        (["read:/", "write:/x"], "may read everything, write below /x"),
        (["openid", "profile"], ""),
        (["storage.read", "xstorage.read:/", "storage.fly:/"], ""),
        ([], ""),
    ],
)
def test_in_words(scopes: list[str], words: str) -> None:
    """As people speak; scopes that are not about storage say nothing."""
    assert in_words(scopes) == words


@pytest.mark.parametrize(
    ("scopes", "ability", "path", "lacking"),
    [
        (["storage.read:/"], "read", "/lst/a", None),
        (["storage.read:/"], "modify", "/lst/a", "storage.modify:/lst/a"),
        (["storage.read:/", "storage.modify:/lst"], "modify", "/lst/a", None),
        (["storage.read:/", "storage.modify:/lst"], "modify", "/lst", None),
        (["storage.read:/", "storage.modify:/lst"], "modify", "/lstchain", "storage.modify:/lstchain"),
        (["storage.modify:/"], "create", "/a", None),
        (["storage.create:/"], "modify", "/a", "storage.modify:/a"),
        (["storage.stage:/"], "read", "/a", None),
        (["storage.read:/"], "stage", "/a", "storage.stage:/a"),
        (["openid"], "modify", "/a", None),
        ([], "modify", "/a", None),
    ],
)
def test_which_one_is_missing(scopes: list[str], ability: Ability, path: str, lacking: str | None) -> None:
    """`modify` includes `create`, `stage` includes `read`, a folder's name is no prefix of another's; without any such scope, nobody knows."""
    assert missing(scopes, ability, path) == lacking


@given(st.lists(st.text(max_size=30)), st.text(max_size=20))
def test_whatever_scopes_say(scopes: list[str], path: str) -> None:
    """Odd scopes raise nothing."""
    in_words(scopes)
    missing(scopes, "read", f"/{path}")


class Refusing(Memory):
    """Lets nobody do anything."""

    def _no(self, *_: object, **__: object) -> None:
        raise Forbidden("The storage does not let you do this.")


for _name in ("list", "stat", "open", "put", "make_folder", "move", "remove", "stage"):
    setattr(Refusing, _name, Refusing._no)


@pytest.mark.parametrize(
    ("operation", "scope"),
    [
        (lambda s: list(s.list("/lst")), "storage.read:/lst"),
        (lambda s: s.stat("/lst/a"), "storage.read:/lst/a"),
        (lambda s: s.open("/lst/a"), "storage.read:/lst/a"),
        (lambda s: s.put("/lst/a", None, ticket="t"), "storage.create:/lst/a"),
        (lambda s: s.put("/lst/a", None, replace=True, ticket="t"), "storage.modify:/lst/a"),
        (lambda s: s.make_folder("/lst/d"), "storage.create:/lst/d"),
        (lambda s: s.move("/lst/a", "/lst/b"), "storage.modify:/lst/a"),
        (lambda s: s.remove("/lst/a"), "storage.modify:/lst/a"),
        (lambda s: s.stage(["/lst/a"]), "storage.stage:/lst/a"),
    ],
    ids=["list", "stat", "open", "put", "replace", "make_folder", "move", "remove", "stage"],
)
def test_a_refusal_names_the_scope(operation: object, scope: str) -> None:
    """For each operation the one that it needs; a token that has it, or does not say, adds nothing."""
    keeper = Keeper(Scripted([jwt(exp=NOW + 600, scope="openid storage.read:/mine storage.modify:/mine")]), Clock())
    keeper.token()
    with pytest.raises(Forbidden) as caught:
        operation(Scoped(Refusing(), keeper.lacks))  # type: ignore[operator]
    assert f"lacks the scope {scope}." in str(caught.value)
    assert scope in caught.value.hint
    for other in ("storage.read:/ storage.modify:/ storage.stage:/", "openid"):
        fits = Keeper(Scripted([jwt(exp=NOW + 600, scope=other)]), Clock())
        fits.token()
        with pytest.raises(Forbidden) as plain:
            operation(Scoped(Refusing(), fits.lacks))  # type: ignore[operator]
        assert "scope" not in str(plain.value)


def test_other_errors_pass() -> None:
    """What is not about rights says nothing about them; without a token, nothing is known."""
    with pytest.raises(NotFound) as caught:
        Scoped(Memory(), lambda _ability, _path: "storage.read:/").stat("/none")
    assert "scope" not in str(caught.value)
    assert Keeper(Scripted([None])).lacks("read", "/") is None
