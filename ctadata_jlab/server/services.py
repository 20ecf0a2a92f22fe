"""`services/<source>`: what can be run on files beside a storage; running one, and what its runs have said."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tornado.web import authenticated

from ctadata_jlab.errors import Unsupported
from ctadata_jlab.server import requests, wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.desk import Desk
from ctadata_jlab.server.files import require_readable
from ctadata_jlab.server.jobs import require_inside, require_writable

if TYPE_CHECKING:
    from ctadata_jlab.session import Session, Source
    from ctadata_jlab.storage import Runs

__all__ = ["ROUTES"]

JSON = dict[str, Any]

_TOO_LARGE = "Let the service take it up: copy it into the service's input folder."
_ENDINGS = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"%PDF-": ".pdf",
    b"PK\x03\x04": ".zip",
    b"\x1f\x8b": ".gz",
    b"\x89HDF": ".h5",
    b"SIMPLE  =": ".fits",
}
"""How the bytes of some kinds of files begin; others that are no text are ``.bin``."""


class ServicesHandler(Handler):
    """The services beside one storage."""

    @authenticated
    async def get(self, name: str) -> None:
        """Send them."""
        source = (await self.session()).source(name)
        await self.answer(lambda: [wire.service(one) for one in _runner(source).services()])


class ServiceHandler(Handler):
    """One service: what was started, and running it at once."""

    @authenticated
    async def get(self, name: str, service: str) -> None:
        """Send its runs, the newest first."""
        source = (await self.session()).source(name)
        await self.answer(lambda: [wire.run(one) for one in _runner(source).runs(service)])

    @authenticated
    async def post(self, name: str, service: str) -> None:
        """Run it on a small file, wait, and keep its answer in a folder; send where. Nobody need stay for it."""
        session = await self.session()
        step = partial(_ran, session, session.source(name), service, requests.fields(self.request.body))
        model = await self.workshop.threads.long(step)
        await self.answer(lambda: model, status=201)


class LogHandler(Handler):
    """What one run has said."""

    @authenticated
    async def get(self, name: str, service: str, run: str) -> None:
        """Send it as text."""
        source = (await self.session()).source(name)
        text = await self.work(lambda: _runner(source).log(service, run))
        await self.finish(text.encode(errors="replace"), set_content_type="text/plain; charset=UTF-8")


def _runner(source: Source) -> Runs:
    if "runs" not in source.storage.traits.extras:
        raise Unsupported(f"There are no services beside {source.title}.")
    return cast("Runs", source.storage)


def _ran(session: Session, runner: Source, service: str, asked: requests.Fields) -> JSON:
    """Run *service* on the file and keep the answer under a name that is free; an error is raised, never kept."""
    origin, target = (asked.only("from", "to").fields(key).only("source", "path") for key in ("from", "to"))
    source, into = session.source(origin.text("source")), session.source(target.text("source"))
    path, folder = origin.path("path"), target.path("path")
    require_inside(source, path)
    require_inside(into, folder)
    require_writable(into)
    entry = source.storage.stat(path)
    require_readable(entry, source.title)
    limit = session.config.transfers.open_bytes
    desk = Desk(into, limit)
    desk.require_folder(folder)
    data = Desk(source, limit).read(entry, _TOO_LARGE)
    answer = _runner(runner).run(service, data)
    stem = f"{entry.name}.{service}"
    names = (f"{stem}{f'-{n}' if n else ''}{_ending(answer)}" for n in itertools.count())
    return desk.keep(folder, names, answer)


def _ending(data: bytes) -> str:
    for begin, ending in _ENDINGS.items():
        if data.startswith(begin):
            return ending
    try:
        data.decode()
    except UnicodeDecodeError:
        return ".bin"
    return ".txt"


_NAME = r"([^/]+)"
ROUTES = [
    (rf"ctadata-jlab/services/{_NAME}", ServicesHandler),
    (rf"ctadata-jlab/services/{_NAME}/{_NAME}", ServiceHandler),
    (rf"ctadata-jlab/services/{_NAME}/{_NAME}/{_NAME}", LogHandler),
]
