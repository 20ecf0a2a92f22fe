"""`list`, `ls` and `stat`: the old grammar, and what a person expects of a modern tool."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.cli.settings import Desk

ODD = [
    "two words.txt",
    "100% sure.txt",
    "run #7.txt",
    "really?.txt",
    "a+b;c&d.txt",
    "%2e%2e.txt",
    "café.txt",
    "'q' $(x).txt",
]


def test_list_prints_one_name_a_line_as_it_really_is(desk: Desk, run: Callable[..., Result]) -> None:
    """Names are not percent-encoded, whatever is in them; folders have no slash, as in the old client."""
    for name in ODD:
        desk.raw_put(f"/lst/{name}", b"x")
    desk.raw_put("/lst/folder/x", b"x")
    result = run("list", "lst")
    assert result.stdout.splitlines() == sorted([*ODD, "folder"])
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "command", [["ls", "/lst/"], ["list", "lst"], ["ls", "lst"], ["--source", "dcache", "ls", "lst"]]
)
def test_ls_is_list(desk: Desk, run: Callable[..., Result], command: list[str]) -> None:
    """Both names and all spellings of a path mean the same."""
    desk.raw_put("/lst/a", b"x")
    assert run(*command).stdout == "a\n"


def test_dev_is_the_twin(desk: Desk, run: Callable[..., Result]) -> None:
    """`-d` and `--dev` before the command choose the dev instance, which has files of its own."""
    desk.raw_put("/only-prod", b"x")
    desk.raw_put("/../dev/only-dev", b"x")
    assert run("list", "/").stdout == "only-prod\n"
    assert run("-d", "list", "/").stdout == run("--dev", "list", "/").stdout == "only-dev\n"


def test_a_long_listing_has_size_time_and_name(desk: Desk, run: Callable[..., Result]) -> None:
    """Files and folders can be told apart."""
    desk.raw_put("/a.txt", b"12345")
    desk.raw_put("/b/x", b"")
    first, second = run("list", "-l", "/").stdout.splitlines()
    assert first.split()[0] == "5"
    assert first.endswith("a.txt")
    assert second.endswith("b/")


def test_json_is_one_array(desk: Desk, run: Callable[..., Result]) -> None:
    """Scripts get all that is known."""
    desk.raw_put("/a.txt", b"12345")
    [entry] = json.loads(run("list", "--json").stdout)
    assert (entry["name"], entry["path"], entry["kind"], entry["size"]) == ("a.txt", "/a.txt", "file", 5)


def test_recursively_all_below_is_listed(desk: Desk, run: Callable[..., Result]) -> None:
    """Paths are relative to the folder; folders are named, too."""
    desk.raw_put("/lst/b/c/d.txt", b"x")
    assert run("ls", "-R", "lst").stdout.split() == ["b", "b/c", "b/c/d.txt"]


def test_a_file_is_listed_alone(desk: Desk, run: Callable[..., Result]) -> None:
    """Not as a URL, as the old client did."""
    desk.raw_put("/lst/a.txt", b"x")
    assert run("list", "lst/a.txt").stdout == "a.txt\n"


def test_stat_tells_the_checksum(desk: Desk, run: Callable[..., Result]) -> None:
    """What the storage knows of one file."""
    desk.raw_put("/a.txt", b"12345")
    assert "checksum:  adler32:02f80100" in run("stat", "a.txt").stdout
    assert json.loads(run("stat", "--json", "a.txt").stdout)["size"] == 5


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["list", "missing"], 4, "missing"),
        (["list", "-R", "missing"], 4, "missing"),
        (["get", "missing"], 4, "missing"),
        (["list", "../etc"], 2, "'..'"),
        (["--source", "nowhere", "list"], 4, "dcache, dcache-dev"),
        (["put", "not-here", "x"], 2, "not-here"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_a_failure_has_its_exit_code_and_words(
    run: Callable[..., Result], words: list[str], code: int, says: str
) -> None:
    """Nothing that went wrong ends with 0, and each says what was asked for."""
    result = run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr


def test_without_a_token_it_says_where_one_was_looked_for(desk: Desk, run: Callable[..., Result]) -> None:
    """3, and the place to put one."""
    desk.token_file.unlink()
    result = run("list", "/")
    assert result.exit_code == 3
    assert str(desk.token_file) in result.stderr
    assert "hint: " in result.stderr


def test_a_wrong_token_is_not_logged_in_and_not_shown(desk: Desk, run: Callable[..., Result]) -> None:
    """A refused token is named by its place, never by its text."""
    desk.token_file.write_text("wrong-and-secret\n")
    result = run("list", "/")
    assert result.exit_code == 3
    assert "wrong-and-secret" not in result.output


def test_a_dead_door_is_unreachable(desk: Desk, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """6, after a few attempts that nobody has to watch."""
    monkeypatch.setattr("ctadata_jlab.storage.retrying.ATTEMPTS", 1)
    text = desk.config.read_text().replace(desk.door.url, "https://127.0.0.1:9")
    desk.config.write_text(text)
    result = run("list", "/")
    assert result.exit_code == 6
    assert "Traceback" not in result.output


def test_a_broken_setting_is_named(desk: Desk, run: Callable[..., Result]) -> None:
    """2, with file and key."""
    desk.config.write_text("[sources.dcache]\nurll = 'x'\n")
    result = run("list", "/")
    assert result.exit_code == 2
    assert "urll" in result.stderr
