"""`verify/<source>/<path>?local=<source>/<path>`: whether a local copy is what the storage has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tornado.web import authenticated

from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ROUTES"]

STEP = 64 << 20
"""After how many bytes it is told how far it is."""


class VerifyHandler(Handler):
    """Compares, and tells how far it is line by line: a large file takes a while."""

    @authenticated
    async def get(self, where: str) -> None:
        """Send lines with ``done``, and last one with ``same``."""
        self.check_xsrf_cookie()  # for GET: reading all of a file is work that no other site may ask for
        source, path = await self.place(where)
        local, copy = await self.place(f"/{self.get_query_argument('local')}")
        remote, here = End(source.name, source.storage, path), End(local.name, local.storage, copy)
        self.set_header("Content-Type", "application/x-ndjson")
        await self.stream(self.workshop.threads.file(partial(_compared, remote, here)))
        await self.finish(set_content_type="application/x-ndjson")


def _compared(remote: End, local: End, put: Callable[[bytes], None]) -> None:
    told = 0

    def progress(done: int) -> None:
        nonlocal told
        if done - told >= STEP:
            told = done
            put(_line({"done": done}))

    verdict = verify(remote, local, progress)
    theirs, ours = (str(one) if one else None for one in (verdict.theirs, verdict.ours))
    put(_line({"same": verdict.same, "size": verdict.size, "theirs": theirs, "ours": ours}))


def _line(value: dict[str, object]) -> bytes:
    return wire.dumps(value).encode("ascii") + b"\n"


ROUTES = [(r"ctadata-jlab/verify(/.*)", VerifyHandler)]
