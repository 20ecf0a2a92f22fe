"""`handles`: a short-lived address for what is dragged to the desktop or saved on the user's computer.

A browser fetches such an address by itself, without the page's XSRF token. So the page asks for the address first, by an ordinary
request that only the page can make; who then knows the address, and is known to Jupyter, gets those files and no others.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tornado.web import authenticated

from ctadata_jlab import paths
from ctadata_jlab.errors import NotFound
from ctadata_jlab.server import requests
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.files import FilesHandler, disposition, require_readable
from ctadata_jlab.server.refusal import BadRequest
from ctadata_jlab.transfer.archive import zip_name, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Entry

__all__ = ["ROUTES", "Handle", "Handles"]

SECONDS = 300.0
"""How long a handle can be used to begin with a file."""
ROOM = 256
"""How many handles are kept; the oldest go first."""
ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class Handle:
    """What may be fetched: the file itself if it is one, else an archive of all."""

    source: str
    paths: tuple[str, ...]
    name: str
    is_zip: bool
    until: float


class Handles:
    """The handles of one server, used on its event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, Handle] = OrderedDict()

    def give(self, source: str, tops: tuple[str, ...], *, is_zip: bool) -> tuple[str, Handle]:
        """Return a new handle and its secret key."""
        name = zip_name(tops) if is_zip else paths.name(tops[0])
        handle = Handle(source, tops, name, is_zip, self._clock() + SECONDS)
        key = secrets.token_urlsafe(32)
        self._known[key] = handle
        while len(self._known) > ROOM:
            self._known.popitem(last=False)
        return key, handle

    def find(self, key: str) -> Handle:
        """Return the handle of that key, or raise `NotFound`."""
        handle = self._known.get(key)
        if handle is None or handle.until < self._clock():
            raise NotFound("This address is no longer valid.", hint="Drag the file again, or download it by its menu.")
        return handle


class HandlesHandler(Handler):
    """Gives handles."""

    @authenticated
    async def post(self) -> None:
        """Look whether all is there, and answer the address."""
        asked = requests.fields(self.request.body).only("source", "paths")
        source = (await self.session()).source(asked.text("source"))
        tops = tuple(dict.fromkeys(paths.remote(path) for path in asked.texts("paths")))
        if not tops or "/" in tops:
            raise BadRequest("'paths' must name files or folders below the root of a source.")
        entries = await self.work(_looked_at, source, tops)
        is_zip = len(entries) > 1 or entries[0].is_folder
        key, handle = self.workshop.handles.give(source.name, tops, is_zip=is_zip)
        url = f"{self.base_url}ctadata-jlab/handles/{key}/{paths.quoted(handle.name)}"
        await self.answer(lambda: {"url": url, "name": handle.name, "zip": is_zip, "seconds": SECONDS}, status=201)


class HandleHandler(FilesHandler):
    """Sends what a handle stands for; the key takes the place of the XSRF check."""

    @authenticated
    async def get(self, key: str, _name: str) -> None:
        """Send the file, or the archive."""
        handle, source = await self._found(key)
        if not handle.is_zip:
            return await self.send_file(source, handle.paths[0])
        self._announce(handle)
        await self.stream(self.workshop.threads.file(partial(zipped, source.storage, handle.paths)))
        await self.finish(set_content_type=ZIP)
        return None

    @authenticated
    async def head(self, key: str, _name: str) -> None:
        """Send the headers that `get` would."""
        handle, source = await self._found(key)
        if not handle.is_zip:
            return await self.send_head(source, handle.paths[0])
        self._announce(handle)
        await self.finish(set_content_type=ZIP)
        return None

    async def _found(self, key: str) -> tuple[Handle, Source]:
        handle = self.workshop.handles.find(key)
        return handle, (await self.session()).source(handle.source)

    def _announce(self, handle: Handle) -> None:
        self.set_header("Content-Type", ZIP)
        self.set_header("Content-Disposition", disposition(handle.name))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, no-store")


def _looked_at(source: Source, tops: tuple[str, ...]) -> list[Entry]:
    """Return the entries at *tops*: what is missing or on tape is said now, in words, not by a download that breaks off."""
    entries = [source.storage.stat(path) for path in tops]
    for entry in entries:
        if not entry.is_folder:
            require_readable(entry, source.title)
    return entries


ROUTES = [
    (r"ctadata-jlab/handles", HandlesHandler),
    (r"ctadata-jlab/handles/([\w-]+)/([^/]+)", HandleHandler),
]
