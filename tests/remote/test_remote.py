"""The Python API, on real servers and the double of a dCache; blocking, and from asyncio."""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ctadata_jlab
from ctadata_jlab import aio
from ctadata_jlab.errors import AlreadyExists, BadPath, Cancelled, Changed, Misconfigured, NotFound, Unsupported
from tests.cli.settings import names

if TYPE_CHECKING:
    from ctadata_jlab import Remote, Standing
    from tests.cli.settings import Desk


@pytest.fixture
def dcache(desk: Desk) -> Remote:
    return ctadata_jlab.source("dcache")


only_wsgidav = pytest.mark.parametrize("desk", ["wsgidav"], indirect=True)


# --- sources


@only_wsgidav
def test_a_source_is_opened_by_its_name(desk: Desk) -> None:
    """By default the first; dev is its twin; a wrong name is told with those there are."""
    assert ctadata_jlab.source().name == "dcache"
    assert ctadata_jlab.source(dev=True).name == "dcache-dev"
    assert repr(ctadata_jlab.source("dcache")) == "ctadata_jlab.source('dcache')"
    assert ctadata_jlab.sources() == ["dcache", "dcache-dev", "local"]
    with pytest.raises(NotFound) as caught:
        ctadata_jlab.source("nowhere")
    assert "dcache-dev" in caught.value.hint


@only_wsgidav
def test_a_source_can_be_sent_to_another_process(desk: Desk) -> None:
    """Its name alone: the other side has its own login."""
    data = pickle.dumps(ctadata_jlab.source("dcache"))
    assert desk.token_file.read_text().strip().encode() not in data
    assert pickle.loads(data).name == "dcache"


@only_wsgidav
def test_importing_the_package_loads_nothing_heavy(desk: Desk) -> None:
    """The shell's `--help` begins with it."""
    code = "import ctadata_jlab, sys; print([name for name in ('httpx', 'pycurl', 'tqdm', 'fsspec') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


# --- looking


def test_folders_are_listed_walked_and_searched(desk: Desk, dcache: Remote) -> None:
    """`list`, `walk`, `glob`, `stat`, `exists`; with or without the first slash."""
    for path in ("/lst/a.h5", "/lst/b.fits", "/lst/2024/a.h5", "/lst/2024/x/c.h5", "/cta/d.h5"):
        desk.raw_put(path, path.encode())
    assert [entry.name for entry in dcache.list("lst")] == ["2024", "a.h5", "b.fits"]
    assert sorted(entry.path for entry in dcache.walk("/lst/2024")) == [
        "/lst/2024/a.h5",
        "/lst/2024/x",
        "/lst/2024/x/c.h5",
    ]
    found = {
        pattern: sorted(entry.path for entry in dcache.glob(pattern))
        for pattern in (
            "lst/*.h5",
            "/*/?.h5",
            "lst/**/[a-c].h5",
            "**/x/*",
            "lst/2024/**",
            "lst/a.h5",
            "none/*",
            "lst/a.h5/*",
        )
    }
    assert found == {
        "lst/*.h5": ["/lst/a.h5"],
        "/*/?.h5": ["/cta/d.h5", "/lst/a.h5"],
        "lst/**/[a-c].h5": ["/lst/2024/a.h5", "/lst/2024/x/c.h5", "/lst/a.h5"],
        "**/x/*": ["/lst/2024/x/c.h5"],
        "lst/2024/**": ["/lst/2024/a.h5", "/lst/2024/x", "/lst/2024/x/c.h5"],
        "lst/a.h5": ["/lst/a.h5"],
        "none/*": [],
        "lst/a.h5/*": [],
    }
    assert dcache.stat("lst/a.h5").size == 9
    assert (dcache.exists("lst/a.h5"), dcache.exists("lst/none")) == (True, False)
    with pytest.raises(NotFound):
        dcache.list("lst/none")


