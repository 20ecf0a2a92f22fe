"""`contents/<source>/<path>`: Jupyter's Contents dialect, for its editors and its file browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from ctadata_jlab import paths
from ctadata_jlab.errors import Forbidden, Unsupported
from ctadata_jlab.server import requests, wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.desk import Desk
from ctadata_jlab.server.refusal import BadRequest

if TYPE_CHECKING:
    from ctadata_jlab.session import Source

__all__ = ["ROUTES"]

TYPES = ("directory", "file", "notebook")
CHECKPOINTS = "/checkpoints"
"""Also a name that a folder may have: then `GET` says what it wants with ``content``, `POST` with a body."""
CHECKPOINT = {"id": "stored", "last_modified": wire.EPOCH}
"""What is stored is the only checkpoint there is."""


class ContentsHandler(Handler):
    """Files and folders as models."""

    @authenticated
    async def get(self, where: str) -> None:
        """Return a model; without a source, that of the root."""
        if where.endswith(CHECKPOINTS) and self.get_query_argument("content", None) is None:
            return await self.answer(lambda: [CHECKPOINT])
        kind, form = self.get_query_argument("type", None), self.get_query_argument("format", None)
        content = self.get_query_argument("content", "1") != "0"
        if form not in {None, "text", "base64", "json"}:
            raise BadRequest("'format' must be text or base64.")
        if not self.split(where)[0]:
            return await self.answer(_root, tuple((await self.session()).sources.values()), content)
        desk, path = await self.desk(where)
        return await self.answer(lambda: desk.get(path, kind if kind in TYPES else None, form, content=content))

    @authenticated
    async def put(self, where: str) -> None:
        """Save a file, or make a folder."""
        desk, path = await self.desk(where)
        body = self.request.body
        model, new = await self.work(lambda: desk.save(path, requests.fields(body)))
        await self.tell(model, 201 if new else 200)

    @authenticated
    async def patch(self, where: str) -> None:
        """Rename or move within one source."""
        desk, path = await self.desk(where)
        target = _inside(desk.source, requests.fields(self.request.body).text("path"))
        await self.tell(await self.work(desk.rename, path, target))

    @authenticated
    async def post(self, where: str) -> None:
        """Make a new file or folder, or a copy of a file."""
        if where.endswith(CHECKPOINTS) and self.request.body.strip() in {b"", b"{}", b"null"}:
            return await self.answer(lambda: CHECKPOINT, status=201)
        desk, path = await self.desk(where)
        asked = requests.fields(self.request.body or b"{}")
        if "copy_from" in asked:
            origin = _inside(desk.source, asked.text("copy_from"))
            return await self.tell(await self.work(desk.copy, origin, path), 201)
        kind = asked.choice("type", TYPES, "file") if asked.raw("type") else "file"
        extension = asked.text("ext") if asked.raw("ext") else ".txt"
        if "/" in extension:
            raise BadRequest("'ext' cannot contain a slash.")
        return await self.tell(await self.work(desk.untitled, path, kind, extension), 201)

    @authenticated
    async def delete(self, where: str) -> None:
        """Delete a file or an empty folder."""
        desk, path = await self.desk(where)
        await self.work(desk.remove, path)
        self.set_status(204)
        await self.finish()

    async def desk(self, where: str) -> tuple[Desk, str]:
        """Return the desk of the source and the path there; the root of all sources has none."""
        if not self.split(where)[0]:
            raise Forbidden("The list of sources cannot be changed here.", hint="Sources are configured.")
        source, path = await self.place(where)
        return Desk(source, (await self.session()).config.transfers.open_bytes), path

    async def tell(self, model: dict[str, Any], status: int = 200) -> None:
        """Send *model*, with the headers that Jupyter's contents have."""
        self.set_header("Location", f"{self.base_url}ctadata-jlab/contents/{paths.quoted(model['path'])}")
        await self.answer(lambda: model, status=status)


def _inside(source: Source, where: str) -> str:
    """Return the path that *where*, ``SOURCE/PATH``, means if it lies in *source*."""
    name, _, rest = paths.remote(where)[1:].partition("/")
    if name != source.name:
        raise Unsupported("This works only within one source.", hint="Copy or move it as a transfer instead.")
    return paths.remote(rest)


def _root(sources: tuple[Source, ...], content: bool) -> dict[str, Any]:
    return wire.folder_model("", [wire.folder_model(one.name, None) for one in sources] if content else None)


ROUTES = [
    (r"ctadata-jlab/contents((?:/.*)?)", ContentsHandler),
]
