"""What the handlers work with: the session, opened once and off the loop, the threads, and the voice on the event bus."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from ctadata_jlab.server.handles import Handles
from ctadata_jlab.server.refusal import refusal
from ctadata_jlab.server.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import Logger

    from ctadata_jlab.config import Config
    from ctadata_jlab.server.events import Announcer
    from ctadata_jlab.session import Session
    from ctadata_jlab.tokens.keeper import LoginState

__all__ = ["Workshop"]

STOP_SECONDS = 5.0
"""How long running transfers may take to note where they are when the server stops."""


class Workshop:
    """One per server. `session` may be awaited by many at once; a failure to open it is not kept: the next try may succeed."""

    def __init__(
        self, open_session: Callable[[], Session], announcer: Announcer, read_config: Callable[[], Config]
    ) -> None:
        self._open_session = open_session
        self._read_config = read_config
        self._opening: asyncio.Future[Session] | None = None
        self._soon: asyncio.Future[Session] | None = None
        self.announcer = announcer
        self.threads = Threads()
        self.handles = Handles()

    async def session(self) -> Session:
        """Return the session; the first call opens it in a thread."""
        if self._opening is None or _has_failed(self._opening):
            self.announcer.start()
            self._opening = self.threads.ask(self._open)
        return await asyncio.shield(self._opening)

    def open_soon(self, log: Logger) -> None:
        """Open the session now, without anybody waiting for it; a failure is told again to whoever needs it."""
        soon = asyncio.ensure_future(self.session())
        self._soon = soon
        soon.add_done_callback(lambda done: _note(done, log))

    async def reload(self) -> None:
        """Read the configuration again: sources that have changed are made anew, the others and the queue go on."""
        session = await self.session()
        await self.threads.ask(lambda: self._adopt(session))

    def _open(self) -> Session:
        session = self._open_session()
        session.engine.listeners.append(self.announcer.job)
        session.engine.start()
        self._listen(session, session.sources)
        return session

    def _adopt(self, session: Session) -> None:
        self._listen(session, session.adopt(self._read_config()))

    def _listen(self, session: Session, names: Iterable[str]) -> None:
        for name in names:
            keeper = session.sources[name].keeper
            if keeper is not None:
                keeper.changed.append(partial(self._login_changed, session, name))

    def _login_changed(self, session: Session, source: str, state: LoginState) -> None:
        """Tell the pages, and let go on what waited for this login."""
        self.announcer.login(source, state.state, state.until)
        if state.state == "ok":
            session.engine.wake(source)

    async def close(self) -> None:
        """Stop the transfers where they are and close the session; once, however often it is called."""
        opening, self._opening = self._opening, None
        if opening is not None and not _has_failed(opening):
            session = await opening
            session.engine.listeners.remove(self.announcer.job)
            await self.threads.ask(lambda: _stop(session))
        self.announcer.close()
        self.threads.close()


def _has_failed(opening: asyncio.Future[Session]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)


def _note(opened: asyncio.Future[Session], log: Logger) -> None:
    error = None if opened.cancelled() else opened.exception()
    if error is not None:
        log.warning("The data storages are not available: %s", refusal(500, error).body["message"])


def _stop(session: Session) -> None:
    session.engine.stop(STOP_SECONDS)
    session.close()
