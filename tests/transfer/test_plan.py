"""From what the user named to single files."""

from __future__ import annotations

import threading
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import AlreadyExists, BadAnswer, BadPath, Cancelled, Forbidden, NotLoggedIn, Unsupported
from ctadata_jlab.storage import Entry
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.plan import plan_copy, plan_delete, plan_measure, plan_move
from tests.transfer.kit import Faulty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {"/lst/DL1/a.h5": b"aa", "/lst/DL1/sub/b.h5": b"b", "/lst/DL1/sub/deep/c.h5": b"", "/lst/other.txt": b"o"}


@pytest.fixture(name="tree")
def _tree() -> Faulty:
    tree = Faulty(FILES)
    tree.make_folder("/lst/DL1/empty")
    return tree


def test_each_path_lands_under_its_own_last_name(tree: Faulty) -> None:
    """Files and folders, empty ones too, each numbered in order."""
    items = list(plan_copy(tree, ["/lst/DL1", "/lst/other.txt"], "/data"))
    assert [item.n for item in items] == list(range(len(items)))
    assert {(item.path, item.target, item.kind, item.size) for item in items} == {
        ("/lst/DL1", "/data/DL1", "folder", None),
        ("/lst/DL1/a.h5", "/data/DL1/a.h5", "file", 2),
        ("/lst/DL1/empty", "/data/DL1/empty", "folder", None),
        ("/lst/DL1/sub", "/data/DL1/sub", "folder", None),
        ("/lst/DL1/sub/b.h5", "/data/DL1/sub/b.h5", "file", 1),
        ("/lst/DL1/sub/deep", "/data/DL1/sub/deep", "folder", None),
        ("/lst/DL1/sub/deep/c.h5", "/data/DL1/sub/deep/c.h5", "file", 0),
        ("/lst/other.txt", "/data/other.txt", "file", 1),
    }


def test_a_folder_comes_before_what_it_holds(tree: Faulty) -> None:
    """So that, taken from the last to the first, what is deleted is empty by then."""
    seen: set[str] = set()
    for item in plan_delete(tree, ["/lst"]):
        assert item.path == "/lst" or item.path.rpartition("/")[0] in seen
        seen.add(item.path)
    assert len(seen) == 9


@pytest.mark.parametrize("error", [Forbidden("no"), NotLoggedIn("who?")])
def test_an_unreadable_folder_fails_the_plan_by_name(tree: Faulty, error: Exception) -> None:
    """Never a plan that silently leaves files out; the class stays, so that a login is asked for."""

    def before(verb: str, path: str) -> None:
        if (verb, path) == ("list", "/lst/DL1/sub/deep"):
            raise error

    tree.before = before
    with pytest.raises(type(error), match="/lst/DL1/sub/deep"):
        list(plan_copy(tree, ["/lst/DL1"], "/"))


def test_a_listing_that_breaks_off_fails_the_plan() -> None:
    """What came before is not all."""

    class Broken(Faulty):
        def list(self, folder: str) -> Iterator[Entry]:
            yield from super().list(folder)
            raise Forbidden("midway")

    with pytest.raises(Forbidden, match="/lst"):
        list(plan_copy(Broken(FILES), ["/lst"], "/"))


@pytest.mark.parametrize("stranger", ["/etc/passwd", "/lst/../etc", "/lst", "/lst/a//b"])
def test_a_listing_of_something_else_is_refused(stranger: str) -> None:
    """A server cannot make us write outside of the target."""

    class Lying(Faulty):
        def list(self, folder: str) -> Iterator[Entry]:
            yield Entry(stranger, "file", 1)

    with pytest.raises((BadAnswer, BadPath)):
        list(plan_copy(Lying(FILES), ["/lst"], "/"))


def test_two_files_of_one_name_fail_the_plan() -> None:
    """One would overwrite the other."""
    storage = Memory({"/a/x.h5": b"", "/b/x.h5": b""})
    with pytest.raises(AlreadyExists, match=r"x\.h5"):
        list(plan_copy(storage, ["/a/x.h5", "/b/x.h5"], "/data"))


