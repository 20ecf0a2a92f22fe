"""`sources`: what can be browsed, and how its login stands."""

from __future__ import annotations

import asyncio

from tornado.web import authenticated

from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.login import state_of

__all__ = ["ROUTES"]


class SourcesHandler(Handler):
    """The list of sources, in their configured order."""

    @authenticated
    async def get(self) -> None:
        """Send all of them; their logins are looked at side by side."""
        found = tuple((await self.session()).sources.values())
        states = await asyncio.gather(*(self.work(state_of, one) for one in found))
        await self.answer(lambda: [wire.source(one, state) for one, state in zip(found, states, strict=True)])


ROUTES = [(r"ctadata-jlab/sources", SourcesHandler)]
