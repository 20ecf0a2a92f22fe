"""`jobs/<id>/items/<n>`: files from the browser, of any size, in little memory."""

from __future__ import annotations

import asyncio
import threading
import time
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import NoSpace
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.fakes import FakeEngine


async def _job(ask: Any, *sizes: int) -> str:
    manifest = [{"path": f"{n}.h5", "size": size} for n, size in enumerate(sizes)]
    body = {
        "kind": "upload",
        "from": {"source": "browser"},
        "manifest": manifest,
        "to": {"source": "sky", "path": "/lst"},
    }
    return str((await ask("jobs", "POST", body)).json["id"])


async def _until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_small_and_empty(ask: Any, engine: FakeEngine) -> None:
    """The bytes reach the drop, which is finished; the answer is the item."""
    identity = await _job(ask, 5, 0)
    answer = await ask(f"jobs/{identity}/items/0", "PUT", body=b"hello")
    assert answer.status == 200
    assert (answer.json["n"], answer.json["path"], answer.json["size"]) == (0, "0.h5", 5)
    assert (b"".join(engine.drops[0].chunks), engine.drops[0].ended) == (b"hello", "finished")
    assert (await ask(f"jobs/{identity}/items/1", "PUT", body=b"")).status == 200
    assert engine.drops[1].ended == "finished"


async def test_fifty_megabytes_in_bounded_memory(ask: Any, engine: FakeEngine) -> None:
    """A body above the server's own limit is taken, and never held."""
    size, piece = 120_000_000, bytes(1 << 16)
    identity = await _job(ask, size)

    async def produce(write: Any) -> None:
        for at in range(0, size, len(piece)):
            await write(piece[: min(len(piece), size - at)])

    tracemalloc.start()
    answer = await ask(f"jobs/{identity}/items/0", "PUT", body_producer=produce, headers={"Content-Length": str(size)})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status == 200
    assert engine.drops[0].size == size
    assert engine.drops[0].largest <= 2 << 20
    assert peak < 20_000_000


async def test_wrong_size(ask: Any, engine: FakeEngine) -> None:
    """A size other than announced is refused before a byte is stored."""
    identity = await _job(ask, 5)
    answer = await ask(f"jobs/{identity}/items/0", "PUT", body=b"four")
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert not engine.drops


async def test_wrong_size_without_length(ask: Any, engine: FakeEngine) -> None:
    """Without a length the bytes are counted: what is short is not finished."""
    identity = await _job(ask, 5)

    async def produce(write: Any) -> None:
        await write(b"four")

    answer = await ask(f"jobs/{identity}/items/0", "PUT", body_producer=produce)
    assert (answer.status, answer.json["error"]) == (400, "BadRequest")
    assert engine.drops[0].ended == "aborted"


async def test_errors(ask: Any, engine: FakeEngine) -> None:
    """A file that is there, a spool that is full, a job or number that is not: each is told after the body was read."""
    identity = await _job(ask, 3, 1 << 20)
    engine.of[identity][0] = replace(engine.of[identity][0], state=ItemState.DONE)
    answer = await ask(f"jobs/{identity}/items/0", "PUT", body=b"abc")
    assert (answer.status, answer.json["error"]) == (409, "AlreadyExists")
    engine.error = NoSpace("The spool is full.")
    answer = await ask(f"jobs/{identity}/items/1", "PUT", body=bytes(1 << 20))
    assert (answer.status, answer.json["error"]) == (507, "NoSpace")
    assert (await ask(f"jobs/{identity}/items/7", "PUT", body=b"")).status == 404
    assert (await ask("jobs/none/items/0", "PUT", body=b"")).status == 404


async def _connect(jp_http_port: int, jp_auth_header: dict[str, str], identity: str, size: int) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    head = (
        f"PUT /user/ada/ctadata-jlab/jobs/{identity}/items/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n"
    )
    head += "".join(f"{name}: {value}\r\n" for name, value in jp_auth_header.items())
    writer.write(head.encode() + b"\r\n")
    return writer


async def test_sender_that_leaves(ask: Any, engine: FakeEngine, jp_http_port: int, jp_auth_header: Any) -> None:
    """A connection that is lost leaves nothing: the drop is aborted, not finished."""
    identity = await _job(ask, 50_000_000)
    writer = await _connect(jp_http_port, jp_auth_header, identity, 50_000_000)
    writer.write(bytes(3_000_000))
    await writer.drain()
    await _until(lambda: engine.drops and engine.drops[0].size)
    drop = engine.drops[0]
    assert drop.ended != "finished"
    writer.close()
    await _until(lambda: drop.ended)
    assert drop.ended == "aborted"


async def test_sender_waits_for_a_slow_disk(
    ask: Any, engine: FakeEngine, jp_http_port: int, jp_auth_header: Any
) -> None:
    """While a write takes long, the server stops reading."""
    engine.held = threading.Event()
    identity = await _job(ask, 200_000_000)
    writer = await _connect(jp_http_port, jp_auth_header, identity, 200_000_000)
    sent, piece = 0, bytes(1 << 20)
    while sent < 200_000_000:
        writer.write(piece)
        try:
            await asyncio.wait_for(writer.drain(), 1)
        except asyncio.TimeoutError:
            break
        sent += len(piece)
    assert sent < 40_000_000
    engine.held.set()
    writer.close()
    await _until(lambda: engine.drops[0].ended == "aborted")
