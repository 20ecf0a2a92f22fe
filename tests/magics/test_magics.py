"""`%dcache` in a real IPython: values that can be used, errors in words."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ctadata_jlab.errors import NotFound
from ctadata_jlab.magics.told import Told
from tests.cli.settings import Desk, desk_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.doors import Door


@pytest.fixture
def desk(wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine that knows the wsgidav door."""
    return desk_for(wsgidav, tmp_path, monkeypatch)


@pytest.fixture
def shell(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Return an IPython with the extension loaded as a user loads it."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    settings = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=settings, colors="nocolor")
    shell.run_line_magic("load_ext", "ctadata_jlab")
    yield shell
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()


def value(shell: InteractiveShell, cell: str) -> Any:
    """Run *cell*, which must succeed; return its value."""
    done = shell.run_cell(cell)
    done.raise_error()
    return done.result


def test_ls_returns_entries_that_can_be_used(desk: Desk, shell: InteractiveShell) -> None:
    """A list of entries with name, path, size and kind."""
    desk.raw_put("/lst/a b.h5", b"12345")
    desk.raw_put("/lst/sub/x", b"")
    files = value(shell, "files = %dcache ls lst\nfiles")
    assert files.names == ["a b.h5", "sub"]
    assert (files[0].path, files[0].size, files[0].kind) == ("/lst/a b.h5", 5, "file")
    assert value(shell, "[f.size for f in files if f.name.endswith('.h5')]") == [5]
    assert value(shell, "%dcache ls '/lst/a b.h5'").names == ["a b.h5"]


def test_a_listing_is_a_table_with_escaped_names(desk: Desk, shell: InteractiveShell) -> None:
    """A name is text wherever it is shown, not HTML."""
    desk.raw_put("/lst/<img src=x onerror=alert(1)>.txt", b"12345")
    desk.raw_put("/lst/sub/x", b"")
    files = value(shell, "%dcache ls -l lst")
    html = files._repr_html_()
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert "5 bytes" in repr(files)
    assert repr(files).splitlines()[1].endswith("  sub/")


def test_a_table_shows_what_is_in_a_name(desk: Desk, shell: InteractiveShell) -> None:
    """No character that a terminal obeys, or that turns the direction of reading, in text or in HTML; the value is the name."""
    name = "\x1b[2Jrun\u202e5h.exe"
    desk.raw_put(f"/lst/{name}", b"12345")
    files = value(shell, "%dcache ls lst")
    assert files.names == [name]
    for shown in (repr(files), files._repr_html_()):
        assert "\N{REPLACEMENT CHARACTER}[2Jrun\N{REPLACEMENT CHARACTER}5h.exe" in shown
        assert not {"\x1b", "\u202e"} & set(shown)


def test_dev_is_the_twin(desk: Desk, shell: InteractiveShell) -> None:
    """`-d` takes the dev instance."""
    desk.raw_put("/../dev/only-dev", b"x")
    assert value(shell, "%dcache ls -d /").names == ["only-dev"]
    assert value(shell, "%dcache ls").names == []


def test_get_returns_the_path_here(desk: Desk, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """Ready to be opened; names with spaces and quotes are written as in a shell; variables are filled in."""
    desk.raw_put("/lst/it's a run.h5", b"data")
    assert value(shell, '''%dcache get "lst/it's a run.h5"''').read_bytes() == b"data"
    assert "1 file (4 bytes) downloaded" in capsys.readouterr().out
    assert value(shell, """name = "it's a run.h5"\n%dcache get "lst/{name}" other.h5""") == desk.cwd / "other.h5"
    assert (desk.cwd / "other.h5").read_bytes() == b"data"


def test_folders_go_both_ways(desk: Desk, shell: InteractiveShell) -> None:
    """With `-r`."""
    desk.raw_put("/lst/dir/sub/a", b"1")
    folder = value(shell, "%dcache get -r lst/dir")
    assert (folder / "sub/a").read_bytes() == b"1"
    assert value(shell, "%dcache put -r dir your-folder/copy") == "/your-folder/copy"
    assert desk.raw_get("/your-folder/copy/sub/a") == b"1"


def test_put_returns_where_it_is(desk: Desk, shell: InteractiveShell) -> None:
    """A slash at the end is completed by the name."""
    (desk.cwd / "latest.txt").write_bytes(b"1")
    assert value(shell, "%dcache put latest.txt your-folder/") == "/your-folder/latest.txt"
    assert desk.raw_get("/your-folder/latest.txt") == b"1"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("get missing", "missing"),
        ("ls 'open", "Close all quotes"),
        ("frob", "frob"),
        ("get", "remote"),
        ("ls --nope x", "--nope"),
        ("get ../x", "'..'"),
        ("put nothing-here x", "nothing-here"),
        ("get -r lst --conflict never", "never"),
    ],
)
def test_errors_are_words_without_a_traceback(
    desk: Desk, shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    """The cell has failed, so that “Run all” stops; what is shown is the error and its hint."""
    done = shell.run_cell(f"%dcache {line}")
    said = capsys.readouterr()
    assert isinstance(done.error_in_exec, Told)
    assert says in said.out + said.err
    assert "Traceback" not in said.out + said.err
    assert "error: " in said.out + said.err


def test_the_error_itself_can_be_asked_for(desk: Desk, shell: InteractiveShell) -> None:
    """For code that wants to know."""
    done = shell.run_cell("%dcache get missing")
    assert isinstance(done.error_in_exec.error, NotFound)


def test_nothing_is_replaced_unasked(desk: Desk, shell: InteractiveShell) -> None:
    """The same rule as everywhere."""
    desk.raw_put("/a", b"theirs")
    (desk.cwd / "a").write_bytes(b"mine, longer")
    assert shell.run_cell("%dcache get a").error_in_exec is not None
    assert (desk.cwd / "a").read_bytes() == b"mine, longer"
    assert value(shell, "%dcache get a --conflict rename").name == "a (1)"


def test_progress_is_one_line(desk: Desk, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """Written again and again, never scrolling the cell."""
    desk.raw_put("/big", os.urandom(20 << 20))
    value(shell, "_ = %dcache get big")
    out = capsys.readouterr().out
    assert "of 1 file" in out
    assert out.count("\n") == 1


def test_no_token_is_ever_shown(desk: Desk, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even the wrong one."""
    desk.token_file.write_text("wrong-and-secret\n")
    assert shell.run_cell("%dcache ls /").error_in_exec is not None
    shell.run_cell("%tb")
    said = capsys.readouterr()
    assert "wrong-and-secret" not in said.out + said.err
