"""`files/<source>/<path>`: the bytes of a file for the browser, whole or a range of them."""

from __future__ import annotations

import re
from datetime import timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from tornado.web import authenticated

from ctadata_jlab import paths
from ctadata_jlab.errors import Offline
from ctadata_jlab.server import wire
from ctadata_jlab.server.base import Handler
from ctadata_jlab.server.refusal import BadRange, BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tornado.httputil import HTTPHeaders

    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Entry, Storage

__all__ = ["ROUTES", "FilesHandler", "Span", "disposition", "require_readable", "span"]

CHUNK = 256 * 1024
"""How many bytes go to the event loop at once."""
BINARY = "application/octet-stream"


class Span(NamedTuple):
    """The bytes from *start* to before *end* (None: the last); `partial` when a range was asked for."""

    start: int
    end: int | None
    partial: bool


class FilesHandler(Handler):
    """Streams a file, always as an attachment: what it holds must not run as the user."""

    @property
    def content_security_policy(self) -> str:
        """Nothing of it may run, whatever a browser takes it for."""
        return "sandbox"

    @authenticated
    async def get(self, where: str) -> None:
        """Send the bytes."""
        self.check_xsrf_cookie()  # for GET: the request must come from this site
        await self.send_file(*await self.place(where))

    @authenticated
    async def head(self, where: str) -> None:
        """Send the headers that `get` would."""
        self.check_xsrf_cookie()
        await self.send_head(*await self.place(where))

    async def send_file(self, source: Source, path: str) -> None:
        """Send the bytes of one file, or the range of them that is asked for."""
        entry, piece = await self._begin(source, path)
        await self.stream(self.workshop.threads.file(_pour(source.storage, entry, piece)))
        await self.finish(set_content_type=BINARY)

    async def send_head(self, source: Source, path: str) -> None:
        """Send the headers that `send_file` would."""
        await self._begin(source, path)
        await self.finish(set_content_type=BINARY)

    async def _begin(self, source: Source, path: str) -> tuple[Entry, Span]:
        """Look at the file and write the headers; nothing is opened yet."""
        entry = await self.work(source.storage.stat, path)
        require_readable(entry, source.title)
        piece = span(self.request.headers, entry)
        for name, value in _headers(entry, piece):
            self.set_header(name, value)
        self.set_status(206 if piece.partial else 200)
        return entry, piece


def require_readable(entry: Entry, title: str) -> None:
    """Refuse what has no bytes to send now: a folder, or a file on tape."""
    if entry.is_folder:
        raise BadRequest(f"{paths.display(entry.path)} on {title} is a folder.", hint="Download it to the workspace.")
    if entry.online is False:
        raise Offline(f"{paths.display(entry.path)} on {title} is on tape.")


def _pour(storage: Storage, entry: Entry, piece: Span) -> Callable[[Callable[[bytes], None]], None]:
    def produce(put: Callable[[bytes], None]) -> None:
        buffer = bytearray()

        def sink(data: bytes) -> None:
            buffer.extend(data)
            if len(buffer) >= CHUNK:
                put(bytes(buffer))
                buffer.clear()

        with storage.open(entry.path, expect=entry) as reader:
            reader.pour(piece.start, piece.end, sink)
        if buffer:
            put(bytes(buffer))

    return produce


def _headers(entry: Entry, piece: Span) -> list[tuple[str, str]]:
    found = [
        ("Content-Type", BINARY),
        ("Content-Disposition", disposition(entry.name)),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "private, no-cache"),
    ]
    tag = wire.etag(entry)
    if tag is not None:
        found.append(("Etag", tag))
    if entry.modified is not None:
        found.append(("Last-Modified", _http_date(entry.modified)))
    if entry.size is not None and piece.end is not None:
        found += [("Accept-Ranges", "bytes"), ("Content-Length", str(piece.end - piece.start))]
    if piece.partial and piece.end is not None:
        found.append(("Content-Range", f"bytes {piece.start}-{piece.end - 1}/{entry.size}"))
    return found


def disposition(name: str) -> str:
    """Return the header that saves a file under *name*, whatever characters it has (RFC 6266)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)


def span(headers: HTTPHeaders, entry: Entry) -> Span:
    """Return which bytes *headers* ask for; several ranges, or one that is no range, mean the whole file (RFC 9110)."""
    asked = _RANGE.fullmatch(headers.get("Range", ""))
    if asked is None or entry.size is None or not any(asked.groups()) or not _is_same(headers, entry):
        return Span(0, entry.size, partial=False)
    first, last = asked.groups()
    if not first:
        return _checked(max(0, entry.size - int(last)), entry.size, entry.size)
    if last and int(last) < int(first):
        return Span(0, entry.size, partial=False)
    return _checked(int(first), min(int(last) + 1, entry.size) if last else entry.size, entry.size)


def _checked(start: int, end: int, size: int) -> Span:
    if start >= size:
        raise BadRange(size)
    return Span(start, end, partial=True)


def _is_same(headers: HTTPHeaders, entry: Entry) -> bool:
    """Whether the file is still the one of which the client has a part."""
    known = headers.get("If-Range")
    if known is None:
        return True
    return known == wire.etag(entry) or (entry.modified is not None and known == _http_date(entry.modified))


def _http_date(modified: datetime) -> str:
    return format_datetime(modified.astimezone(timezone.utc), usegmt=True)


ROUTES = [(r"ctadata-jlab/files(/.*)", FilesHandler)]
