"""Several files, patterns, lists, rehearsals, copies and syncs: what lands where, and what does not happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.settings import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.cli.settings import Desk

RUNS = ("/lst/a/run1.h5", "/lst/a/run2.h5", "/lst/b/run3.h5", "/lst/b/notes.txt", "/lst/top.h5")


@pytest.fixture
def lst(desk: Desk) -> Desk:
    """Put some runs on the door, each with its own bytes."""
    for path in RUNS:
        desk.raw_put(path, path.encode())
    return desk


def here(desk: Desk, folder: str = ".") -> list[str]:
    """Return the files in *folder* of the working folder, as paths."""
    top = desk.cwd / folder
    return sorted(file.relative_to(top).as_posix() for file in top.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("words", "lands"),
    [
        (["lst/a/run1.h5", "lst/b/run3.h5", "out"], ["run1.h5", "run3.h5"]),
        (["lst/*.h5", "out"], ["top.h5"]),
        (["lst/*/run*.h5", "out"], ["a/run1.h5", "a/run2.h5", "b/run3.h5"]),
        (["lst/**/*.txt", "out/"], ["b/notes.txt"]),
        (["-r", "lst/[a]", "lst/top.h5", "out"], ["a/run1.h5", "a/run2.h5", "top.h5"]),
        (
            ["-r", "--include", "*.h5", "--exclude", "run2*", "lst", "out"],
            ["lst/a/run1.h5", "lst/b/run3.h5", "lst/top.h5"],
        ),
    ],
)
def test_what_several_words_and_patterns_mean(
    lst: Desk, run: Callable[..., Result], words: list[str], lands: list[str]
) -> None:
    """Under their own names, a pattern's as seen from its first folder without wildcards; each with its own bytes."""
    result = run("get", *words)
    assert result.exit_code == 0, result.output
    assert here(lst, "out") == lands
    for file in (lst.cwd / "out").rglob("*.h5"):
        assert file.read_bytes().endswith(file.name.encode())


