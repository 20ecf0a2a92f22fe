"""`login/<source>`: how the login of a source stands, and a token for it. No answer ever repeats a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado.web import authenticated

from ctadata_jlab.errors import Unsupported
from ctadata_jlab.server import requests, wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.tokens import file as token_file
from ctadata_jlab.transfer.disk import local_errors

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.keeper import Keeper, LoginState

__all__ = ["ROUTES", "state_of"]


class LoginHandler(Handler):
    """The login of one source."""

    @authenticated
    async def get(self, where: str) -> None:
        """Send how it stands."""
        source, _ = await self.place(where)
        await self.answer(lambda: wire.login(state_of(source)))

    @authenticated
    async def post(self, where: str) -> None:
        """Store a token for it."""
        source, _ = await self.place(where)
        await self.work(_keep, source, self.request.body)
        await self.answer(lambda: wire.login(state_of(source)))

    @authenticated
    async def delete(self, where: str) -> None:
        """Forget the stored token."""
        source, _ = await self.place(where)
        await self.work(_forget, source)
        await self.work(state_of, source)
        self.set_status(204)
        await self.finish()


def state_of(source: Source) -> LoginState | None:
    """Return how a login stands, None where none is needed."""
    return None if source.keeper is None else source.keeper.state()


def _keep(source: Source, body: bytes) -> None:
    place, keeper = _given_by_hand(source)
    value = requests.token(body)
    with local_errors(place):
        token_file.store(place, value)
    keeper.look_again()


def _forget(source: Source) -> None:
    place, keeper = _given_by_hand(source)
    with local_errors(place):
        token_file.forget(place)
    keeper.look_again()


def _given_by_hand(source: Source) -> tuple[Path, Keeper]:
    """Return where a token given by hand is kept, and who then hands it out."""
    if source.keeper is None:
        raise Unsupported(f"{source.title} needs no login.")
    if source.token_file is None:
        raise Unsupported(f"The tokens of {source.title} come from elsewhere.", hint="Look into its configuration.")
    return source.token_file, source.keeper


ROUTES = [(r"ctadata-jlab/login(/[^/]+)", LoginHandler)]
