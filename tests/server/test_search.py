"""`search/…`: finds by name below a folder, passes over what it may not see and says so, and stops when nobody looks on."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import BadPath, Forbidden, NotLoggedIn
from ctadata_jlab.server import search
from ctadata_jlab.server.refusal import ClientGone
from ctadata_jlab.server.search import Search, pattern
from ctadata_jlab.session import Source
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.storage.remembering import Remembering
from tests.storage.test_dcache import dcache

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage import Entry
    from tests.door.double import Double
    from tests.server.fakes import FakeSession, Flaky


class _Guarded(Memory):
    """Memory with a folder that nobody may list."""

    def list(self, folder: str) -> Iterator[Entry]:
        if folder.endswith("/secret"):
            raise Forbidden("Not for you.")
        yield from super().list(folder)


def _found(lines: list[dict[str, Any]]) -> set[str]:
    return {
        f"{folder}/{name}".lstrip("/")
        for line in lines[:-1]
        for folder, name in zip(line["folders"], line["names"], strict=True)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B.bin", {"sub/b.bin"}),
        ("*.txt", {"a.txt", "café %41#?+.txt"}),
        ("sub", {"sub"}),
        ("%41#", {"café %41#?+.txt"}),
        ("nothing", set()),
    ],
)
async def test_found(ask: Any, text: str, expected: set[str]) -> None:
    """A text is a part of a name in any case, one with a star a pattern for all of it; the last line counts."""
    from urllib.parse import quote

    answer = await ask(f"search/sky/lst?name={quote(text, safe='')}")
    assert _found(answer.lines) == expected
    assert answer.lines[-1]["count"] == len(expected)
    assert (answer.lines[-1]["searched"], answer.lines[-1]["refused"]) == (2, 0)


async def test_nothing_to_search_for(ask: Any) -> None:
    """Neither without a name nor above the storages."""
    assert (await ask("search/sky/lst?name=%20")).status == 400
    assert (await ask("search/?name=x")).status == 400
    assert (await ask("search/sky/lst")).status == 400


async def test_top_refuses(ask: Any, remote: Flaky) -> None:
    """A folder that cannot be listed at all is an error with its status."""
    remote.error = NotLoggedIn("No token.")
    answer = await ask("search/sky/lst?name=x")
    assert (answer.status, answer.json["error"]) == (403, "NotLoggedIn")


def _run(storage: Any, text: str, top: str = "/") -> list[dict[str, Any]]:
    import json

    lines: list[bytes] = []
    Search(storage, top, pattern(text)).run(lines.append)
    return [json.loads(line) for line in lines]


def test_refused_folders_are_named() -> None:
    """What may not be looked into is passed over, counted and named, never left out in silence."""
    lines = _run(_Guarded({"/a/x1": b"", "/secret/x2": b"", "/b/x3": b""}), "x")
    assert _found(lines) == {"a/x1", "b/x3"}
    assert (lines[-1]["refused"], lines[-1]["examples"]) == (1, ["/secret"])


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds too many ends, and says that it did."""
    monkeypatch.setattr(search, "MOST", 7)
    lines = _run(Memory({f"/d/x{n}": b"" for n in range(30)}), "x")
    assert (lines[-1]["count"], lines[-1]["stopped"]) == (7, True)
    assert len(_found(lines)) == 7


def test_nobody_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leaves stops the search, also one that finds nothing, and its threads."""
    monkeypatch.setattr(search, "PATIENCE", 0.0)
    before = threading.active_count()

    def gone(_: bytes) -> None:
        raise ClientGone

    with pytest.raises(ClientGone):
        Search(Memory({f"/{n}/x": b"" for n in range(300)}), "/", pattern("nothing")).run(gone)
    for thread in threading.enumerate():
        if thread.name == "ctadata-list":
            thread.join(10)
    assert threading.active_count() <= before


@pytest.mark.usefixtures("http_server")
async def test_who_leaves_stops_the_requests(
    double: Double,
    session: FakeSession,
    http_server_port: Any,
    jp_auth_header: dict[str, str],
    jp_base_url: str,
) -> None:
    """A search that is stopped in the browser ends at the storage, too: most of its folders are never asked for."""
    count = 4000
    for n in range(count):
        double.raw_put(f"/d/{n:04}/needle", b"")
    door = dcache(double)
    browse = Remembering(door)
    session.sources["door"] = Source("door", "Door", "dcache", door, browse)
    reader, writer = await asyncio.open_connection("127.0.0.1", http_server_port[1])
    head = f"GET {jp_base_url}ctadata-jlab/search/door/d?name=needle HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(f"{head}Authorization: {jp_auth_header['Authorization']}\r\n\r\n".encode())
    said = await asyncio.wait_for(reader.readuntil(b"needle"), 60)
    assert b" 200 " in said.partition(b"\r\n")[0]
    writer.close()

    def is_over() -> bool:
        return not any(thread.name == "ctadata-list" for thread in threading.enumerate())

    for _ in range(600):
        if is_over():
            break
        await asyncio.sleep(0.1)
    assert is_over()
    asked = len(double.requests("door", "PROPFIND"))
    await asyncio.sleep(0.5)
    assert len(double.requests("door", "PROPFIND")) == asked
    assert 1 < asked < count / 2


def test_pattern() -> None:
    """Brackets are themselves in a part of a name; nothing is no pattern."""
    assert pattern("a[1]").match("xA[1]y")
    assert not pattern("a[1]").match("a1")
    assert pattern("*[0-9].h5").match("run7.h5")
    with pytest.raises(BadPath):
        pattern("  ")