def test_a_checksum_is_told_or_computed(desk: Desk, dcache: Remote) -> None:
    """The stored one, or any other by reading the file."""
    data = os.urandom(100_000)
    desk.raw_put("/a", data)
    stored = dcache.checksum("/a")
    assert (stored.algorithm, int(stored.value, 16)) == ("adler32", zlib.adler32(data))
    assert dcache.checksum("/a", "sha256").value == __import__("hashlib").sha256(data).hexdigest()
    with pytest.raises(Unsupported, match="crc99"):
        dcache.checksum("/a", "crc99")


# --- bytes


def test_bytes_are_read_and_written(desk: Desk, dcache: Remote) -> None:
    """Slices; nothing is replaced unless that is said."""
    dcache.write("/new/a", b"0123456789")
    assert desk.raw_get("/new/a") == b"0123456789"
    assert (dcache.read("/new/a"), dcache.read("/new/a", 2, 5), dcache.read("/new/a", -3)) == (
        b"0123456789",
        b"234",
        b"789",
    )
    with pytest.raises(AlreadyExists):
        dcache.write("/new/a", b"other")
    dcache.write("/new/a", b"other", replace=True)
    assert desk.raw_get("/new/a") == b"other"


def test_an_open_file_is_pythons_own_kind(desk: Desk, dcache: Remote) -> None:
    """Bytes and text, places, lines; only what is read is fetched."""
    text = "".join(f"line {n} é\n" for n in range(1000))
    desk.raw_put("/a.txt", text.encode())
    with dcache.open("/a.txt") as file:
        file.seek(5)
        assert file.read(3) == text.encode()[5:8]
        assert file.seek(-4, io.SEEK_END) == len(text.encode()) - 4
        assert file.read() == text.encode()[-4:]
        assert file.read(10) == b""
        file.seek(0)
        assert file.read() == text.encode()
        with pytest.raises(ValueError, match="no such place"):
            file.seek(-1)
    with dcache.open("/a.txt", "r") as lines:
        assert lines.readlines() == text.splitlines(keepends=True)
    with pytest.raises(NotFound):
        dcache.open("/none")
    with pytest.raises(Unsupported):
        dcache.open("/a.txt", "r+")  # type: ignore[call-overload]


def test_a_file_that_is_written_is_stored_whole_or_not_at_all(desk: Desk, dcache: Remote) -> None:
    """`w` replaces, `x` does not; leaving the block by an exception stores nothing, as bytes and as text."""
    desk.raw_put("/a", b"before")
    with pytest.raises(TypeError), dcache.open("/a", "wb") as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    with pytest.raises(TypeError), dcache.open("/a", "w") as text:
        text.writelines(["half" * 10_000, None])  # type: ignore[list-item]
    assert desk.raw_get("/a") == b"before"
    with dcache.open("/a", "w") as text:
        text.write("é\n")
    assert desk.raw_get("/a") == "é\n".encode()
    with pytest.raises(AlreadyExists):
        dcache.open("/a", "xb")


@only_wsgidav
def test_another_version_is_not_mixed_in(desk: Desk, dcache: Remote) -> None:
    """A file that is replaced while it is read is an error, not a mixture."""
    desk.raw_put("/a", b"1" * 2_000_000)
    with dcache.open("/a") as file:
        assert file.read(1) == b"1"
        desk.raw_put("/a", b"2" * 2_000_001)
        file.seek(1_500_000)
        with pytest.raises(Changed):
            file.read(1)


# --- transfers


def test_files_and_folders_go_up_down_and_across(desk: Desk, dcache: Remote) -> None:
    """`get`, `put`, `copy`, between two sources too; the result says what came of it."""
    (desk.cwd / "up/sub").mkdir(parents=True)
    (desk.cwd / "up/sub/a").write_bytes(b"12345")
    assert dcache.put("up", "/x/").size == 5
    assert desk.raw_get("/x/up/sub/a") == b"12345"
    dev = ctadata_jlab.source(dev=True)
    assert dcache.copy("/x/up", "/copied", dev).files == 1
    assert desk.raw_get("/../dev/copied/sub/a") == b"12345"
    dcache.copy("/x/up/sub/a", "/x/")
    assert desk.raw_get("/x/a") == b"12345"
    dcache.get("/x/up", "down")
    dcache.get("/x/a")
    assert (desk.cwd / "down/up/sub/a").read_bytes() == (desk.cwd / "a").read_bytes() == b"12345"
    with pytest.raises(BadPath):
        dcache.copy("/x", "/x/up/again")


