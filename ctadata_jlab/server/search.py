"""`search/<source>/<path>`: what lies below a folder and is called so, found while one looks on; who leaves stops it."""

from __future__ import annotations

import fnmatch
import re
import time
from contextlib import closing
from typing import TYPE_CHECKING

from tornado.web import authenticated

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath, CtaDataError, NotLoggedIn, Unsupported
from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import body
from ctadata_jlab.storage.wrapper import Wrapper
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from typing import Any

    from ctadata_jlab.storage import Entry, Storage

__all__ = ["ROUTES", "Search", "glob", "parted", "pattern"]

MOST = 10_000
"""How many are found at most; then the search ends and says so."""
REFUSED = 100
"""How many folders that could not be looked into are named; all are counted."""
ROWS = 500
"""The most rows of a line."""
_FACT = re.compile(r"(?:^|(?<=\s))([A-Za-z_][\w.]*)=(\S+)")
PATIENCE = 0.3
"""How long what was found may wait for more to be sent with it, in seconds."""


class SearchHandler(Handler):
    """Streams what it finds; a search without its last line was cut short."""

    @authenticated
    async def get(self, where: str) -> None:
        """Send the rows as lines of JSON."""
        name, path = self.split(where)
        if not name:
            raise BadPath("A search begins in a storage, not above all of them.")
        source = (await self.session()).source(name)
        text, facts = self.get_query_argument("name"), dict[str, str]()
        if "searches" in source.storage.traits.extras:
            text, facts = parted(text)
        wanted = pattern(text)
        self.set_header("Content-Type", "application/x-ndjson")
        self.set_header("Cache-Control", "no-store")
        search = Search(source.browse, path, wanted, glob(text), facts)
        await self.stream(self.workshop.threads.listing(search.run))
        await self.finish(set_content_type="application/x-ndjson")


def parted(text: str) -> tuple[str, dict[str, str]]:
    """Return what *text* says of the name, by default any, and the ``KEY=VALUE`` in it: metadata, for servers that search by it."""
    facts = dict(_FACT.findall(text))
    name = " ".join(_FACT.sub(" ", text).split())
    return name or ("*" if facts else ""), facts


def glob(text: str) -> str:
    """Return *text* as a pattern in which only ``*`` stands for anything, for servers; `pattern` then takes it exactly."""
    return text.replace("?", "*") if any(sign in text for sign in "*?") else f"*{text}*"


def pattern(text: str) -> re.Pattern[str]:
    """Return what a name must match: a text with ``*`` or ``?`` is a glob for all of it, any other a part of it."""
    if not text.strip():
        raise BadPath("There is nothing to search for.", hint="Type a part of a name, or a pattern such as *.h5.")
    is_glob = any(sign in text for sign in "*?")
    # fnmatch's own expressions do not go back and forth without end, which a user's could
    return re.compile(fnmatch.translate(text if is_glob else f"*{_literal(text)}*"), re.IGNORECASE)


def _literal(text: str) -> str:
    return text.replace("[", "[[]")


class Search:
    """One search below *top*. What cannot be looked into is passed over, counted and named.

    A server that searches by itself is asked for the names like *like* with the metadata *facts*.
    """

    def __init__(
        self,
        storage: Storage,
        top: str,
        wanted: re.Pattern[str],
        like: str = "*",
        facts: Mapping[str, str] | None = None,
    ) -> None:
        self._lenient = _Lenient(storage, top)
        self._like = like
        self._facts = facts or {}
        self._top = top
        self._wanted = wanted
        self._found = 0

    def run(self, put: Callable[[bytes], None]) -> None:
        """Give the lines to *put*, which raises when nobody wants them any more."""
        try:
            for block in self._blocks(put):
                self._found += len(block)
                put(_line(self._block(block)))
        except CtaDataError as error:
            if not self._lenient.searched:
                raise
            put(_line({"error": body(error)}))
            return
        put(_line(self._end()))

    def _blocks(self, put: Callable[[bytes], None]) -> Iterator[list[Entry]]:
        block: list[Entry] = []
        said = time.monotonic()

        def is_due() -> bool:
            return time.monotonic() - said > PATIENCE

        def beat() -> None:
            """Say that the search goes on, also while nothing is found: so it is noticed, too, when nobody listens."""
            nonlocal said
            if is_due() and not block:
                put(_line(self._block([])))
                said = time.monotonic()

        with closing(self._entries(beat)) as entries:
            for entry in entries:
                if self._wanted.match(entry.name):
                    block.append(entry)
                if block and (is_due() or len(block) == min(ROWS, MOST - self._found)):
                    yield block
                    block, said = [], time.monotonic()
                if self._found >= MOST:
                    return
        if block:
            yield block

    def _entries(self, check: Callable[[], object]) -> Generator[Entry, None, None]:
        """Yield what there is to choose from: what the server has found, where it searches, else all there is."""
        if "searches" in self._lenient.traits.extras:
            try:
                for entry in self._lenient.search(self._top, self._like, self._facts):
                    check()
                    yield entry
            except Unsupported:
                if self._facts:
                    raise
            else:
                self._lenient.searched += 1
                return
        yield from walk(self._lenient, self._top, check=check)

    def _block(self, block: list[Entry]) -> dict[str, Any]:
        folders = [paths.relative(paths.parent(entry.path), self._top) for entry in block]
        return {**wire.listing_block(block), "folders": folders, "searched": self._lenient.searched}

    def _end(self) -> dict[str, Any]:
        return {
            "complete": True,
            "count": self._found,
            "hash": "",
            "searched": self._lenient.searched,
            "stopped": self._found >= MOST,
            "refused": len(self._lenient.refused),
            "examples": self._lenient.refused[:REFUSED],
        }


class _Lenient(Wrapper):
    """The storage, but that a folder below the top which cannot be listed is empty, and noted."""

    def __init__(self, storage: Storage, top: str) -> None:
        super().__init__(storage)
        self._top = top
        self.searched = 0
        self.refused: list[str] = []

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds."""
        try:
            yield from self.inner.list(folder)
        except NotLoggedIn:
            raise
        except CtaDataError:
            if folder == self._top:
                raise
            self.refused.append(folder)
        self.searched += 1


def _line(value: object) -> bytes:
    return wire.dumps(value).encode() + b"\n"


ROUTES = [(r"ctadata-jlab/search((?:/.*)?)", SearchHandler)]
