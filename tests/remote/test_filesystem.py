"""Every source as a file system of fsspec: its own suites, and what it must not do."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from fsspec.tests import abstract

from ctadata_jlab.errors import AlreadyExists, Changed, CtaDataError, NotFound, Unsupported
from ctadata_jlab.filesystem import DCacheFileSystem, SourceFileSystem

if TYPE_CHECKING:
    from tests.cli.settings import Desk


class Fixtures(abstract.AbstractFixtures):  # type: ignore[misc]
    """What fsspec's suites need."""

    @pytest.fixture
    def fs(self, desk: Desk) -> SourceFileSystem:
        return DCacheFileSystem("dcache")  # wsgidav is none, but may be named

    @pytest.fixture
    def fs_path(self, desk: Desk) -> str:
        return "/suite"

    @pytest.fixture
    def fs_sanitize_path(self) -> Any:
        return lambda path: path


class TestCopy(abstract.AbstractCopyTests, Fixtures):  # type: ignore[misc]
    """fsspec's suite."""


class TestGet(abstract.AbstractGetTests, Fixtures):  # type: ignore[misc]
    """fsspec's suite."""


class TestPut(abstract.AbstractPutTests, Fixtures):  # type: ignore[misc]
    """fsspec's suite."""


class TestOpen(abstract.AbstractOpenTests, Fixtures):  # type: ignore[misc]
    """fsspec's suite."""


class TestPipe(abstract.AbstractPipeTests, Fixtures):  # type: ignore[misc]
    """fsspec's suite."""


# --- addresses


def test_addresses_name_source_and_path(desk: Desk) -> None:
    """`ctadata://SOURCE/path`; `dcache://path`, with or without a third slash; both ways."""
    desk.raw_put("/lst/a b%20#?.h5".replace("?", ""), b"12345")
    for url in ("ctadata://dcache/lst/a b%20#.h5", "ctadata:///lst/a b%20#.h5"):
        with fsspec.open(url) as file:
            assert file.read() == b"12345"
    fs = fsspec.filesystem("ctadata", source="dcache")
    assert fs.unstrip_protocol("lst/a b") == "ctadata://dcache/lst/a b"
    assert SourceFileSystem._strip_protocol(["ctadata://dcache/lst/x/", "/lst/y"]) == ["/lst/x", "/lst/y"]
    assert DCacheFileSystem._strip_protocol("dcache://lst/x") == DCacheFileSystem._strip_protocol("dcache:///lst/x")


@pytest.mark.parametrize("desk", ["double"], indirect=True)
def test_dcache_is_the_first_source_of_that_kind(desk: Desk) -> None:
    """Whatever it is called; another can be named."""
    desk.raw_put("/lst/a", b"12345")
    desk.raw_put("/../dev/b", b"1")
    assert isinstance(fsspec.filesystem("dcache"), DCacheFileSystem)
    assert fsspec.open("dcache://lst/a").open().read() == b"12345"
    assert fsspec.filesystem("dcache").unstrip_protocol("lst/a") == "dcache:///lst/a"
    assert fsspec.filesystem("dcache", source="dcache-dev").ls("/", detail=False) == ["/b"]
    with pytest.raises(NotFound, match="nowhere"):
        fsspec.filesystem("ctadata", source="nowhere").ls("/")


def test_a_listing_tells_what_is_known(desk: Desk) -> None:
    """Names, kinds, sizes, times; asked anew each time."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    desk.raw_put("/lst/a", b"12345")
    desk.raw_put("/lst/sub/b", b"")
    assert [(one["name"], one["type"], one["size"]) for one in fs.ls("lst")] == [
        ("/lst/a", "file", 5),
        ("/lst/sub", "directory", 0),
    ]
    assert fs.info("/lst/a")["mtime"].tzinfo is not None
    key = fs.ukey("lst/a")
    desk.raw_put("/lst/a", b"1234567")
    assert fs.size("lst/a") == 7
    assert fs.ukey("lst/a") != key
    assert fs.find("lst") == ["/lst/a", "/lst/sub/b"]
    assert fs.glob("lst/*/b") == ["/lst/sub/b"]
    assert not fs.exists("lst/none")
    with pytest.raises(FileNotFoundError):
        fs.info("lst/none")


def test_parts_of_files_are_read(desk: Desk) -> None:
    """Slices, as fsspec has them; several files at once."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    desk.raw_put("/a", bytes(range(100)))
    assert fs.cat_file("a", 10, 20) == bytes(range(10, 20))
    assert fs.cat_file("a", -5) == bytes(range(95, 100))
    assert fs.cat_file("a", 95, 500) == bytes(range(95, 100))
    assert fs.cat_file("a", 50, 50) == b""
    assert fs.cat_ranges(["a", "a"], [0, 98], [2, 100]) == [b"\0\1", b"bc"]
    assert fs.head("a", 3) == b"\0\1\2"
    assert fs.tail("a", 2) == b"bc"


# --- writing


