"""`jobs/<id>/items/<n>`: one file of an upload, as the browser sends it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from tornado.web import authenticated, stream_request_body

from ctadata_jlab.errors import NotFound
from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import BadRequest, ClientGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.http1connection import HTTP1Connection

    from ctadata_jlab.transfer.engine import Drop, Engine
    from ctadata_jlab.transfer.job import Item

__all__ = ["ROUTES", "Intake", "found"]

LARGEST = 1 << 50
"""The largest file that is taken, in bytes: one petabyte, since nothing is held in memory."""
CHUNK = 1 << 20
"""How many bytes are written at once."""


@stream_request_body
class DropHandler(Handler):
    """Takes the bytes as they come, no faster than they can be written."""

    def initialize(self) -> None:
        """Start with nothing."""
        super().initialize()
        self._intake: Intake | None = None
        self._waiting = bytearray()

    async def prepare(self) -> None:
        """Open the drop; only for who may, the limit on bodies is lifted."""
        await super().prepare()
        if self.request.method == "PUT":
            cast("HTTP1Connection", self.request.connection).set_max_body_size(LARGEST)
            session = await self.session()
            self._intake = Intake(session.engine, self.path_args[0], int(self.path_args[1]), self._announced())
            await self.work(self._intake.begin)

    def _announced(self) -> int | None:
        length = self.request.headers.get("Content-Length")
        return None if length is None else int(length)

    async def data_received(self, chunk: bytes) -> None:
        """Take the next bytes; the connection is read on when they are written."""
        self._waiting.extend(chunk)
        if len(self._waiting) >= CHUNK:
            await self._write()

    async def _write(self) -> None:
        data, self._waiting = self._waiting, bytearray()
        if self._intake is not None:
            await self.work(self._intake.write, data)

    @authenticated
    async def put(self, identity: str, n: str) -> None:
        """Answer when all is there."""
        await self._write()
        intake = cast("Intake", self._intake)
        await self.work(intake.finish)
        await self.answer(lambda: wire.item(found(intake.engine, identity, int(n))))

    def on_connection_close(self) -> None:
        """Throw away what came of a file whose sender has gone."""
        super().on_connection_close()
        if self._intake is not None:
            self.workshop.threads.ask(self._intake.abandon)


class Intake:
    """One file on its way from the browser into its drop, used by one thread at a time.

    An error is kept and raised by `finish`, when the browser has sent all: most browsers do not read an answer before.
    """

    def __init__(self, engine: Engine, identity: str, n: int, announced: int | None) -> None:
        self.engine, self._identity, self._n, self._announced = engine, identity, n, announced
        self._lock = threading.Lock()
        self._drop: Drop | None = None
        self._received = 0
        self._expected: int | None = None
        self._error: BaseException | None = None

    def begin(self) -> None:
        """Open the drop."""
        self._step(self._open)

    def write(self, data: bytes) -> None:
        """Write the next bytes, unless something went wrong before."""
        self._step(lambda: self._take(data))

    def finish(self) -> None:
        """Hand the whole file over, or raise what went wrong."""
        self._step(self._complete)
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Throw away what came."""
        self._step(_raise_gone)

    def _step(self, step: Callable[[], None]) -> None:
        with self._lock:
            if self._error is not None:
                return
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - kept, and raised by `finish`
                self._error = error
                self._close(error)

    def _open(self) -> None:
        self._expected = found(self.engine, self._identity, self._n).size
        if self._announced is not None:
            self._require_size(self._announced)
        self._drop = self.engine.receive(self._identity, self._n)
        self._drop.__enter__()

    def _take(self, data: bytes) -> None:
        self._received += len(data)
        if self._drop is not None:
            self._drop.write(data)

    def _complete(self) -> None:
        self._require_size(self._received)
        if self._drop is not None:
            self._drop.finish()
        self._close(None)

    def _require_size(self, size: int) -> None:
        if self._expected is not None and size != self._expected:
            raise BadRequest(f"The file has {size} bytes; {self._expected} were announced.", hint="Drop it again.")

    def _close(self, error: BaseException | None) -> None:
        drop, self._drop = self._drop, None
        if drop is not None:
            drop.__exit__(None if error is None else type(error), error, None)


def _raise_gone() -> None:
    raise ClientGone


def found(engine: Engine, identity: str, n: int) -> Item:
    """Return item *n* of a job, or raise `NotFound`."""
    page = engine.items(identity, None, n - 1, 1)
    if not page or page[0].n != n:
        raise NotFound(f"This job has no file number {n}.")
    return page[0]


ROUTES = [(r"ctadata-jlab/jobs/([^/]+)/items/(\d{1,9})", DropHandler)]
