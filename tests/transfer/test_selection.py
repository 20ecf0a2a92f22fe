"""Which files a job takes: patterns, lists, what differs; and links, holes and nothing at all."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import BadPath, Misconfigured, Unsupported
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import Job, JobState
from ctadata_jlab.transfer.patterns import Patterns
from ctadata_jlab.transfer.plan import plan_copy
from tests.transfer.kit import Bench, Faulty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TREE = {
    "/d/a.h5": b"a",
    "/d/b.log": b"b",
    "/d/n1/c.h5": b"c",
    "/d/n1/logs/d.h5": b"d",
    "/d/n2/logs/e.txt": b"e",
}


@pytest.fixture(name="dcache")
def _dcache() -> Faulty:
    dcache = Faulty(TREE)
    dcache.make_folder("/d/empty")
    dcache.calls.clear()
    return dcache


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, work: Path, dcache: Faulty) -> Iterator[Bench]:
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(work), "other": Faulty()}) as bench:
        yield bench


def _found(folder: Path) -> set[str]:
    return {
        str(file.relative_to(folder)) + "/" * (file.is_dir() and not any(file.iterdir()))
        for file in folder.rglob("*")
        if file.is_file() or not any(file.iterdir())
    }


# --- patterns


@pytest.mark.parametrize(
    ("include", "exclude", "found"),
    [
        ((), (), {"a.h5", "b.log", "n1/c.h5", "n1/logs/d.h5", "n2/logs/e.txt", "empty/"}),
        (("*.h5",), (), {"a.h5", "n1/c.h5", "n1/logs/d.h5"}),
        (("*.h5",), ("logs/",), {"a.h5", "n1/c.h5"}),
        ((), ("*.h5", "/n2"), {"b.log", "n1/logs/", "empty/"}),
        (("n1/*.h5",), (), {"n1/c.h5"}),
        (("/n1/**",), ("!*.txt", "c.*"), {"n1/logs/d.h5"}),
        ((" ",), ("",), {"a.h5", "b.log", "n1/c.h5", "n1/logs/d.h5", "n2/logs/e.txt", "empty/"}),
    ],
)
def test_patterns_say_which_files(
    bench: Bench, work: Path, include: tuple[str, ...], exclude: tuple[str, ...], found: set[str]
) -> None:
    """As in gitignore; folders that nothing was taken from are made only where everything is taken."""
    job = bench.run("download", "dcache", "/d", "local", include=include, exclude=exclude)
    assert job.state is JobState.DONE
    assert _found(work / "d") == found


def test_a_folder_that_is_left_out_is_not_even_listed(bench: Bench, dcache: Faulty) -> None:
    """A million files that nobody wants cost nothing."""
    bench.run("download", "dcache", "/d", "local", exclude=("n1/", "logs"))
    assert {path for verb, path in dcache.calls if verb == "list"} == {"/d", "/d/n2", "/d/empty"}


def test_a_single_file_is_seen_by_its_name() -> None:
    """A pattern that does not name it leaves it out."""
    dcache = Faulty(TREE)
    for include, count in (("*.h5", 1), ("*.txt", 0)):
        assert len(list(plan_copy(dcache, ["/d/a.h5"], "/", patterns=Patterns((include,))))) == count


def test_deleting_by_pattern_leaves_all_folders(bench: Bench, dcache: Faulty) -> None:
    """Only what was named goes; measuring counts the same files before."""
    assert bench.run("measure", "dcache", "/d", include=("*.h5",)).files_total == 3
    assert bench.run("delete", "dcache", "/d", include=("*.h5",)).state is JobState.DONE
    left = {path for path, node in dcache._nodes.items() if node.data is not None}
    assert left == {"/d/b.log", "/d/n2/logs/e.txt"}
    assert dcache.stat("/d/n1/logs").is_folder
    assert bench.run("delete", "dcache", "/d", exclude=("*.log",)).state is JobState.DONE
    assert {path for path, node in dcache._nodes.items() if node.data is not None} == {"/d/b.log"}
    assert dcache.stat("/d/empty").is_folder


def test_options_that_a_kind_does_not_have_are_refused(bench: Bench) -> None:
    """Rather than ignored: a move that took more than was named would be a loss."""
    for kind, to, more, error in (
        ("move", "dcache", {"include": ("*.h5",)}, Unsupported),
        ("move", "dcache", {"base": "/d"}, Unsupported),
        ("move", "local", {"sync": True}, Misconfigured),
        ("delete", None, {"base": "/"}, Misconfigured),
        ("download", "local", {"include": ("***a/**b", "!")}, Misconfigured),
        ("download", "local", {"limit": 3}, Misconfigured),
    ):
        with pytest.raises(error):
            bench.submit(kind, "dcache", "/d/n1", to, "/to", **more)
    assert bench.engine.jobs() == []


# --- lists


def test_a_list_of_files_keeps_its_folders(bench: Bench, work: Path) -> None:
    """Seen from the base; a folder in the list is taken whole, and what it holds only once."""
    listed = ("/d/n1/logs/d.h5", "/d/n2", "/d/n2/logs/e.txt", "/d/a.h5")
    job = bench.run("download", "dcache", listed, "local", "/to", base="/d")
    assert (job.state, job.files_total) == (JobState.DONE, 3)
    assert _found(work / "to") == {"n1/logs/d.h5", "n2/logs/e.txt", "a.h5"}


def test_a_list_must_be_below_its_base(bench: Bench) -> None:
    """Nothing lands outside the target, by mistake or by intent."""
    for path in ("/e/x", "/d", "/"):
        with pytest.raises(BadPath):
            bench.submit("download", "dcache", path, "local", "/to", base="/d")


def test_a_long_list_is_kept_once(tmp_path: Path, work: Path) -> None:
    """All of it is moved, also after a restart; the job itself carries only the first few."""
    dcache = Faulty({f"/d/{n % 7}/{n}.h5": bytes([n % 256]) for n in range(300)})
    listed = tuple(sorted(path for path, node in dcache._nodes.items() if node.data is not None))
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}, jobs_at_once=0) as bench:
        job = bench.submit("download", "dcache", listed, "local", base="/d")
        assert (len(job.request.paths), job.request.listed) == (20, 300)
    with Bench(tmp_path / "q", {"dcache": dcache, "local": Local(work)}) as bench:
        job = bench.settled(job.id)
        assert (job.state, job.files_done) == (JobState.DONE, 300)
        bench.until(job.id, lambda _: not bench.engine._dispatcher.is_at_work(job.id))
        bench.engine.forget(job.id)
        assert bench.engine._journal.listed(job.id) == ()
    assert len([file for file in work.rglob("*") if file.is_file()]) == 300


# --- sync


def _sync(bench: Bench, **more: object) -> Job:
    return bench.run("upload", "local", "/d", "dcache", "/", conflict="replace", sync=True, **more)


def test_a_sync_copies_only_what_differs_and_deletes_nothing(bench: Bench, work: Path, dcache: Faulty) -> None:
    """With one listing a folder; what only the target has stays."""
    for path, data in TREE.items():
        (work / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (work / path[1:]).write_bytes(data)
    (work / "d/b.log").write_bytes(b"longer")
    (work / "d/a.h5").write_bytes(b"A")
    (work / "d/new.h5").write_bytes(b"new")
    dcache.write("/d/only-there", b"stays")
    dcache.calls.clear()
    job = _sync(bench)
    assert (job.state, job.files_done, job.files_skipped, job.files_total) == (JobState.DONE, 3, 3, 6)
    assert {path for verb, path in dcache.calls if verb == "put"} == {"/d/b.log", "/d/a.h5", "/d/new.h5"}
    assert dcache.count("list") == len({os.path.dirname(path) for path in TREE})  # noqa: PTH120
    assert not [path for verb, path in dcache.calls if verb == "stat" and path == "/d/n1/c.h5"]
    assert {dcache.read(path) for path in ("/d/a.h5", "/d/b.log", "/d/only-there")} == {b"A", b"longer", b"stays"}
    dcache.calls.clear()
    job = _sync(bench)
    assert (job.state, job.files_skipped, dcache.count("put"), dcache.count("remove")) == (JobState.DONE, 6, 0, 0)
    assert job.bytes_done == job.bytes_total


def test_a_sync_may_keep_what_is_newer(bench: Bench, work: Path, dcache: Faulty) -> None:
    """`newer` is obeyed; what differs and is newer at the target is skipped, and said."""
    (work / "d").mkdir()
    (work / "d/a.h5").write_bytes(b"old and other")
    os.utime(work / "d/a.h5", (1, 1))
    job = bench.run("upload", "local", "/d", "dcache", "/", conflict="newer", sync=True)
    assert (job.state, job.note, dcache.read("/d/a.h5")) == (JobState.DONE, "not newer", b"a")


def test_a_sync_without_checksums_goes_by_size_and_time(bench: Bench, work: Path, dcache: Faulty) -> None:
    """What was downloaded bears the time of its original, so that it is recognised."""
    assert bench.run("download", "dcache", "/d", "local", sync=True, conflict="replace").state is JobState.DONE
    entries = dcache.list

    def bare(folder: str) -> Iterator[object]:
        return (replace(entry, checksum=None) for entry in entries(folder))

    dcache.list = bare  # type: ignore[method-assign,assignment]
    dcache.traits = replace(dcache.traits, checksums=())
    (work / "d/b.log").write_bytes(b"?")
    os.utime(work / "d/b.log", (1, 1))
    job = bench.run("download", "dcache", "/d", "local", sync=True, conflict="replace")
    assert (job.files_skipped, job.files_done) == (4, 1)
    assert (work / "d/b.log").read_bytes() == b"b"


# --- links


def test_links_inside_an_uploaded_folder_are_followed(bench: Bench, work: Path, dcache: Faulty) -> None:
    """To files and to folders; what arrives are files."""
    (work / "up/real").mkdir(parents=True)
    (work / "up/real/x").write_bytes(b"x")
    (work / "up/file").symlink_to("real/x")
    (work / "up/folder").symlink_to("real")
    job = bench.run("upload", "local", "/up", "dcache", "/")
    assert job.state is JobState.DONE
    assert {dcache.read(f"/up/{name}") for name in ("real/x", "file", "folder/x")} == {b"x"}


def test_links_that_lead_out_are_refused_by_name(bench: Bench, work: Path, dcache: Faulty, tmp_path: Path) -> None:
    """Nothing is sent that the user did not choose; left out by name, the others go."""
    (work / "up").mkdir()
    (work / "up/good").write_bytes(b"1")
    (work / "secret").write_bytes(b"private")
    (work / "beside").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/key").write_bytes(b"private")
    (work / "up/to-file").symlink_to(work / "secret")
    (work / "up/to-folder").symlink_to(work / "beside")
    (work / "up/to-outside").symlink_to(tmp_path / "outside")
    (work / "up/to-nowhere").symlink_to("gone")
    job = bench.run("upload", "local", "/up", "dcache", "/")
    assert job.error is not None
    assert (job.state, job.error.error, dcache.count("put")) == (JobState.FAILED, "BadPath", 0)
    for name in ("to-file", "to-folder", "to-outside", "to-nowhere"):
        assert f"/up/{name}" in job.error.message
    assert "exclude" in job.error.hint
    job = bench.run("upload", "local", "/up", "dcache", "/", exclude=("to-*",))
    assert (job.state, job.files_done) == (JobState.DONE, 1)


def test_a_link_that_the_user_chose_is_followed(bench: Bench, work: Path, dcache: Faulty) -> None:
    """It is what was named; inside it the same rule holds."""
    (work / "data").mkdir()
    (work / "data/x").write_bytes(b"x")
    (work / "link").symlink_to("data")
    assert bench.run("upload", "local", "/link", "dcache", "/").state is JobState.DONE
    assert dcache.read("/link/x") == b"x"


# --- holes and nothing


def test_holes_and_empty_files_arrive_as_they_are(bench: Bench, work: Path, dcache: Faulty) -> None:
    """A sparse file has its zeros, an empty one its name; up and down again, and the same once more is skipped."""
    (work / "up").mkdir()
    (work / "up/empty").touch()
    with (work / "up/sparse").open("wb") as file:
        file.seek(3_000_000)
        file.write(b"end")
    assert bench.run("upload", "local", "/up", "dcache", "/").state is JobState.DONE
    assert dcache.read("/up/empty") == b""
    assert dcache.read("/up/sparse") == bytes(3_000_000) + b"end"
    assert bench.run("download", "dcache", "/up", "local", "/down").state is JobState.DONE
    for name in ("empty", "sparse"):
        assert (work / "down/up" / name).read_bytes() == (work / "up" / name).read_bytes()
    job = bench.run("download", "dcache", "/up", "local", "/down")
    assert (job.state, job.files_skipped) == (JobState.DONE, 2)