def test_a_file_is_stored_when_it_is_closed(desk: Desk) -> None:
    """Whole, folders above it too; nothing of it is seen before, and nothing else is left."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    with fs.open("new/folder/a", "wb") as file:
        for _ in range(40):
            file.write(b"x" * 100_000)
        assert not desk.raw_exists("/new/folder/a")
    assert desk.raw_get("/new/folder/a") == b"x" * 4_000_000
    assert fs.ls("new/folder", detail=False) == ["/new/folder/a"]


def spoil(file: Any) -> None:
    """Write half of it, then fail."""
    file.write(b"half of it" * 1_000_000)
    raise ZeroDivisionError


def test_a_block_that_fails_stores_nothing(desk: Desk) -> None:
    """Fsspec's own files store the half of it."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    desk.raw_put("/old", b"before")
    for path in ("/old", "/new"):
        with pytest.raises(ZeroDivisionError), fs.open(path, "wb") as file:
            spoil(file)
    assert desk.raw_get("/old") == b"before"
    assert not desk.raw_exists("/new")


def test_a_transaction_stores_all_or_nothing(desk: Desk) -> None:
    """Files appear at its end; an exception in it stores none."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    with fs.transaction:
        for name in ("a", "b"):
            with fs.open(f"/t/{name}", "wb") as file:
                file.write(name.encode())
        assert not desk.raw_exists("/t/a")
    assert (desk.raw_get("/t/a"), desk.raw_get("/t/b")) == (b"a", b"b")

    def broken() -> None:
        with fs.transaction:
            with fs.open("/t/c", "wb") as file:
                file.write(b"c")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert not desk.raw_exists("/t/c")


def test_only_the_version_that_was_there_is_replaced(desk: Desk) -> None:
    """What somebody else has written meanwhile stays, and the bytes are kept on this machine."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    desk.raw_put("/a", b"seen")
    file = fs.open("/a", "wb")
    file.write(b"ours")
    desk.raw_put("/a", b"somebody else's")
    with pytest.raises(Changed) as caught:
        file.close()
    assert desk.raw_get("/a") == b"somebody else's"
    kept = Path(caught.value.hint.rpartition("kept in ")[2].rstrip("."))
    assert kept.read_bytes() == b"ours"
    kept.unlink()


def test_exclusive_creation_and_appending(desk: Desk) -> None:
    """`xb` replaces nothing; to add to what is stored is not possible, and said so."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    desk.raw_put("/a", b"seen")
    for act in (
        lambda: fs.open("/a", "xb"),
        lambda: fs.pipe_file("/a", b"", mode="create"),
        lambda: fs.mkdir("/a"),
    ):
        with pytest.raises(AlreadyExists):
            act()  # type: ignore[no-untyped-call]
    with pytest.raises(Unsupported, match="'ab'"):
        fs.open("/a", "ab")
    assert desk.raw_get("/a") == b"seen"


def test_nothing_temporary_is_left(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine, whether it went well or not."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = sorted(tmp_path.iterdir())
    fs = fsspec.filesystem("ctadata", source="dcache")
    fs.pipe("/a", b"1")
    with fs.open("/b", "wb") as file:
        file.write(b"2")
    with pytest.raises(ZeroDivisionError), fs.open("/c", "wb") as file:
        spoil(file)
    assert sorted(tmp_path.iterdir()) == before


def test_files_move_up_and_down_whole(desk: Desk) -> None:
    """`get` and `put` are this package's own transfers, and tell fsspec's callbacks how far they are."""
    fs = fsspec.filesystem("ctadata", source="dcache")
    (desk.cwd / "up").write_bytes(b"u" * 300_000)
    seen: list[int] = []

    class Told(fsspec.Callback):  # type: ignore[misc]
        def absolute_update(self, value: int) -> None:
            seen.append(value)

    fs.put_file(str(desk.cwd / "up"), "/x/up", callback=Told())
    assert desk.raw_get("/x/up") == b"u" * 300_000
    fs.get_file("/x/up", str(desk.cwd / "down"), callback=Told())
    assert (desk.cwd / "down").read_bytes() == b"u" * 300_000
    assert seen.count(300_000) >= 2
    with pytest.raises(CtaDataError):
        fs.get_file("/none", str(desk.cwd / "none"))
    assert not (desk.cwd / "none").exists()


# --- elsewhere


def test_a_pickle_holds_no_token_and_opens_where_it_is_unpickled(desk: Desk) -> None:
    """File systems, open files and what `fsspec.open` returns; another place has its own login."""
    desk.raw_put("/a", b"12345")
    fs = fsspec.filesystem("ctadata", source="dcache")
    file = fs.open("/a")
    assert file.read(2) == b"12"
    assert desk.door.token is not None
    for thing in (fs, file, fsspec.open("ctadata://dcache/a")):
        data = pickle.dumps(thing)
        assert desk.token_file.read_text().strip().encode() not in data
        assert str(desk.token_file).encode() not in data
        again = pickle.loads(data)
        opened = again.open("/a") if isinstance(again, SourceFileSystem) else again
        if hasattr(opened, "__enter__"):
            with opened as stream:
                stream.seek(0)
                assert stream.read() == b"12345"
