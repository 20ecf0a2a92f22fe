"""WLCG Bearer Token Discovery."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens.environment import Environment
from ctadata_jlab.tokens.expired import Expired
from tests.tokens.making import ISSUER, NOW, Clock, jwt

if TYPE_CHECKING:
    from pathlib import Path

USER = os.getuid()


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """All four places, each with a token that tells which one it is."""
    (tmp_path / "run").mkdir()
    write(tmp_path / "named", "named\n")
    write(tmp_path / f"run/bt_u{USER}", "run\n")
    write(tmp_path / f"bt_u{USER}", "tmp\n")
    return {
        "BEARER_TOKEN": " variable\n",
        "BEARER_TOKEN_FILE": str(tmp_path / "named"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
    }


def value(variables: dict[str, str], shared: Path, user: int = USER) -> str | None:
    token = Environment(variables, shared=shared, user=user, clock=Clock()).fetch()
    return None if token is None else token.value


def test_order_of_discovery(places: dict[str, str], tmp_path: Path) -> None:
    """Variable, named file, runtime folder, /tmp; nothing is no error."""
    assert value(places, tmp_path) == "variable"
    places["BEARER_TOKEN"] = "  "
    assert value(places, tmp_path) == "named"
    del places["BEARER_TOKEN_FILE"]
    assert value(places, tmp_path) == "run"
    (tmp_path / f"run/bt_u{USER}").unlink()
    assert value(places, tmp_path) == "tmp"
    (tmp_path / f"bt_u{USER}").unlink()
    assert value(places, tmp_path) is None


def test_refreshed_in_place(places: dict[str, str], tmp_path: Path) -> None:
    """A file is read each time: batch systems and hubs renew it in place."""
    del places["BEARER_TOKEN"]
    source = Environment(places, shared=tmp_path, user=USER)
    first = source.fetch()
    write(tmp_path / "named", "newer\n")
    second = source.fetch()
    assert (first and first.value, second and second.value) == ("named", "newer")


@pytest.mark.parametrize("text", ["", "a b", "\x00"])
def test_set_but_unusable_is_an_error(places: dict[str, str], tmp_path: Path, text: str) -> None:
    """It names the file and does not fall through to the next place."""
    del places["BEARER_TOKEN"]
    write(tmp_path / "named", text)
    with pytest.raises(Misconfigured, match="named"):
        value(places, tmp_path)


def test_a_named_file_that_is_missing_is_an_error(places: dict[str, str], tmp_path: Path) -> None:
    """Somebody meant that file; using another token would puzzle them."""
    del places["BEARER_TOKEN"]
    (tmp_path / "named").unlink()
    with pytest.raises(Misconfigured, match="does not exist"):
        value(places, tmp_path)


@pytest.mark.parametrize("mistake", [jwt(sub="alice"), "opaque-secret", "opaque-secret" * 40, "sec\x00ret"])
def test_a_token_in_the_file_variable_is_not_shown(tmp_path: Path, mistake: str) -> None:
    """BEARER_TOKEN_FILE=$TOKEN is a mistake that must not print the token."""
    with pytest.raises(Misconfigured) as caught:
        value({"BEARER_TOKEN_FILE": mistake}, tmp_path)
    assert mistake not in str(caught.value)
    assert caught.value.__cause__ is None


def test_expired_is_an_error_with_place_and_time(tmp_path: Path) -> None:
    """An expired token is set but unusable; it carries the issuer for those whom it does not concern."""
    with pytest.raises(Expired, match=r"BEARER_TOKEN expired at 2027-01-15 08:00 UTC") as caught:
        value({"BEARER_TOKEN": jwt(exp=NOW, iss=ISSUER)}, tmp_path)
    assert (caught.value.issuer, caught.value.expires, caught.value.name) == (ISSUER, NOW, "Misconfigured")


def test_too_short_is_nothing_and_refused_is_nothing(tmp_path: Path) -> None:
    """A token that ends too soon, or was refused, is not offered."""
    source = Environment({"BEARER_TOKEN": jwt(exp=NOW + 30)}, shared=tmp_path, clock=Clock())
    assert source.fetch(60) is None
    token = source.fetch(20)
    assert token is not None
    assert source.fetch(20, refused=token) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_an_open_file_in_tmp_is_an_error(tmp_path: Path, mode: int) -> None:
    """Others could have read or written it."""
    write(tmp_path / f"bt_u{USER}", "tmp", mode)
    with pytest.raises(Misconfigured, match="open to other users"):
        value({}, tmp_path)


def test_another_users_file_in_tmp_is_not_ours(tmp_path: Path) -> None:
    """Anybody may create /tmp/bt_u$UID: neither is it used, nor can it lock us out."""
    write(tmp_path / f"bt_u{USER + 1}", "planted")
    assert value({}, tmp_path, user=USER + 1) is None


def test_a_link_in_tmp_is_not_followed(tmp_path: Path) -> None:
    """A planted link must not make us send another file's first line."""
    write(tmp_path / "private", "secret-key")
    (tmp_path / f"bt_u{USER}").symlink_to(tmp_path / "private")
    assert value({}, tmp_path) is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe is refused at once instead of hanging."""
    os.mkfifo(tmp_path / "named", 0o600)
    with pytest.raises(Misconfigured, match="not a plain file"):
        value({"BEARER_TOKEN_FILE": str(tmp_path / "named")}, tmp_path)


def test_a_huge_file_is_not_swallowed(tmp_path: Path) -> None:
    """A data file named by mistake is refused."""
    write(tmp_path / "named", "x" * 70000)
    with pytest.raises(Misconfigured, match="too large"):
        value({"BEARER_TOKEN_FILE": str(tmp_path / "named")}, tmp_path)


def test_explained(tmp_path: Path) -> None:
    """The explanation says what was found, without the value."""
    (attempt,) = Environment({"BEARER_TOKEN": "tell-tale"}, shared=tmp_path).explain()
    assert attempt.ok
    assert "BEARER_TOKEN" in str(attempt)
    assert "tell-tale" not in repr(attempt)
