"""Tokens that a program prints, shown with real programs; and a source that is asked only when there is need."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from ctadata_jlab.errors import CtaDataError, Misconfigured, Unreachable
from ctadata_jlab.tokens.command import Command
from ctadata_jlab.tokens.remembered import Remembered
from tests.tokens.making import NOW, Clock, Scripted, jwt

if TYPE_CHECKING:
    from pathlib import Path


def program(tmp_path: Path, text: str) -> list[str]:
    """Return the command of a program that does *text*."""
    file = tmp_path / "print-my-token"
    file.write_text(f"#!{sys.executable}\n{text}\n")
    file.chmod(stat.S_IRWXU)
    return [str(file)]


def test_the_first_line_is_the_token(tmp_path: Path) -> None:
    """Blank lines around it do not matter; it is told whose it is and until when."""
    token = jwt(exp=NOW + 600, preferred_username="alice")
    found = Command(program(tmp_path, f"print(); print('{token}'); print('more')"), clock=Clock()).fetch()
    assert found is not None
    assert (found.value, found.subject, found.expires, found.source) == (token, "alice", NOW + 600, "command")


def test_an_answer_in_json(tmp_path: Path) -> None:
    """What token endpoints answer is understood, too; how long it lasts counts from now."""
    text = """print('{"access_token": "abc", "expires_in": 90, "token_type": "Bearer"}')"""
    found = Command(program(tmp_path, text), clock=Clock()).fetch()
    assert found is not None
    assert (found.value, found.expires) == ("abc", NOW + 90)


def test_no_shell(tmp_path: Path) -> None:
    """Words are handed over as they are: nothing in them is executed."""
    command = program(tmp_path, "import sys; print('args-' + str(len(sys.argv)))")
    found = Command([*command, f"; touch {tmp_path}/owned", "$(id)"]).fetch()
    assert found is not None
    assert found.value == "args-3"
    assert not (tmp_path / "owned").exists()


def test_a_refused_or_short_token_is_not_offered(tmp_path: Path) -> None:
    """Another is wanted; this program has none."""
    source = Command(program(tmp_path, f"print('{jwt(exp=NOW + 30)}')"), clock=Clock())
    token = source.fetch(10)
    assert source.fetch(60) is None
    assert source.fetch(10, refused=token) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import sys; sys.exit('no login: ' + 'S' * 40)", "no login"),
        ("import time; time.sleep(60)", "did not end"),
        ("print('two words')", "spaces"),
        ("print()", "is empty"),
        ("print('{\"access_token\": ')", "JSON"),
        ("print('{}')", "is empty"),
    ],
)
def test_a_program_that_fails_is_named(tmp_path: Path, text: str, says: str) -> None:
    """In words, with what it said on stderr as far as that cannot be a secret; and nothing is left running."""
    with pytest.raises(Misconfigured) as caught:
        Command(program(tmp_path, text), timeout=1.5 if "sleep" in text else 30).fetch()
    assert says in str(caught.value)
    assert "print-my-token" in str(caught.value)
    assert "S" * 30 not in str(caught.value)
    left = [child for child in psutil.Process(os.getpid()).children() if "print-my-token" in " ".join(child.cmdline())]
    assert not left


@pytest.mark.parametrize("words", [["/no/such/program"], ["\0"]])
def test_a_program_that_is_not_there(words: list[str]) -> None:
    """The explanation says so."""
    (attempt,) = Command(words).explain()
    assert "cannot be started" in attempt.outcome


def test_no_words() -> None:
    """A setting that names nothing is refused at once."""
    with pytest.raises(Misconfigured):
        Command([])


# --- remembered


def test_asked_only_when_there_is_need() -> None:
    """A token is given again and again until it comes near its end; then there is another."""
    clock = Clock()
    source = Scripted([jwt(exp=NOW + 3600), jwt(exp=NOW + 9000)])
    kept = Remembered(source, clock)
    first = kept.fetch()
    assert kept.fetch() is first
    clock.now += 1800
    assert kept.fetch() is first
    clock.now += 1500
    second = kept.fetch()
    assert second is not None
    assert first is not None
    assert second.value != first.value
    assert len(source.asked) == 2


def test_a_refused_one_is_dropped() -> None:
    """It is never given again, and its source learns of it."""
    source = Scripted(["one", "two"])
    kept = Remembered(source, Clock())
    one = kept.fetch()
    two = kept.fetch(refused=one)
    assert two is not None
    assert two.value == "two"
    assert source.asked[-1][1] is one
    assert kept.fetch(refused=one) is two


def test_of_unknown_end_for_some_minutes() -> None:
    """Nobody says how long it lasts, so it is asked for anew now and then."""
    clock = Clock()
    source = Scripted(["one", "two"])
    kept = Remembered(source, clock)
    kept.fetch()
    clock.now += 299
    kept.fetch()
    assert len(source.asked) == 1
    clock.now += 2
    kept.fetch()
    assert len(source.asked) == 2


@pytest.mark.parametrize("error", [Unreachable("away"), Misconfigured("broken")])
def test_a_good_token_outlives_a_bad_moment(error: CtaDataError) -> None:
    """While it is valid, a source that fails does no harm; afterwards its error is told."""
    clock = Clock()
    kept = Remembered(Scripted([jwt(exp=NOW + 100), error]), clock)
    first = kept.fetch()
    clock.now += 80
    assert kept.fetch() is first
    clock.now += 30
    with pytest.raises(type(error)):
        kept.fetch()
