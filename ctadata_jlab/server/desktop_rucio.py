"""`status`, `logs`, `dsfiles`, `ds`: the web interface of desktop-rucio, in its shapes, on Jupyter's server and behind its login."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from tornado.web import Finish, authenticated

from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.login import state_of

if TYPE_CHECKING:
    from ctadata_jlab.server.datasets import Datasets
    from ctadata_jlab.session import Session
    from ctadata_jlab.tokens.login_state import LoginState

__all__ = ["ROUTES"]


class _DatasetHandler(Handler):
    """What the four have in common."""

    @property
    def datasets(self) -> Datasets:
        """The server's one."""
        return cast("Datasets", self.settings["ctadata_jlab_datasets"])

    def name(self) -> str:
        """Return the data set that is asked for, or answer as desktop-rucio does to a question without one."""
        name = str(self.get_argument("ds_name", ""))
        if not name:
            self.set_status(400)
            self.set_header("Content-Type", "application/json")
            self.write(wire.dumps({"errors": {"ds_name": "Required parameter 'ds_name' not supplied"}}))
            raise Finish
        return name


class StatusHandler(_DatasetHandler):
    """How the server stands."""

    @authenticated
    async def get(self) -> None:
        """Send whether the login at the catalogue is good, and what is being downloaded."""
        session = await self.session()
        await self.answer(self.datasets.status, session, partial(_login, session))


class LogsHandler(_DatasetHandler):
    """What happened."""

    @authenticated
    async def get(self) -> None:
        """Send the names of the logs, or the lines of one."""
        session, name = await self.session(), self.get_query_argument("name", None)
        await self.answer(self.datasets.logs, session, name, partial(_login, session))


class FilesHandler(_DatasetHandler):
    """The files of a data set, wherever it is."""

    @authenticated
    async def get(self) -> None:
        """Send them, or that they are being looked up."""
        name = self.name()
        await self.answer(self.datasets.files, await self.session(), name)


class DatasetHandler(_DatasetHandler):
    """A data set on this server."""

    @authenticated
    async def get(self) -> None:
        """Send whether it is here."""
        name = self.name()
        await self.answer(self.datasets.local, await self.session(), name)

    @authenticated
    async def post(self) -> None:
        """Let it come."""
        name = self.name()
        await self.answer(self.datasets.download, await self.session(), name)


def _login(session: Session, name: str) -> LoginState | None:
    return state_of(session.source(name))


ROUTES = [
    (r"ctadata-jlab/status", StatusHandler),
    (r"ctadata-jlab/logs", LogsHandler),
    (r"ctadata-jlab/dsfiles", FilesHandler),
    (r"ctadata-jlab/ds", DatasetHandler),
]
