"""What all handlers have in common: who may ask, work off the loop, and errors as JSON. So handlers contain no `try`."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_core.utils import ensure_async
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, CtaDataError
from ctadata_jlab.server import wire
from ctadata_jlab.server.refusal import ClientGone, is_client_gone, refusal, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tornado.http1connection import HTTP1Connection

    from ctadata_jlab.server.threads import Pipe
    from ctadata_jlab.server.workshop import Workshop
    from ctadata_jlab.session import Session, Source

__all__ = ["Handler"]

T = TypeVar("T")

PIECE = 1 << 18
"""How many bytes of a long answer are written at once."""


class Handler(APIHandler):  # type: ignore[misc]
    """A door of the extension. Every method but the preflight needs a known user with the right on Jupyter's contents."""

    auth_resource = "contents"

    def initialize(self) -> None:
        """Start to watch whether the client is still there."""
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._streams = False

    @property
    def workshop(self) -> Workshop:
        """The server's one workshop."""
        return cast("Workshop", self.settings["ctadata_jlab_workshop"])

    # --- who may ask ---

    async def prepare(self) -> None:
        """Refuse whoever may not ask, before a body is read."""
        await super().prepare()
        if self.request.method != "OPTIONS":
            await self._admit()

    async def _admit(self) -> None:
        user = self.current_user
        if not user:
            raise HTTPError(403, "Jupyter does not know who is asking: log in to the Jupyter server.")
        action = HTTP_METHOD_TO_AUTH_ACTION[self.request.method]
        if not await ensure_async(self.authorizer.is_authorized(self, user, action, self.auth_resource)):
            raise HTTPError(403, f"This Jupyter server does not let you {action} its contents.")

    # --- work off the loop ---

    async def work(self, step: Callable[..., T], *args: Any, **keywords: Any) -> T:
        """Do *step* in a thread and return what it returns. A reader who leaves is not waited for; a write is finished."""
        answer = self.workshop.threads.ask(functools.partial(step, *args, **keywords))
        if self.request.method in {"GET", "HEAD"}:
            await asyncio.wait([cast("asyncio.Future[Any]", answer), self._gone], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                raise ClientGone
        return await answer

    async def session(self) -> Session:
        """Return the session, opened at its first need."""
        return await self.workshop.session()

    async def place(self, where: str) -> tuple[Source, str]:
        """Return the source and the path inside it that *where*, ``/SOURCE/PATH``, means."""
        name, path = self.split(where)
        return (await self.session()).source(name), path

    def split(self, where: str) -> tuple[str, str]:
        """Return the name of the source (empty for the root) and the path inside it."""
        if "%2f" in self.request.path.lower():
            raise BadPath("A name cannot contain a slash.")
        name, _, rest = paths.remote(where)[1:].partition("/")
        return name, "/" + rest

    async def stream(self, pipe: Pipe[bytes]) -> None:
        """Send what comes out of *pipe*, as fast as the client takes it."""
        self._gone.add_done_callback(lambda _: pipe.close())
        async with pipe:
            async for chunk in pipe:
                self._streams = True
                self.write(chunk)
                await self.flush()

    def on_connection_close(self) -> None:
        """Note that nobody listens any more."""
        super().on_connection_close()
        if not self._gone.done():
            self._gone.set_result(None)

    # --- answers ---

    async def answer(self, step: Callable[..., object], *args: Any, status: int = 200) -> None:
        """Do *step* in a thread and send what it returns as JSON, which is also made there."""
        data = await self.work(lambda: wire.dumps(step(*args)).encode("ascii"))
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Length", str(len(data)))
        for at in range(0, len(data), PIECE):
            self.write(data[at : at + PIECE])
            if len(data) > PIECE:
                self._streams = True
                await self.flush()
        await self.finish()

    def compute_etag(self) -> None:
        """Answers are not hashed: that would hold up the loop."""

    def send_error(self, status_code: int = 500, **details: Any) -> None:
        """Answer an error; once bytes of a stream are sent, only breaking it off tells the client."""
        if self._streams:
            cast("HTTP1Connection", self.request.connection).close()
            return
        error = details.get("exc_info", (None, None, None))[1]
        super().send_error(refusal(status_code, error).status, **details)

    def write_error(self, status_code: int, **details: Any) -> None:
        """Write the error's JSON: never a traceback, never a secret."""
        answer = refusal(status_code, details.get("exc_info", (None, None, None))[1])
        for name, value in answer.headers.items():
            self.set_header(name, value)
        self.finish(wire.dumps(answer.body))

    def log_exception(
        self,
        kind: type[BaseException] | None,  # noqa: ARG002 - tornado's signature
        error: BaseException | None,
        trace: TracebackType | None,  # noqa: ARG002 - the error has it
    ) -> None:
        """Log what went wrong: in words what is expected to happen, with its trace what is not."""
        where = f"{self.request.method} {self.request.path}"
        if error is None or is_client_gone(error):
            self.log.debug("%s: the client has gone", where)
        elif isinstance(error, (CtaDataError, HTTPError)):
            self.log.info("%s: %s", where, wire.dumps(refusal(getattr(error, "status_code", 500), error).body))
        else:
            self.log.error("%s failed:\n%s", where, told(error))
