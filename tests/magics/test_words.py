"""What each word of `%dcache` does in a real IPython, and what Tab offers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import NotFound
from ctadata_jlab.magics.completion import completions
from ctadata_jlab.magics.desk import Desk as Place
from ctadata_jlab.magics.told import Told
from ctadata_jlab.session import Session
from ctadata_jlab.transfer.job import JobRequest
from ctadata_jlab.transfer.job import Place as Target
from tests.magics.test_magics import desk, shell, value

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from tests.cli.settings import Desk

__all__ = ["desk", "shell"]


def test_cd_is_where_paths_are_seen_from(desk: Desk, shell: InteractiveShell) -> None:
    """For every command, per source; `..` leads up, never out; a folder that is not there changes nothing."""
    desk.raw_put("/lst/DL1/run.h5", b"12345")
    assert value(shell, "%dcache cd") == "/"
    assert value(shell, "%dcache cd lst") == "/lst"
    assert value(shell, "%dcache cd DL1") == "/lst/DL1"
    assert value(shell, "%dcache ls").names == ["run.h5"]
    assert value(shell, "%dcache stat run.h5").size == 5
    assert value(shell, "%dcache ls /lst").names == ["DL1"]
    assert shell.run_cell("%dcache cd nowhere").error_in_exec is not None
    assert value(shell, "%dcache cd -d") == "/"
    assert value(shell, "%dcache cd ../../../..") == "/"


def test_stat_is_a_table_and_a_value(desk: Desk, shell: InteractiveShell) -> None:
    """With the stored checksum; what is not known is not shown."""
    desk.raw_put("/a", b"12345")
    facts = value(shell, "%dcache stat a")
    assert (facts.path, facts.size, facts.kind) == ("/a", 5, "file")
    assert "adler32:02f80100" in repr(facts)
    assert "<td>checksum</td>" in facts._repr_html_()
    assert "online" not in repr(facts)


def test_find_gives_entries_by_their_paths(desk: Desk, shell: InteractiveShell) -> None:
    """By name, kind and size."""
    desk.raw_put("/lst/a.h5", b"1" * 100)
    desk.raw_put("/lst/sub/b.h5", b"1")
    assert value(shell, "%dcache find lst --name '*.h5'").paths == ["/lst/a.h5", "/lst/sub/b.h5"]
    assert value(shell, "%dcache find --type d").paths == ["/lst", "/lst/sub"]
    assert value(shell, "%dcache find lst --size +50").paths == ["/lst/a.h5"]
    assert value(shell, "%dcache find lst --size -50").paths == ["/lst/sub/b.h5"]
    assert "/lst/sub/b.h5" in repr(value(shell, "%dcache find lst"))


def test_a_pattern_gives_the_paths_of_its_files(desk: Desk, shell: InteractiveShell) -> None:
    """Each where it landed."""
    for name in ("a", "b"):
        desk.raw_put(f"/lst/{name}.h5", name.encode())
    files = value(shell, "%dcache get 'lst/*.h5' out/")
    assert sorted(file.name for file in files) == ["a.h5", "b.h5"]
    assert all(file.read_text() + ".h5" == file.name for file in files)


def test_a_cells_text_is_stored_as_a_file(desk: Desk, shell: InteractiveShell) -> None:
    """Whole and checked, not over another file unless that is asked."""
    assert value(shell, "%%dcache put notes/today.txt\nalpha\nβ\n") == "/notes/today.txt"
    assert desk.raw_get("/notes/today.txt") == "alpha\nβ\n".encode()
    assert shell.run_cell("%%dcache put notes/today.txt\nother\n").error_in_exec is not None
    assert desk.raw_get("/notes/today.txt").startswith(b"alpha")
    value(shell, "%%dcache put --replace notes/today.txt\nother\n")
    assert desk.raw_get("/notes/today.txt") == b"other\n"
    for wrong in ("put notes/", "ls x"):
        assert isinstance(shell.run_cell(f"%%dcache {wrong}\ntext\n").error_in_exec, Told)


def test_open_gives_a_file(desk: Desk, shell: InteractiveShell) -> None:
    """Bytes or text; a path that is not there is an error of that cell."""
    desk.raw_put("/a.csv", b"x,y\n1,2\n")
    assert value(shell, "with get_ipython().run_line_magic('dcache', 'open a.csv') as f: data = f.read()\ndata") == (
        b"x,y\n1,2\n"
    )
    assert value(shell, "f = %dcache open --text a.csv\nnext(f)") == "x,y\n"
    value(shell, "f.close()")
    assert isinstance(shell.run_cell("%dcache open missing").error_in_exec, Told)


def test_sync_makes_a_folder_like_another(desk: Desk, shell: InteractiveShell) -> None:
    """Both ways; nothing is removed."""
    desk.raw_put("/lst/a", b"1")
    folder: Path = value(shell, "%dcache sync lst here")
    assert (folder / "a").read_bytes() == b"1"
    (folder / "own").write_bytes(b"2")
    assert value(shell, "%dcache sync --up lst here") == "/lst"
    assert desk.raw_get("/lst/own") == b"2"


def test_jobs_and_sources_are_tables(desk: Desk, shell: InteractiveShell) -> None:
    """The queue as the panel has it; who is logged in where."""
    desk.raw_put("/lst/a", b"1")
    with Session(config.load()) as session:
        session.engine.start()
        session.engine._dispatcher._stopping = True
        job = session.engine.submit(JobRequest("download", "dcache", ("/lst",), Target("local", "/"), "skip"))
        session.engine.stop()
    [found] = value(shell, "%dcache jobs")
    assert found.id == job.id
    assert job.id in repr(value(shell, "%dcache jobs"))
    assert value(shell, "%dcache jobs --failed") == []
    sources = value(shell, "%dcache sources")
    assert [source.name for source in sources] == ["dcache", "dcache-dev"]
    assert "<td>dCache dev</td>" in sources._repr_html_()


def test_debug_shows_the_whole_traceback(
    desk: Desk, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """For those who look for what is wrong in the program."""
    done = shell.run_cell("%dcache ls missing --debug")
    assert isinstance(done.error_in_exec, NotFound)
    assert "Traceback" in capsys.readouterr().out
    desk.raw_put("/lst/a", b"1")
    assert value(shell, "%dcache ls --debug lst").names == ["a"]


def test_tab_completes_through_ipython(desk: Desk, shell: InteractiveShell) -> None:
    """At the start of a line and behind an assignment; a folder ends with a slash."""
    desk.raw_put("/lst/run.h5", b"1")
    desk.raw_put("/lst/sub/x", b"1")
    for line in ("%dcache ls lst/", "files = %dcache ls lst/", "%%dcache put lst/"):
        _, matches = shell.Completer.complete(line_buffer=line, cursor_pos=len(line))
        found = {match.removeprefix("lst/") for match in matches}
        assert found >= {"run.h5", "sub/"}, line


@pytest.mark.parametrize(
    ("before", "ends"),
    [
        ("%dcache s", ["stat", "sync", "sources"]),
        ("%dcache ls l", ["lst/"]),
        ("%dcache ls lst/tw", [r"lst/two\ words.h5"]),
        (r"%dcache ls lst/two\ w", ["words.h5"]),
        ("%dcache ls 'lst/two w", ["words.h5"]),
        ('%dcache ls "lst/it', ["lst/it's.txt"]),
        (r"%dcache ls lst/it", [r"lst/it\'s.txt"]),
        ("%dcache ls 'lst/it", [r"lst/it'\''s.txt"]),
        ("%dcache ls /lst/s", ["/lst/sub/"]),
        ("%dcache put mi", ["mine.txt"]),
        ("%dcache put mine.txt l", ["lst/"]),
        ("%dcache get lst/sub/ mi", ["mine.txt"]),
        ("%dcache ls -d o", ["only-dev"]),
        ("%dcache ls nowhere/x", []),
        ("%dcache ls --de", ["--dev", "--debug"]),
    ],
)
def test_what_tab_offers(desk: Desk, shell: InteractiveShell, before: str, ends: list[str]) -> None:
    """Names are quoted as the line has it; local files where local files are meant; nothing, without a word, where nothing fits."""
    for path in ("/lst/two words.h5", "/lst/it's.txt", "/lst/sub/x", "/../dev/only-dev"):
        desk.raw_put(path, b"1")
    (desk.cwd / "mine.txt").write_bytes(b"1")
    symbol = before[max(before.rfind(char) for char in " '\"\\") + 1 :]
    assert sorted(completions(before, symbol, Place())) == sorted(ends)


def test_a_name_that_a_line_cannot_hold_is_not_offered(desk: Desk, shell: InteractiveShell) -> None:
    """What stands in a cell is run: no line break, no control character, nothing that turns the direction of reading."""
    for name in ("bad\nimport os", "bad\x1b[2J", "bad\u202etxt.exe", "bad but seen"):
        desk.raw_put(f"/lst/{name}", b"1")
    assert completions("%dcache ls lst/bad", "lst/bad", Place()) == [r"lst/bad\ but\ seen"]


def test_completion_never_complains(desk: Desk, shell: InteractiveShell) -> None:
    """Without a login it offers nothing."""
    desk.token_file.unlink()
    assert completions("%dcache ls l", "l", Place()) == []
