"""Tokens in files."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens.file import TokenFile, forget, store
from tests.tokens.making import ISSUER, NOW, Clock, jwt

if TYPE_CHECKING:
    from pathlib import Path


def value(source: TokenFile) -> str | None:
    token = source.fetch()
    return None if token is None else token.value


def test_first_line(tmp_path: Path) -> None:
    """The token is the first line that is not blank."""
    (tmp_path / "token").write_text("\none\ntwo\n")
    assert value(TokenFile(tmp_path / "token")) == "one"


def test_missing_offers_nothing_unless_it_was_asked_for(tmp_path: Path) -> None:
    """A default file may be missing, a configured one may not."""
    assert value(TokenFile(tmp_path / "token")) is None
    with pytest.raises(Misconfigured, match="does not exist"):
        TokenFile(tmp_path / "token", optional=False).fetch()


def test_changes_are_seen(tmp_path: Path) -> None:
    """Replaced, rewritten in place, removed, and back: always what the file says now."""
    path = tmp_path / "token"
    source = TokenFile(path)
    store(path, "first")
    assert value(source) == "first"
    store(path, "other")
    assert value(source) == "other"
    path.write_text("in-place\n")
    assert value(source) == "in-place"
    path.unlink()
    assert value(source) is None
    store(path, "back")
    assert value(source) == "back"


def test_unchanged_is_not_read_again(tmp_path: Path) -> None:
    """A file that looks the same is taken to be the same, unless its token was refused: clocks of file systems are coarse."""
    path = tmp_path / "token"
    path.write_text("one\n")
    os.utime(path, ns=(5, 5))
    source = TokenFile(path)
    one = source.fetch()
    path.write_text("two\n")
    os.utime(path, ns=(5, 5))
    assert value(source) == "one"
    two = source.fetch(refused=one)
    assert two is not None
    assert two.value == "two"
    assert source.fetch(refused=two) is None


def test_expired_offers_nothing_but_is_remembered(tmp_path: Path) -> None:
    """The badge can say since when; the token is not offered."""
    path, clock = tmp_path / "token", Clock()
    store(path, jwt(exp=NOW + 100, iss=ISSUER))
    source = TokenFile(path, clock=clock)
    assert source.fetch() is not None
    clock.now += 100
    assert source.fetch(0) is None
    (attempt,) = source.explain()
    assert attempt.has_expired
    assert (attempt.expires, attempt.issuer) == (NOW + 100, ISSUER)
    assert str(path) in str(attempt)


def test_the_moment_between_truncation_and_writing(tmp_path: Path) -> None:
    """The old agents empty the file before they write it; the last token holds that long."""
    path = tmp_path / "token"
    path.write_text("one\n")
    source = TokenFile(path)
    assert value(source) == "one"
    path.write_text("")
    assert value(source) == "one"
    path.write_text("two\n")
    assert value(source) == "two"


@pytest.mark.parametrize("content", [b"two words", b"\xff\xfe", b"\x00"])
def test_something_else_is_an_error_each_time(tmp_path: Path, content: bytes) -> None:
    """It names the file, also when asked again."""
    path = tmp_path / "token"
    path.write_bytes(content)
    source = TokenFile(path)
    for _ in range(2):
        with pytest.raises(Misconfigured, match="token"):
            source.fetch()


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    """Not a file, not a token."""
    with pytest.raises(Misconfigured, match="directory"):
        TokenFile(tmp_path).fetch()


def test_stored_as_the_old_clients_read_it(tmp_path: Path) -> None:
    """The raw token and a line feed, for this user's eyes only, whatever the umask; nothing is left beside it."""
    path = tmp_path / "new" / "token"
    before = os.umask(0)
    try:
        store(path, "  abc\n")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"abc\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["token"]


def test_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    """A reader that has the old file open keeps the old token; a bad value and a failure leave it in place."""
    path = tmp_path / "token"
    store(path, "old")
    with path.open() as reader:
        store(path, "new")
        assert reader.read() == "old\n"
    with pytest.raises(Misconfigured):
        store(path, "two words")
    assert path.read_text() == "new\n"
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        store(tmp_path / "folder", "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "token"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Those who keep the token elsewhere by a link keep doing so."""
    (tmp_path / "token").symlink_to(tmp_path / "elsewhere")
    store(tmp_path / "token", "abc")
    assert (tmp_path / "token").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "abc\n"


def test_forgetting(tmp_path: Path) -> None:
    """Forgetting twice is fine."""
    store(tmp_path / "token", "abc")
    forget(tmp_path / "token")
    forget(tmp_path / "token")
    assert list(tmp_path.iterdir()) == []
