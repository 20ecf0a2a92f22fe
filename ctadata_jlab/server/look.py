"""`preview/<source>/<path>`: what is in an HDF5 or FITS file, without downloading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from ctadata_jlab.preview import preview
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.files import require_readable

if TYPE_CHECKING:
    from ctadata_jlab.session import Source

__all__ = ["ROUTES"]


class PreviewHandler(Handler):
    """Looks into files."""

    @authenticated
    async def get(self, where: str) -> None:
        """Send the structure, or with ``node`` a first look at one part."""
        source, path = await self.place(where)
        await self.answer(_looked, source, path, self.get_query_argument("node", ""))


def _looked(source: Source, path: str, node: str) -> dict[str, Any]:
    entry = source.storage.stat(path)
    require_readable(entry, source.title)
    return preview(source.storage, entry, node)


ROUTES = [(r"ctadata-jlab/preview(/.*)", PreviewHandler)]
