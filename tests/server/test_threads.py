"""Work off the loop: pipes with back-pressure, and a loop that goes on whatever storages do."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.server.refusal import ClientGone
from ctadata_jlab.server.threads import Threads
from ctadata_jlab.storage import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server.fakes import Flaky


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads()
    yield made
    made.close()


async def _until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


async def test_pipe_brings_all_in_order(threads: Threads) -> None:
    """What is put in one thread comes out on the loop, then the end."""

    def produce(put: Callable[[bytes], None]) -> None:
        for n in range(1000):
            put(b"%d" % n)

    async with threads.file(produce) as pipe:
        assert [int(value) async for value in pipe] == list(range(1000))


async def test_pipe_holds_few(threads: Threads) -> None:
    """The thread is never more than the pipe's room ahead."""
    put_so_far = 0

    def produce(put: Callable[[bytes], None]) -> None:
        nonlocal put_so_far
        for _ in range(1000):
            put(b"x")
            put_so_far += 1

    async with threads.listing(produce) as pipe:
        await asyncio.sleep(0.2)
        assert put_so_far == 4
        await pipe.__anext__()
        await _until(lambda: put_so_far == 5)


async def test_pipe_passes_errors_on(threads: Threads) -> None:
    """What the thread raises is raised on the loop, after what came before it."""

    def produce(put: Callable[[bytes], None]) -> None:
        put(b"1")
        raise ZeroDivisionError

    async with threads.file(produce) as pipe:
        assert await pipe.__anext__() == b"1"
        with pytest.raises(ZeroDivisionError):
            await pipe.__anext__()


async def test_closed_pipe_stops_both_sides(threads: Threads) -> None:
    """A pipe that is closed ends the thread at its next value, and whoever waits on the loop."""
    ended = []

    def produce(put: Callable[[bytes], None]) -> None:
        with contextlib.suppress(ZeroDivisionError):
            try:
                while True:
                    put(b"x")
            finally:
                ended.append(True)

    async with threads.file(produce):
        await asyncio.sleep(0.05)
    await _until(lambda: ended)

    come = threading.Event()

    def silent(_put: object) -> None:
        assert come.wait(30), "the client was not let go before bytes came"

    async with threads.file(silent) as pipe:
        asyncio.get_running_loop().call_later(0.05, pipe.close)
        with pytest.raises(ClientGone):
            await pipe.__anext__()
        come.set()


class _Lag:
    """The longest time that the loop was held up."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            self.worst = max(self.worst, time.monotonic() - began - 0.005)


async def test_loop_goes_on(ask: Any, remote: Flaky) -> None:
    """A slow storage, a large listing and a large file hold up the loop for a blink only."""
    remote.write("/big", bytes(60_000_000))

    def rows() -> Iterator[Entry]:
        time.sleep(0.5)
        return (Entry(f"/big/run{n:06}.h5", "file", size=n) for n in range(50_000))

    remote.rows = rows
    for _ in range(10):  # the client is in the same loop, and the machine may be busy with other things
        worst = await _worst_lag(ask)
        if worst < 0.1:
            return
    pytest.fail(f"the loop was held up for {worst:.2f} s")


async def _worst_lag(ask: Any) -> float:
    lag = _Lag()
    watching = asyncio.ensure_future(lag.watch())
    answers = await asyncio.gather(
        ask("listing/sky/x"),
        ask("contents/sky/lst/a.txt"),
        ask("files/sky/big", streaming_callback=lambda _: None),
    )
    watching.cancel()
    assert [one.status for one in answers] == [200, 200, 200]
    return lag.worst