def test_other_files_are_met_as_the_user_says(desk: Desk, dcache: Remote) -> None:
    """By default nothing is replaced, skipped or renamed unasked."""
    desk.raw_put("/a", b"theirs")
    (desk.cwd / "a").write_bytes(b"mine, longer")
    with pytest.raises(AlreadyExists, match="a"):
        dcache.get("/a")
    dcache.get("/a", conflict="rename")
    assert names(desk.cwd) == ["a", "a (1)"]


def test_progress_is_told(desk: Desk, dcache: Remote, capsys: pytest.CaptureFixture[str]) -> None:
    """To a function, or as a bar."""
    desk.raw_put("/a", b"12345")
    seen: list[Standing] = []
    dcache.get("/a", progress=seen.append)
    assert (seen[-1].bytes_done, seen[-1].files_done) == (5, 1)
    dcache.get("/a", "b", progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "1/1 files" in said.err


@only_wsgidav
def test_a_transfer_is_stopped_by_an_event(desk: Desk, dcache: Remote) -> None:
    """What has come is kept; the same again goes on."""
    for n in range(20):
        desk.raw_put(f"/d/{n}", b"x" * 1000)
    stop = threading.Event()
    with pytest.raises(Cancelled):
        dcache.get("/d", progress=lambda _: stop.set(), stop=stop)
    stop.set()
    with pytest.raises(Cancelled):
        dcache.get("/d", "other/", stop=stop)
    assert dcache.get("/d").files == 20
    assert len(names(desk.cwd / "d")) == 20


def test_one_folder_is_made_like_the_other(desk: Desk, dcache: Remote) -> None:
    """What differs is replaced, what is too much stays unless it is to go; both ways."""
    desk.raw_put("/r/a", b"1")
    desk.raw_put("/r/sub/b", b"22")
    here = desk.cwd / "here"
    dcache.sync("/r", here)
    (here / "a").write_bytes(b"changed")
    (here / "more/deep").mkdir(parents=True)
    (here / "more/deep/c").write_bytes(b"3")
    dcache.sync("/r", here)
    assert (here / "a").read_bytes() == b"1"
    assert (here / "more/deep/c").exists()
    dcache.sync("/r", here, delete=True)
    assert sorted(str(path.relative_to(here)) for path in here.rglob("*")) == ["a", "sub", "sub/b"]
    (here / "new").write_bytes(b"4")
    (here / "a").unlink()
    dcache.sync(here, "/r", delete=True)
    assert [entry.path for entry in dcache.walk("/r") if not entry.is_folder] in (
        [["/r/new", "/r/sub/b"], ["/r/sub/b", "/r/new"]]
    )
    with pytest.raises(BadPath, match="One of the two"):
        dcache.sync("/r", "here")  # type: ignore[call-overload]
    with pytest.raises(NotFound):
        dcache.sync(Path("nowhere"), "/r", delete=True)
    assert desk.raw_exists("/r/new")


@only_wsgidav
def test_patterns_choose_what_is_taken(desk: Desk, dcache: Remote) -> None:
    """As in gitignore; a sync that deletes takes no patterns, for what they leave out would be removed."""
    for name in ("a.h5", "b.fits", "sub/c.h5", "sub/d.log"):
        desk.raw_put(f"/r/{name}", b"1")
    assert dcache.get("/r", include=["*.h5"]).files == 2
    assert dcache.get("/r", "other/", exclude=["*.log", "b.*"]).files == 2
    assert dcache.sync("/r", desk.cwd / "synced", include=["*.fits"]).files == 1
    with pytest.raises(Misconfigured):
        dcache.sync("/r", desk.cwd / "r", include=["*.fits"], delete=True)
    assert (desk.cwd / "r/a.h5").exists()


@only_wsgidav
def test_nothing_is_removed_when_something_failed(desk: Desk, dcache: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that could not copy all leaves what is too much."""
    desk.raw_put("/r/a", b"1")
    here = desk.cwd / "here"
    (here / "a").mkdir(parents=True)
    (here / "old").write_bytes(b"precious")
    with pytest.raises((AlreadyExists, Unsupported)):
        dcache.sync("/r", here, delete=True)
    assert (here / "old").read_bytes() == b"precious"


# --- changes


def test_names_change(desk: Desk, dcache: Remote) -> None:
    """`mkdir`, `move`, `remove`; what holds something goes only when that is said."""
    dcache.mkdir("/new/deep")
    desk.raw_put("/a", b"1")
    dcache.move("/a", "/new/deep/")
    dcache.move("/new/deep/a", "/new/deep/b")
    assert desk.raw_get("/new/deep/b") == b"1"
    with pytest.raises(Unsupported):
        dcache.remove("/new")
    dcache.remove("/new/deep/b")
    assert not desk.raw_exists("/new/deep/b")
    dcache.remove("/new", recursive=True)
    assert not desk.raw_exists("/new")
    assert dcache.stage([]) == ()


# --- asyncio


def test_everything_can_be_awaited(desk: Desk) -> None:
    """The same methods, and the loop goes on meanwhile."""
    desk.raw_put("/lst/a", b"12345")
    (desk.cwd / "up").write_bytes(b"up")

    async def work() -> None:
        dcache, dev = aio.source("dcache"), aio.source(dev=True)
        assert repr(dcache) == "ctadata_jlab.aio.source('dcache')"
        listed, stat, data = await asyncio.gather(dcache.list("lst"), dcache.stat("lst/a"), dcache.read("lst/a", 1, 3))
        assert ([entry.name for entry in listed], stat.size, data) == (["a"], 5, b"23")
        assert [entry.path async for entry in dcache.walk("/lst")] == ["/lst/a"]
        assert [entry.path async for entry in dcache.glob("/l*/*")] == ["/lst/a"]
        seen: list[Standing] = []
        assert (await dcache.get("lst/a", "down", progress=seen.append)).size == 5
        assert seen[-1].bytes_done == 5
        assert (await dcache.put("up", "/new/")).files == 1
        assert (await dcache.copy("/new/up", "/b", dev)).files == 1
        await dcache.sync("/lst", desk.cwd / "synced")
        await dcache.write("/c", b"c")
        await dcache.move("/c", "/d")
        await dcache.mkdir("/e")
        await dcache.remove("/e")
        assert await dcache.exists("/d")
        assert await dcache.stage([]) == ()
        assert (await dcache.checksum("/d", "md5")).value == "4a8a08f09d37b73795649038408b5f33"
        with await dcache.open("/d") as file:
            assert file.read() == b"c"

    asyncio.run(work())
    assert names(desk.cwd) == ["down", "synced", "up"]


@only_wsgidav
def test_a_walk_in_asyncio_loses_no_entry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries come by batches; none falls between two."""
    monkeypatch.setattr(aio, "_BATCH", 3)
    for n in range(10):
        desk.raw_put(f"/d/{n}", b"")

    async def work() -> list[str]:
        return [entry.name async for entry in aio.source("dcache").walk("/d")]

    assert sorted(asyncio.run(work())) == [str(n) for n in range(10)]


@only_wsgidav
def test_cancelling_a_task_stops_its_transfer(desk: Desk) -> None:
    """No thread goes on behind its back."""
    for n in range(30):
        desk.raw_put(f"/d/{n}", b"x" * 1000)

    async def work() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(aio.source("dcache").get("/d", progress=lambda _: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    before = threading.active_count()
    asyncio.run(work())
    assert threading.active_count() <= before
