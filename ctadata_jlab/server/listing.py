"""`listing/<source>/<path>`: what a folder holds, in blocks of rows as they arrive from the storage."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, cast

from tornado.web import authenticated

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import body
from ctadata_jlab.storage import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ctadata_jlab.session import Source

__all__ = ["ROUTES", "blocks", "lines"]

ROWS = 2000
"""The most rows of a block."""
FIRST = 100
"""The rows of the first block: as many as can be seen at once, so that they are."""
PATIENCE = 0.25
"""How long a row may wait for others to fill its block, in seconds."""


class ListingHandler(Handler):
    """Streams a folder; a listing without its last line failed."""

    @authenticated
    async def get(self, where: str) -> None:
        """Send the rows as lines of JSON."""
        fresh = self.get_query_argument("fresh", "0") not in {"", "0"}
        name, path = self.split(where)
        session = await self.session()
        rows = _listed(session.source(name), path, fresh=fresh) if name else _named(tuple(session.sources))
        self.set_header("Content-Type", "application/x-ndjson")
        self.set_header("Cache-Control", "no-store")
        await self.stream(self.workshop.threads.listing(_into(rows)))
        await self.finish(set_content_type="application/x-ndjson")


def _into(rows: Callable[[], Iterator[Entry]]) -> Callable[[Callable[[bytes], None]], None]:
    def produce(put: Callable[[bytes], None]) -> None:
        with closing(lines(rows())) as encoded:
            for line in encoded:
                put(line)

    return produce


def _listed(source: Source, path: str, *, fresh: bool) -> Callable[[], Iterator[Entry]]:
    def rows() -> Iterator[Entry]:
        if fresh:
            source.browse.forget(path)
        return source.browse.list(path)

    return rows


def _named(names: Iterable[str]) -> Callable[[], Iterator[Entry]]:
    return lambda: (Entry(f"/{name}", "folder") for name in names)


def lines(entries: Iterator[Entry]) -> Generator[bytes, None, None]:
    """Yield the lines of a listing; a failure after the first block becomes its last line."""
    tally, any_sent = wire.Tally(), False
    try:
        for block in blocks(entries):
            tally.add(block)
            yield _line(wire.listing_block(block))
            any_sent = True
        yield _line(tally.last_line())
    except CtaDataError as error:
        if not any_sent:
            raise
        yield _line({"error": body(error)})
    finally:
        _close(entries)


def blocks(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Yield *entries* in lists of at most `ROWS`, shorter ones when they arrive slowly."""
    block: list[Entry] = []
    began, most = time.monotonic(), FIRST
    for entry in entries:
        block.append(entry)
        if len(block) == most or time.monotonic() - began > PATIENCE:
            yield block
            block, began, most = [], time.monotonic(), ROWS
    if block:
        yield block


def _close(entries: Iterator[Entry]) -> None:
    """Let go of the connection behind *entries*, if they are a generator."""
    if hasattr(entries, "close"):
        cast("Generator[Entry, None, None]", entries).close()


def _line(value: object) -> bytes:
    return wire.dumps(value).encode() + b"\n"


ROUTES = [(r"ctadata-jlab/listing((?:/.*)?)", ListingHandler)]