@pytest.mark.parametrize(("one", "two"), [("/d/A.h5", "/d/a.h5"), ("/d/\u00e9", "/d/e\u0301"), ("/d/S/x", "/d/s/x")])
def test_names_that_the_target_takes_for_one_fail_the_plan(one: str, two: str) -> None:
    """Only where the target folds names; elsewhere both are kept."""
    storage = Memory({one: b"1", two: b"2"})
    with pytest.raises(AlreadyExists):
        list(plan_copy(storage, ["/d"], "/", folds=True))
    assert len([item for item in plan_copy(storage, ["/d"], "/") if item.kind == "file"]) == 2


def test_a_folder_is_not_put_into_itself(tree: Faulty) -> None:
    """It would never end."""
    with pytest.raises(BadPath, match="itself"):
        list(plan_copy(tree, ["/lst"], "/lst/DL1", same=True))
    with pytest.raises(BadPath, match="itself"):
        list(plan_move(tree, ["/lst"], "/lst/DL1"))
    with pytest.raises(BadPath, match="itself"):
        list(plan_move(tree, ["/lst/DL1"], "/lst"))


def test_the_root_has_no_name(tree: Faulty) -> None:
    """Choose what is in it."""
    with pytest.raises(BadPath):
        list(plan_copy(tree, ["/"], "/data"))


def test_a_path_inside_another_is_not_done_twice(tree: Faulty) -> None:
    """Deleting a folder and a file in it counts the file once."""
    assert len(list(plan_delete(tree, ["/lst/DL1/a.h5", "/lst"]))) == 9
    assert [item.path for item in plan_move(tree, ["/lst/DL1/sub", "/lst/DL1"], "/")] == ["/lst/DL1"]


def test_measuring_counts_everything(tree: Faulty) -> None:
    """Before a delete is confirmed."""
    entries = list(plan_measure(tree, ["/lst"]))
    assert sum(entry.size or 0 for entry in entries) == 4
    assert sum(entry.is_folder for entry in entries) == 5


def test_a_link_to_a_folder_is_deleted_as_a_link(tmp_path: Path) -> None:
    """What it leads to is not this tree's to delete."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/precious").write_bytes(b"x")
    (tmp_path / "trash").mkdir()
    (tmp_path / "trash/link").symlink_to(tmp_path / "data")
    local = Local(tmp_path)
    assert {(item.path, item.kind) for item in plan_delete(local, ["/trash"])} == {
        ("/trash", "folder"),
        ("/trash/link", "file"),
    }
    assert [(item.path, item.kind) for item in plan_delete(local, ["/trash/link"])] == [("/trash/link", "file")]
    with pytest.raises(Unsupported):
        list(plan_copy(local, ["/trash"], "/", moving=True))


def test_a_link_that_leads_round_in_a_circle_fails_the_plan(tmp_path: Path) -> None:
    """It would never end."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/loop").symlink_to(tmp_path / "a")
    with pytest.raises(BadPath, match="loop"):
        list(plan_copy(Local(tmp_path), ["/a"], "/"))


def test_at_most_four_listings_at_once() -> None:
    """A door is not to be stormed; but they do run side by side."""
    now, most, lock = 0, 0, threading.Lock()

    class Slow(Faulty):
        def list(self, folder: str) -> Iterator[Entry]:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.01)
            yield from super().list(folder)
            with lock:
                now -= 1

    list(plan_copy(Slow({f"/d/{n}/x": b"" for n in range(30)}), ["/d"], "/"))
    assert most == 4


def test_stopping_a_plan_stops_its_listings(tree: Faulty) -> None:
    """No thread goes on asking."""

    def stop() -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        list(plan_copy(tree, ["/lst"], "/", check=stop))
    plan = plan_copy(tree, ["/lst"], "/")
    next(plan)
    plan.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while any(thread.name == "ctadata-list" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_plan_of_20_000_files_stays_small() -> None:
    """Memory does not grow with the tree: entries are passed on, not collected."""

    class Wide(Faulty):
        def list(self, folder: str) -> Iterator[Entry]:
            if folder == "/d":
                yield from (Entry(f"/d/{n}", "folder") for n in range(20))
            else:
                yield from (Entry(f"{folder}/{'long name ' * 10}{n}.h5", "file", 1) for n in range(1000))

    storage = Wide()
    storage.make_folder("/d")
    tracemalloc.start()
    try:
        count = sum(1 for _ in plan_copy(storage, ["/d"], "/data"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_021
    assert peak < 5_000_000