def test_a_name_with_wildcards_is_a_name_first(desk: Desk, run: Callable[..., Result]) -> None:
    """A file that is really called so is meant, not what is like it."""
    desk.raw_put("/lst/run[1].h5", b"odd")
    desk.raw_put("/lst/run1.h5", b"plain")
    assert run("get", "lst/run[1].h5").exit_code == 0
    assert names(desk.cwd) == ["run[1].h5"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["lst/*.nope", "out"], 4, "Nothing is like"),
        (["lst/a/run1.h5", "lst/nope", "out"], 4, "nope"),
        (["lst/*", "out"], 1, "-r"),
        (["lst/*.h5", "lst/a/run1.h5", "file"], 2, "is a file"),
    ],
)
def test_what_cannot_be_meant_moves_nothing(
    lst: Desk, run: Callable[..., Result], words: list[str], code: int, says: str
) -> None:
    """A word that means nothing, or a folder that nobody asked for, ends it before anything is fetched."""
    (lst.cwd / "file").write_bytes(b"mine")
    result = run("get", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr
    assert here(lst) == ["file"]


def test_a_list_of_files(lst: Desk, run: Callable[..., Result]) -> None:
    """Seen from the folder that is named; empty lines and remarks are none; from stdin, too."""
    (lst.cwd / "list").write_text("# runs\na/run1.h5\n\nb/run3.h5\n")
    assert run("get", "--files-from", "list", "lst", "out").exit_code == 0
    assert here(lst, "out") == ["a/run1.h5", "b/run3.h5"]
    assert run("get", "--files-from", "-", "lst", "out", stdin="top.h5\n").exit_code == 0
    assert here(lst, "out") == ["a/run1.h5", "b/run3.h5", "top.h5"]
    missing = run("get", "--files-from", "-", "lst", "out", stdin="nope\n")
    assert missing.exit_code == 4
    assert run("put", "--files-from", "list", "out", "copy").exit_code == 0
    assert lst.raw_get("/copy/a/run1.h5") == b"/lst/a/run1.h5"
    assert not lst.raw_exists("/copy/top.h5")


def test_several_files_are_put_into_a_folder(desk: Desk, run: Callable[..., Result]) -> None:
    """Never one over the other: what is no folder is refused before anything is sent."""
    for name in "ab":
        (desk.cwd / name).write_text(name)
    assert run("put", "a", "b", "new/").exit_code == 0
    assert (desk.raw_get("/new/a"), desk.raw_get("/new/b")) == (b"a", b"b")
    assert run("put", "a", "b", "new").exit_code == 0
    refused = run("put", "a", "b", "other")
    assert refused.exit_code == 2
    assert "folder/" in refused.stderr
    assert not desk.raw_exists("/other")


def test_a_rehearsal_changes_nothing(lst: Desk, run: Callable[..., Result]) -> None:
    """It tells each file: what would be moved, what is there already, what would be replaced or refused."""
    (lst.cwd / "lst/a").mkdir(parents=True)
    (lst.cwd / "lst/a/run1.h5").write_bytes(b"/lst/a/run1.h5")
    (lst.cwd / "lst/a/run2.h5").write_bytes(b"mine, and longer than theirs")
    told = run("get", "-r", "--dry-run", "lst")
    assert told.exit_code == 1
    assert "skipped: " in told.stdout
    assert told.stdout.count("would be done: ") == 3
    assert "error: /lst/a/run2.h5" in told.stderr
    replaced = run("get", "-r", "--dry-run", "--conflict", "replace", "lst")
    assert replaced.exit_code == 0
    assert "run2.h5, 14 bytes (replaces another)" in replaced.stdout
    assert "would be downloaded" in replaced.stderr
    assert here(lst) == ["lst/a/run1.h5", "lst/a/run2.h5"]
    assert sorted(p.name for p in (lst.cwd / "lst").iterdir()) == ["a"]
    assert run("put", "-r", "-n", "lst", "new-place").exit_code == 0
    assert run("cp", "-r", "-n", "lst", "new-place").exit_code == 0
    assert not lst.raw_exists("/new-place")


def test_jobs_says_how_many_at_once(lst: Desk, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """For this command."""
    from ctadata_jlab.foreground import crew

    hands: list[int] = []
    original = crew.Crew.__init__

    def init(self: crew.Crew, *args: object) -> None:
        hands.append(args[3])  # type: ignore[arg-type]
        original(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(crew.Crew, "__init__", init)
    assert run("get", "-r", "-j", "2", "lst").exit_code == 0
    assert hands == [2]


def test_cp_copies_within_and_between_sources(lst: Desk, run: Callable[..., Result]) -> None:
    """A slash is completed; nothing is replaced unasked; a folder not into itself."""
    assert run("cp", "lst/top.h5", "new/").exit_code == 0
    assert lst.raw_get("/new/top.h5") == b"/lst/top.h5"
    assert run("cp", "-r", "lst/a", "dcache-dev:from-prod").exit_code == 0
    assert lst.raw_get("/../dev/from-prod/run1.h5") == b"/lst/a/run1.h5"
    assert run("cp", "dcache-dev:from-prod/run1.h5", ":new/back.h5").exit_code == 0
    assert lst.raw_get("/new/back.h5") == b"/lst/a/run1.h5"
    assert run("cp", "lst/a/run1.h5", "lst/top.h5").exit_code == 7
    assert lst.raw_get("/lst/top.h5") == b"/lst/top.h5"
    assert run("cp", "-r", "lst", "lst/inside").exit_code == 2
    assert run("cp", "lst/a", "x").exit_code == 1


def test_sync_makes_a_folder_like_another(lst: Desk, run: Callable[..., Result]) -> None:
    """Down and up; what is the same is left alone, what differs replaced, what is too much stays."""
    assert run("sync", ":lst", "mirror").exit_code == 0
    assert here(lst, "mirror") == sorted(path.removeprefix("/lst/") for path in RUNS)
    again = run("sync", "dcache:lst", "mirror")
    assert again.stderr.count("skipped: ") == len(RUNS)
    (lst.cwd / "mirror/own").write_bytes(b"mine")
    (lst.cwd / "mirror/top.h5").write_bytes(b"changed here")
    assert run("sync", "mirror", ":lst").exit_code == 0
    assert (lst.raw_get("/lst/own"), lst.raw_get("/lst/top.h5")) == (b"mine", b"changed here")
    (lst.cwd / "mirror/own").unlink()
    assert run("sync", "mirror", ":lst").exit_code == 0
    assert lst.raw_get("/lst/own") == b"mine"


def test_sync_removes_only_when_it_is_told_and_was_confirmed(lst: Desk, run: Callable[..., Result]) -> None:
    """A rehearsal names what would go; without a yes nothing happens at all."""
    assert run("sync", ":lst", "mirror").exit_code == 0
    (lst.cwd / "mirror/top.h5").unlink()
    told = run("sync", "--delete", "--dry-run", "mirror", ":lst")
    assert "/lst/top.h5, 0 bytes (removed)" in told.stdout
    assert run("sync", "--delete", "mirror", ":lst", stdin="n\n").exit_code == 1
    assert lst.raw_exists("/lst/top.h5")
    assert run("sync", "--delete", "--yes", "mirror", ":lst").exit_code == 0
    assert not lst.raw_exists("/lst/top.h5")
    assert lst.raw_exists("/lst/a/run1.h5")


@pytest.mark.parametrize("words", [["a", "b"], [":a", ":b"]])
def test_sync_wants_one_end_here_and_one_there(run: Callable[..., Result], words: list[str]) -> None:
    """2, with how to write it."""
    result = run("sync", *words)
    assert result.exit_code == 2
    assert "SOURCE:PATH" in result.stderr
