"""Where work is done that must not hold up the event loop: bounded pools of threads, and pipes from them to the loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ctadata_jlab.errors import Busy
from ctadata_jlab.server.refusal import ClientGone

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Pipe", "Threads"]

T = TypeVar("T")

QUESTIONS = 16
"""How many short questions are asked at once."""
STREAMS = 12
"""How many listings, and how many files, are sent at once; each may take as long as its reader likes."""
LONG = 8
"""How many answers that take minutes are waited for at once."""


class Threads:
    """The threads of one server: for short questions, for listings, for files, so that none of them waits for the others."""

    def __init__(self) -> None:
        self._questions = ThreadPoolExecutor(QUESTIONS, "ctadata-question")
        self._listings = ThreadPoolExecutor(STREAMS, "ctadata-listing")
        self._files = ThreadPoolExecutor(STREAMS, "ctadata-file")
        self._pipes: set[Pipe[bytes]] = set()
        self._long = threading.Semaphore(LONG)

    def ask(self, step: Callable[[], T]) -> asyncio.Future[T]:
        """Do *step* in a thread."""
        return asyncio.wrap_future(self._questions.submit(step))

    def long(self, step: Callable[[], T]) -> asyncio.Future[T]:
        """Do *step*, which may take minutes, in a thread of its own, for which the server's end does not wait; `Busy` if too many do."""
        if not self._long.acquire(blocking=False):
            raise Busy(f"{LONG} answers are waited for already.", hint="Try again when one of them has come.")
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(step())
            except BaseException as error:  # noqa: BLE001 - a thread's top: raised again by who waits
                answer.set_exception(error)
            finally:
                self._long.release()

        threading.Thread(target=run, name="ctadata-long", daemon=True).start()
        return asyncio.wrap_future(answer)

    def listing(self, produce: Callable[[Callable[[bytes], None]], None]) -> Pipe[bytes]:
        """Return the pipe that *produce* fills with a listing."""
        return self._pipe(self._listings, produce, room=4)

    def file(self, produce: Callable[[Callable[[bytes], None]], None]) -> Pipe[bytes]:
        """Return the pipe that *produce* fills with a file's bytes."""
        return self._pipe(self._files, produce, room=8)

    def _pipe(
        self, pool: ThreadPoolExecutor, produce: Callable[[Callable[[bytes], None]], None], room: int
    ) -> Pipe[bytes]:
        pipe: Pipe[bytes] = Pipe(room)
        self._pipes.add(pipe)
        pool.submit(pipe.fill, produce).add_done_callback(lambda _: self._pipes.discard(pipe))
        return pipe

    def close(self) -> None:
        """Let nothing start any more; what runs ends at its next step."""
        for pipe in tuple(self._pipes):
            pipe.close()
        for pool in (self._questions, self._listings, self._files):
            pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class Pipe(Generic[T]):
    """Values made in a thread and taken on the loop; the thread waits while *room* of them are not taken yet."""

    def __init__(self, room: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(room)
        self._values: asyncio.Queue[T | _End] = asyncio.Queue()
        self._closed = False

    def fill(self, produce: Callable[[Callable[[T], None]], None]) -> None:
        """Run *produce* in this thread, then end the pipe, with what it raised if it did."""
        error: BaseException | None = None
        try:
            produce(self._put)
        except BaseException as raised:  # noqa: BLE001 - the top of a thread: it is raised again on the loop
            error = raised
        self._hop(_End(error))

    def _put(self, value: T) -> None:
        self._room.acquire()
        if self._closed:
            self._room.release()
            raise ClientGone
        self._hop(value)

    def _hop(self, value: T | _End) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._values.put_nowait, value)

    def close(self) -> None:
        """Stop the thread at its next value, and whoever waits here."""
        self._closed = True
        self._values.put_nowait(_End(ClientGone()))
        self._room.release()

    async def __aenter__(self) -> Pipe[T]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Pipe[T]:
        return self

    async def __anext__(self) -> T:
        value = await self._values.get()
        if not isinstance(value, _End):
            self._room.release()
            return value
        if value.error is None:
            raise StopAsyncIteration
        raise value.error
