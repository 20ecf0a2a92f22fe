"""`tree`, `du`, `find`, `cat`, `head`: a tree is seen, added up, searched and read, and nothing of it is left out in silence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.storage.webdav import WebDav

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.cli.settings import Desk


@pytest.fixture
def lst(desk: Desk) -> Desk:
    """Put a small tree on the door."""
    desk.raw_put("/lst/a.h5", b"12345")
    desk.raw_put("/lst/sub/b.h5", b"1" * 2000)
    desk.raw_put("/lst/sub/deep/c.txt", b"")
    return desk


def test_tree_draws_what_is_there(lst: Desk, run: Callable[..., Result]) -> None:
    """Folders end with a slash, files tell their size, the end tells the sum."""
    assert run("tree", "lst").stdout.splitlines() == [
        "/lst",
        "├── a.h5  (5 bytes)",
        "└── sub/",
        "    ├── b.h5  (2.0 kB)",
        "    └── deep/",
        "        └── c.txt  (0 bytes)",
        "",
        "2 folders, 3 files, 2.0 kB",
    ]


def test_tree_stops_at_the_depth_that_was_asked(lst: Desk, run: Callable[..., Result]) -> None:
    """And can leave the files out."""
    assert run("tree", "-L", "1", "--folders", "lst").stdout.splitlines() == ["/lst", "└── sub/", "", "1 folder"]


def test_tree_as_json_is_nested(lst: Desk, run: Callable[..., Result]) -> None:
    """What a folder holds is in `entries`."""
    top = json.loads(run("tree", "--json", "lst").stdout)
    [file, folder] = top["entries"]
    assert (file["name"], file["size"]) == ("a.h5", 5)
    assert [entry["name"] for entry in folder["entries"]] == ["b.h5", "deep"]


def test_du_adds_up_each_folder_once(lst: Desk, run: Callable[..., Result]) -> None:
    """What is deeper than asked counts for the folder above it; the folder itself comes last."""
    lines = [line.split() for line in run("du", "-b", "lst").stdout.splitlines()]
    assert lines == [["2000", "2", "/lst/sub"], ["2005", "3", "/lst"]]
    found = json.loads(run("du", "--json", "--depth", "2", "lst").stdout)
    assert [(folder["path"], folder["bytes"], folder["files"]) for folder in found] == [
        ("/lst/sub/deep", 0, 1),
        ("/lst/sub", 2000, 2),
        ("/lst", 2005, 3),
    ]
    assert run("du", "-b", "--depth", "0", "lst/a.h5").stdout.split() == ["5", "1", "/lst/a.h5"]


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        (["--name", "*.h5"], ["/lst/a.h5", "/lst/sub/b.h5"]),
        (["--path", "sub/*.h5"], ["/lst/sub/b.h5"]),
        (["--type", "d"], ["/lst/sub", "/lst/sub/deep"]),
        (["--size", "+1k"], ["/lst/sub/b.h5"]),
        (["--size", "-1k"], ["/lst/a.h5", "/lst/sub/deep/c.txt"]),
        (["--size", "5"], ["/lst/a.h5"]),
        (["--older", "1d"], []),
        (["--newer", "2001-01-01", "--type", "f", "--name", "a*"], ["/lst/a.h5"]),
        (["--depth", "1"], ["/lst/a.h5", "/lst/sub"]),
        (["--on-tape"], []),
    ],
)
def test_find_gives_what_fits_all_that_is_asked(
    lst: Desk, run: Callable[..., Result], tests: list[str], found: list[str]
) -> None:
    """Whole paths, in no order."""
    assert sorted(run("find", "lst", *tests).stdout.splitlines()) == found


def test_find_for_other_programs(lst: Desk, run: Callable[..., Result]) -> None:
    """A NUL after each path, or an object a line."""
    assert sorted(run("find", "lst", "-0", "--type", "f").stdout.split("\0")) == [
        "",
        "/lst/a.h5",
        "/lst/sub/b.h5",
        "/lst/sub/deep/c.txt",
    ]
    lines = run("find", "lst", "--json", "--name", "a.h5").stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["/lst/a.h5"]


@pytest.mark.parametrize("tests", [["--size", "much"], ["--newer", "yesterday"]])
def test_find_says_what_it_does_not_understand(run: Callable[..., Result], tests: list[str]) -> None:
    """2, with examples."""
    result = run("find", *tests)
    assert result.exit_code == 2
    assert "write " in result.stderr


@pytest.mark.parametrize("words", [["tree"], ["du"], ["find"], ["ls", "-R"]])
def test_a_folder_that_cannot_be_listed_is_an_error(
    lst: Desk, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """By name; what was seen before it is no answer."""
    from ctadata_jlab.errors import Forbidden

    original = WebDav.list

    def list_(self: WebDav, folder: str) -> object:
        if folder.endswith("deep"):
            raise Forbidden("Not you: /lst/sub/deep.")
        return original(self, folder)

    monkeypatch.setattr(WebDav, "list", list_)
    result = run(*words, "lst")
    assert result.exit_code == 5
    assert "/lst/sub/deep" in result.stderr


def test_cat_writes_the_bytes_and_nothing_else(lst: Desk) -> None:
    """Several files follow each other, binary ones as they are."""
    content = os.urandom(3_000_000)
    lst.raw_put("/lst/binary", content)
    command = [sys.executable, "-m", "ctadata_jlab.cli", "cat", "lst/binary", "lst/a.h5"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert done.stdout == content + b"12345"
    assert done.stderr == b""


def test_cat_tells_bytes_that_do_not_fit_the_stored_checksum(
    lst: Desk, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """9: they are out already, so the exit code is all that can warn."""
    from ctadata_jlab.storage.webdavreader import WebDavReader

    original = WebDavReader.pour

    def pour(self: object, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        original(self, start, end, lambda data: sink(data.replace(b"3", b"4")))  # type: ignore[arg-type]

    monkeypatch.setattr(WebDavReader, "pour", pour)
    result = run("cat", "lst/a.h5")
    assert result.exit_code == 9
    assert "stored" in result.stderr


def test_head_fetches_no_more_than_it_needs(desk: Desk, run: Callable[..., Result]) -> None:
    """Lines by blocks, bytes exactly; a file without an end of line is written to its end."""
    desk.raw_put("/t", b"".join(b"line %d\n" % n for n in range(100_000)))
    assert run("head", "t").stdout.splitlines() == [f"line {n}" for n in range(10)]
    assert run("head", "-n", "9000", "t").stdout.splitlines()[-1] == "line 8999"
    assert run("head", "-n", "0", "t").stdout == ""
    assert run("head", "-c", "6", "t").stdout == "line 0"
    desk.raw_put("/short", b"no end")
    assert run("head", "short").stdout == "no end"
    assert run("head", "-c", "99", "short").stdout == "no end"


def test_head_asks_for_ranges(desk: Desk, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first lines of a large file cost one block."""
    from ctadata_jlab.curl import Curl

    asked: list[tuple[int, int | None]] = []
    original = Curl.get

    def get(self: Curl, *args: object, start: int = 0, end: int | None = None, **more: object) -> object:
        asked.append((start, end))
        return original(self, *args, start=start, end=end, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Curl, "get", get)
    desk.raw_put("/t", b"line\n" * 1_000_000)
    assert run("head", "t").exit_code == 0
    assert asked == [(0, 65536)]


def test_a_reader_that_goes_away_ends_it_quietly(desk: Desk) -> None:
    """As in `cat big | head -1`: 141, and no complaint."""
    desk.raw_put("/big", b"line\n" * 3_000_000)
    for name in range(900):  # more than a pipe holds
        desk.raw_put(f"/many/{'x' * 200}{name}", b"")
    for words in (["cat", "big"], ["find", "many"], ["ls", "many"]):
        command = [sys.executable, "-m", "ctadata_jlab.cli", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        assert (process.wait(60), said) == (141, b""), words
