"""`listing/…`: streamed in blocks, and never taken for whole when it is not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import BadAnswer, Unreachable
from ctadata_jlab.server import listing
from ctadata_jlab.server.listing import FIRST, ROWS, blocks, lines
from ctadata_jlab.storage import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.server.fakes import Flaky


def _entries(count: int) -> Iterator[Entry]:
    return (Entry(f"/big/run{n:06}.h5", "file", size=n) for n in range(count))


async def test_small(ask: Any) -> None:
    """Folders, sizes and times come by columns; the last line says that it is all."""
    answer = await ask("listing/sky/lst")
    block, last = answer.lines
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    by_name = dict(zip(block["names"], zip(block["sizes"], block["flags"], strict=True), strict=True))
    assert by_name == {"a.txt": (6, 0), "sub": (None, 1), "café %41#?+.txt": (3, 0)}
    assert all(isinstance(one, float) for one in block["mtimes"])
    assert last["complete"] is True
    assert last["count"] == 3
    assert len(last["hash"]) == 32


async def test_root_lists_sources(ask: Any) -> None:
    """Without a source the sources themselves are the folders."""
    assert (await ask("listing/")).lines[0] == {
        "names": ["sky", "archive", "local"], "sizes": [None] * 3, "mtimes": [None] * 3, "flags": [1] * 3,
    }  # fmt: skip


async def test_twenty_thousand_in_blocks(ask: Any, remote: Flaky, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block is small, the others hold at most two thousand rows, and they come while the rest is still being listed."""
    monkeypatch.setattr(listing, "PATIENCE", 60.0)  # a machine with other work lists slowly
    received: list[bytes] = []
    first: list[int] = []
    produced = 0

    def rows() -> Iterator[Entry]:
        nonlocal produced
        for entry in _entries(20_000):
            if produced % ROWS == 0:
                time.sleep(0.02)
            produced += 1
            yield entry

    def take(chunk: bytes) -> None:
        first.append(produced)
        received.append(chunk)

    remote.rows = rows
    answer = await ask("listing/sky/big", streaming_callback=take)
    answer.body = b"".join(received)
    *parts, last = answer.lines
    assert [len(part["names"]) for part in parts] == [FIRST, *[ROWS] * 9, ROWS - FIRST]
    assert last["count"] == 20_000
    assert first[0] < 20_000


async def test_hash_tells_folders_apart(ask: Any, remote: Flaky) -> None:
    """The same rows in another order have the same hash, other rows another one."""
    remote.rows = lambda: _entries(10)
    first = (await ask("listing/sky/big")).lines[-1]
    remote.rows = lambda: reversed(list(_entries(10)))
    assert (await ask("listing/sky/big")).lines[-1] == first
    remote.rows = lambda: _entries(11)
    assert (await ask("listing/sky/big")).lines[-1]["hash"] != first["hash"]


async def test_failure_before_the_first_row(ask: Any, remote: Flaky) -> None:
    """What fails at once is an ordinary error."""
    assert (await ask("listing/sky/nope")).json["error"] == "NotFound"
    answer = await ask("listing/sky/lst/a.txt")
    assert (answer.status, answer.json["error"]) == (404, "NotFound")
    remote.error = BadAnswer("It sent HTML.")
    answer = await ask("listing/sky/lst")
    assert (answer.status, answer.json["error"]) == (502, "BadAnswer")
    assert (await ask("listing/nowhere/x")).status == 404


async def test_failure_midway(ask: Any, remote: Flaky) -> None:
    """What fails after the first block is its last line: no complete, but the error."""

    def rows() -> Iterator[Entry]:
        yield from _entries(ROWS + 5)
        raise Unreachable("The door broke off.")

    remote.rows = rows
    answer = await ask("listing/sky/big")
    assert answer.status == 200
    assert answer.lines[-1]["error"]["error"] == "Unreachable"
    assert answer.lines[-1]["error"]["retryable"] is True
    assert not any("complete" in line for line in answer.lines)


async def test_fault_midway_breaks_off(ask: Any, remote: Flaky) -> None:
    """A fault of our own after the first block breaks the connection: the client must not take it for whole."""

    def rows() -> Iterator[Entry]:
        yield from _entries(ROWS)
        raise ZeroDivisionError

    remote.rows = rows
    answer = await ask("listing/sky/big")
    assert answer.status == 599


async def test_fresh(ask: Any, remote: Flaky) -> None:
    """`fresh=1` forgets what is remembered first."""
    await ask("listing/sky/lst")
    assert remote.forgotten == []
    await ask("listing/sky/lst?fresh=1")
    assert remote.forgotten == ["/lst"]


async def test_client_that_leaves_stops_the_listing(ask: Any, remote: Flaky) -> None:
    """The storage's iterator is closed when nobody listens any more; not all of an endless folder is listed."""
    state = {"rows": 0, "closed": False}

    def rows() -> Iterator[Entry]:
        try:
            for n in range(10_000_000):
                state["rows"] = n
                yield Entry(f"/big/{n:0200}", "file")
        finally:
            state["closed"] = True

    remote.rows = rows
    assert (await ask("listing/sky/big", request_timeout=0.5)).status == 599
    await _until(lambda: state["closed"])
    assert state["rows"] < 1_000_000


async def _until(happened: Any) -> None:
    import asyncio

    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_slow_rows_do_not_wait_for_a_full_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is sent when its first row has waited long enough."""
    monkeypatch.setattr("ctadata_jlab.server.listing.PATIENCE", 0.0)
    assert len(list(blocks(_entries(3)))) == 3


def test_lines_close_their_source() -> None:
    """Whoever stops reading lines stops the listing behind them."""
    closed = []

    def rows() -> Iterator[Entry]:
        try:
            yield from _entries(ROWS * 2)
        finally:
            closed.append(True)

    text = lines(rows())
    next(text)
    text.close()
    assert closed
