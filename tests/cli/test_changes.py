"""`mkdir`, `mv`, `rm`: nothing is replaced, and no folder goes unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.cli.settings import Desk


def test_mkdir_makes_parents_and_does_not_mind_what_exists(desk: Desk, run: Callable[..., Result]) -> None:
    """Several at once."""
    for _ in range(2):
        assert run("mkdir", "a/b/c", "d").exit_code == 0
    assert desk.raw_exists("/a/b/c")
    assert desk.raw_exists("/d")


def test_mv_renames_or_moves_into_a_folder(desk: Desk, run: Callable[..., Result]) -> None:
    """A slash at the end says which."""
    desk.raw_put("/a", b"1")
    desk.raw_put("/dir/x", b"2")
    assert run("mv", "a", "b").exit_code == 0
    assert run("mv", "b", "dir/").exit_code == 0
    assert desk.raw_get("/dir/b") == b"1"


def test_mv_replaces_nothing(desk: Desk, run: Callable[..., Result]) -> None:
    """7, and both are as they were."""
    desk.raw_put("/a", b"1")
    desk.raw_put("/b", b"2")
    assert run("mv", "a", "b").exit_code == 7
    assert (desk.raw_get("/a"), desk.raw_get("/b")) == (b"1", b"2")


def test_rm_removes_a_file(desk: Desk, run: Callable[..., Result]) -> None:
    """Only that; a missing one is 4."""
    desk.raw_put("/a", b"1")
    assert run("rm", "a").exit_code == 0
    assert not desk.raw_exists("/a")
    assert run("rm", "a").exit_code == 4


def test_rm_of_a_folder_wants_the_option_and_asks(desk: Desk, run: Callable[..., Result]) -> None:
    """It says how much would go; anything but yes leaves it."""
    for name in "abc":
        desk.raw_put(f"/dir/sub/{name}", b"1234")
    assert run("rm", "dir").exit_code == 1
    asked = run("rm", "-r", "dir", stdin="n\n")
    assert asked.exit_code == 1
    assert "3 files (12 bytes) and 2 folders" in asked.output
    assert run("rm", "-r", "dir").exit_code == 1  # nobody there to answer
    assert desk.raw_exists("/dir/sub/a")
    assert run("rm", "-r", "dir", stdin="y\n").exit_code == 0
    assert not desk.raw_exists("/dir")


def test_rm_with_yes_does_not_ask(desk: Desk, run: Callable[..., Result]) -> None:
    """For scripts."""
    desk.raw_put("/dir/a", b"1")
    assert run("rm", "-r", "--yes", "dir").exit_code == 0
    assert not desk.raw_exists("/dir")
