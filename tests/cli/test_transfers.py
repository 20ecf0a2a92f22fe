"""`get` and `put`: whole files or none, nothing replaced unasked, and on again where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Forbidden
from ctadata_jlab.storage.webdav import WebDav
from ctadata_jlab.transfer import haul
from tests.cli.settings import names
from tests.cli.test_listing import ODD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.cli.settings import Desk


def test_get_saves_a_file_under_its_own_name(desk: Desk, run: Callable[..., Result]) -> None:
    """Into the current folder, as the old client did."""
    desk.raw_put("/lst/some-data-dir/some-data-file", b"data")
    result = run("get", "lst/some-data-dir/some-data-file")
    assert result.exit_code == 0
    assert (desk.cwd / "some-data-file").read_bytes() == b"data"
    assert "adler32 checked" in result.stderr


@pytest.mark.parametrize("option", ["-r", "--recursive"])
def test_get_saves_a_folder_below_its_last_name(desk: Desk, run: Callable[..., Result], option: str) -> None:
    """Every file has its own bytes in its own place, empty folders are there too (the old client saved HTML pages)."""
    for name in ODD:
        desk.raw_put(f"/lst/dir/sub/{name}", name.encode())
    desk.raw_put("/lst/dir/a", b"top")
    desk.door.raw_folder(desk.root + "/lst/dir/empty")
    assert run("get", option, "lst/dir").exit_code == 0
    assert (names(desk.cwd / "dir")) == ["a", "empty", "sub"]
    assert {name: (desk.cwd / "dir/sub" / name).read_bytes().decode() for name in ODD} == {name: name for name in ODD}


def test_the_root_can_be_downloaded(desk: Desk, run: Callable[..., Result]) -> None:
    """It has no name, so what is in it lands where one is."""
    desk.raw_put("/lst/a", b"1")
    assert run("get", "-r", "/", "all").exit_code == 0
    assert (desk.cwd / "all/lst/a").read_bytes() == b"1"


@pytest.mark.parametrize(
    ("destination", "lands"), [("new-name", "new-name"), ("there", "there/a"), ("new/", "new/a"), ("x/y/z", "x/y/z")]
)
def test_a_file_lands_where_it_was_asked_to(
    desk: Desk, run: Callable[..., Result], destination: str, lands: str
) -> None:
    """In a folder if there is one or a slash says so; else under the new name."""
    (desk.cwd / "there").mkdir()
    desk.raw_put("/lst/a", b"1")
    assert run("get", "lst/a", destination).exit_code == 0
    assert (desk.cwd / lands).read_bytes() == b"1"


def test_a_folder_lands_in_the_same_place_each_time(desk: Desk, run: Callable[..., Result]) -> None:
    """So that doing the same again goes on, instead of starting one level deeper."""
    desk.raw_put("/lst/dir/a", b"1")
    for _ in range(2):
        assert run("get", "-r", "lst/dir", "out").exit_code == 0
    assert [str(path.relative_to(desk.cwd)) for path in desk.cwd.rglob("a")] == ["out/dir/a"]


def test_what_is_there_and_right_is_left_alone(desk: Desk, run: Callable[..., Result]) -> None:
    """Running again moves nothing."""
    desk.raw_put("/a", b"1")
    run("get", "a")
    assert "skipped" in run("get", "a").stderr


def test_another_file_of_that_name_is_not_touched_unasked(desk: Desk, run: Callable[..., Result]) -> None:
    """7 and a hint; `--conflict` decides otherwise."""
    desk.raw_put("/a", b"theirs")
    mine = desk.cwd / "a"
    mine.write_bytes(b"mine, longer")
    refused = run("get", "a")
    assert (refused.exit_code, mine.read_bytes()) == (7, b"mine, longer")
    assert "replace" in refused.stderr
    assert run("get", "a", "--conflict", "skip").exit_code == 0
    assert mine.read_bytes() == b"mine, longer"
    assert run("get", "a", "--conflict", "rename").exit_code == 0
    assert (desk.cwd / "a (1)").read_bytes() == b"theirs"
    assert run("get", "a", "--conflict", "replace").exit_code == 0
    assert mine.read_bytes() == b"theirs"


def test_a_failed_download_leaves_what_was_there(desk: Desk, run: Callable[..., Result]) -> None:
    """The old client emptied the target before it asked."""
    (desk.cwd / "missing").write_bytes(b"mine")
    assert run("get", "missing", "--conflict", "replace").exit_code == 4
    assert (desk.cwd / "missing").read_bytes() == b"mine"
    assert names(desk.cwd) == ["missing"]


def test_a_folder_wants_to_be_asked_for(desk: Desk, run: Callable[..., Result]) -> None:
    """Neither way is a folder moved by accident, and it is an error, not a logged line."""
    desk.raw_put("/lst/a", b"1")
    (desk.cwd / "folder").mkdir()
    for words in (["get", "lst"], ["put", "folder", "lst/"]):
        result = run(*words)
        assert result.exit_code == 1
        assert "-r" in result.stderr
    assert names(desk.cwd) == ["folder"]


def test_one_failing_file_does_not_stop_the_others(
    desk: Desk, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """1, and each failure is told by name."""
    for n in range(9):
        desk.raw_put(f"/lst/{n}", b"x")
    original = WebDav.open

    def open_(self: WebDav, path: str, *rest: object, **more: object) -> object:
        if path.endswith("4"):
            raise Forbidden("Not you.")
        return original(self, path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WebDav, "open", open_)
    monkeypatch.setattr(haul, "LARGEST", -1)  # one by one
    result = run("get", "-r", "lst")
    assert result.exit_code == 1
    assert (names(desk.cwd / "lst")) == ["0", "1", "2", "3", "5", "6", "7", "8"]
    assert "error: /lst/4: Not you." in result.stderr
    assert "1 failed" in result.stderr


@pytest.mark.parametrize(
    ("path", "lands"),
    [("your-folder/", "your-folder/latest.txt"), ("your-folder/new.md", "your-folder/new.md"), ("/top", "top")],
)
def test_put_completes_a_path_that_ends_with_a_slash(
    desk: Desk, run: Callable[..., Result], path: str, lands: str
) -> None:
    """`folder/` means `folder/<name>`; missing folders are made."""
    (desk.cwd / "latest.txt").write_bytes(b"new")
    assert run("put", "latest.txt", path).exit_code == 0
    assert desk.raw_get(lands) == b"new"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_folder_is_uploaded_to_where_it_was_asked_to(desk: Desk, run: Callable[..., Result], slash: str) -> None:
    """Nothing ever lands outside of the path, with or without slashes at the ends; odd names stay themselves."""
    for name in ODD:
        place = desk.cwd / "results" / "sub" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    (desk.cwd / "results" / "empty").mkdir()
    assert run("put", "-r", "results" + slash, "your-folder/out" + slash).exit_code == 0
    assert {name: desk.raw_get(f"/your-folder/out/sub/{name}").decode() for name in ODD} == {name: name for name in ODD}
    assert desk.raw_exists("/your-folder/out/empty")
    assert not desk.raw_exists("/sub")


def test_put_replaces_nothing_unasked(desk: Desk, run: Callable[..., Result]) -> None:
    """The same rule the other way."""
    desk.raw_put("/a", b"theirs")
    (desk.cwd / "a").write_bytes(b"mine, longer")
    assert run("put", "a", "a").exit_code == 7
    assert desk.raw_get("/a") == b"theirs"
    assert run("put", "--conflict", "replace", "a", "a").exit_code == 0
    assert desk.raw_get("/a") == b"mine, longer"


def test_a_special_file_is_refused(desk: Desk, run: Callable[..., Result]) -> None:
    """A pipe in a folder would block for ever."""
    (desk.cwd / "out").mkdir()
    os.mkfifo(desk.cwd / "out/pipe")
    (desk.cwd / "out/file").write_bytes(b"1")
    assert run("put", "-r", "out", "out").exit_code == 1
    assert desk.raw_get("/out/file") == b"1"


def _program(desk: Desk, *words: str) -> list[str | Path]:
    return [sys.executable, "-m", "ctadata_jlab.cli", *words]


def test_it_works_through_a_real_shell(desk: Desk) -> None:
    """A process of its own: stdout, stderr and exit code are what they should be, and no shell looks at the names."""
    name = "a; touch pwned $(touch pwned)"
    desk.raw_put(f"/lst/{name}", b"1")
    done = subprocess.run(_program(desk, "get", f"lst/{name}"), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    assert names(desk.cwd) == [name]
    missing = subprocess.run(_program(desk, "ls", "nope"), capture_output=True, text=True, check=False, timeout=60)
    assert missing.returncode == 4
    assert missing.stderr.startswith("error: ")


def test_ctrl_c_leaves_a_part_that_the_next_run_finishes(desk: Desk) -> None:
    """130; then the same command fetches only what is missing."""
    content = os.urandom(1 << 20) * 400
    desk.raw_put("/big", content)
    process = subprocess.Popen(_program(desk, "get", "big"), stderr=subprocess.PIPE, text=True)
    part = desk.cwd / ".big.ctapart"
    until = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size > 1 << 20) and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped" in said
    assert not (desk.cwd / "big").exists()
    assert part.stat().st_size > 1 << 20
    done = subprocess.run(_program(desk, "get", "big"), check=False, timeout=60)
    assert done.returncode == 0
    assert (desk.cwd / "big").read_bytes() == content
    assert [entry.name for entry in desk.cwd.iterdir()] == ["big"]
