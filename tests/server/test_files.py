"""`files/…`: the bytes, whole or in part, and never as something that could run."""

from __future__ import annotations

import hashlib
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tornado.httputil import HTTPHeaders

from ctadata_jlab.server.files import Span, disposition, span
from ctadata_jlab.server.refusal import BadRange
from ctadata_jlab.storage import Entry
from ctadata_jlab.storage.memory import MemoryReader

if TYPE_CHECKING:
    from tests.server.fakes import Flaky

B = "files/sky/lst/sub/b.bin"
BYTES = bytes(range(256))


async def test_whole(ask: Any) -> None:
    """All bytes come, as an attachment that no browser runs."""
    answer = await ask(B)
    assert (answer.status, answer.body) == (200, BYTES)
    assert answer.headers["Content-Length"] == "256"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"b.bin\"; filename*=UTF-8''b.bin"


async def test_empty(ask: Any, remote: Flaky) -> None:
    """An empty file is a whole answer."""
    remote.write("/empty", b"")
    answer = await ask("files/sky/empty")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
    assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_head(ask: Any, remote: Flaky) -> None:
    """HEAD says what GET would, and opens nothing."""
    remote.broken_after = 0
    answer = await ask(B, "HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "256")
    assert (await ask("files/sky/nope", "HEAD")).status == 404


async def test_range(ask: Any) -> None:
    """One range is answered by 206 and its place in the file."""
    answer = await ask(B, headers={"Range": "bytes=10-19"})
    assert (answer.status, answer.body) == (206, BYTES[10:20])
    assert answer.headers["Content-Range"] == "bytes 10-19/256"
    answer = await ask(B, headers={"Range": "bytes=-5"})
    assert (answer.status, answer.body) == (206, BYTES[-5:])


async def test_range_outside(ask: Any) -> None:
    """A range that has no byte is 416 and says how many there are."""
    answer = await ask(B, headers={"Range": "bytes=256-"})
    assert (answer.status, answer.json["error"]) == (416, "BadRequest")
    assert answer.headers["Content-Range"] == "bytes */256"


async def test_if_range(ask: Any, remote: Flaky) -> None:
    """A part of another version is not sent: the whole is."""
    tag = (await ask(B)).headers["Etag"]
    part = {"Range": "bytes=1-2", "If-Range": tag}
    assert (await ask(B, headers=part)).status == 206
    remote.write("/lst/sub/b.bin", BYTES[::-1])
    answer = await ask(B, headers=part)
    assert (answer.status, answer.body) == (200, BYTES[::-1])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", Span(0, 100, partial=False)),
        ("bytes=0-", Span(0, 100, partial=True)),
        ("bytes=90-500", Span(90, 100, partial=True)),
        ("bytes=-500", Span(0, 100, partial=True)),
        ("bytes=5-4", Span(0, 100, partial=False)),
        ("bytes=-", Span(0, 100, partial=False)),
        ("bytes=1-2,4-5", Span(0, 100, partial=False)),
        ("lines=1-2", Span(0, 100, partial=False)),
        ("bytes=١-٢", Span(0, 100, partial=False)),
    ],
)
def test_span(asked: str, expected: Span) -> None:
    """What is no single good range means the whole file."""
    assert span(HTTPHeaders({"Range": asked}), Entry("/x", "file", 100)) == expected


def test_span_of_nothing() -> None:
    """No bytes at the end are no bytes, and a size nobody knows has no ranges."""
    with pytest.raises(BadRange):
        span(HTTPHeaders({"Range": "bytes=-0"}), Entry("/x", "file", 100))
    assert span(HTTPHeaders({"Range": "bytes=1-"}), Entry("/x", "file")) == Span(0, None, partial=False)


@pytest.mark.parametrize("name", ["café.txt", 'a"b\\c.txt', "x\r\ny: z", "100%.h5", "日本.fits"])
def test_disposition(name: str) -> None:
    """Any name makes one good header, with its true spelling in the second part."""
    from urllib.parse import unquote

    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert unquote(header.split("filename*=UTF-8''")[1]) == name
    assert header.split('filename="')[1].split('";')[0].count('"') == 0


async def test_odd_name(ask: Any) -> None:
    """A file with an odd name is saved under it."""
    answer = await ask("files/sky/lst/caf%C3%A9%20%2541%23%3F%2B.txt")
    assert answer.body == b"odd"
    assert "filename*=UTF-8''caf%C3%A9%20%2541%23%3F%2B.txt" in answer.headers["Content-Disposition"]


async def test_folder_and_tape(ask: Any, remote: Flaky) -> None:
    """A folder has no bytes; a file on tape is not waited for."""
    assert (await ask("files/sky/lst")).status == 400
    remote.offline.add("/lst/a.txt")
    assert (await ask("files/sky/lst/a.txt")).json["error"] == "Offline"


async def test_failure_before_the_first_byte(ask: Any, remote: Flaky) -> None:
    """What fails before a byte is sent is an ordinary error without the headers of a file."""
    remote.broken_after = 0
    answer = await ask(B)
    assert (answer.status, answer.json["error"]) == (502, "Unreachable")
    assert "Content-Disposition" not in answer.headers


async def test_failure_midway_is_not_taken_for_whole(ask: Any, remote: Flaky) -> None:
    """A file that breaks off is a broken connection."""
    remote.write("/big", bytes(4_000_000))
    remote.broken_after = 2_000_000
    assert (await ask("files/sky/big")).status == 599


async def test_large_file_does_not_fill_memory(ask: Any, remote: Flaky, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than memory would do is sent in pieces, no faster than it is taken."""
    size, piece = 90_000_000, bytes(65_536)
    huge = replace(remote.write("/huge", b""), size=size, checksum=None)

    def pour(self: Any, start: int, end: int, sink: Any) -> None:
        for at in range(start, end, len(piece)):
            sink(piece[: min(len(piece), end - at)])

    monkeypatch.setattr(MemoryReader, "pour", pour)
    monkeypatch.setattr(type(remote), "stat", lambda *_: huge)
    received, digest = 0, hashlib.md5()

    def take(chunk: bytes) -> None:
        nonlocal received
        received += len(chunk)
        digest.update(chunk)

    tracemalloc.start()
    answer = await ask("files/sky/huge", streaming_callback=take)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status == 200
    assert received == size
    assert peak < 20_000_000
