"""PROPFIND (RFC 4918 §9.1): what to ask, and how to read the answer while it arrives. Pure: no I/O.

Only properties in a propstat of status 200 count; document type declarations are refused, so that no entity can be declared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.parsers import expat

from ctadata_jlab.errors import BadAnswer, Unreachable
from ctadata_jlab.storage.digest import best
from ctadata_jlab.storage.shapes import Alike, Repetition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ctadata_jlab.storage import Checksum

__all__ = [
    "CHECKSUMS",
    "LOCALITY",
    "MODIFIED",
    "ROOM",
    "SIZE",
    "TAG",
    "Found",
    "each",
    "is_online",
    "moment",
    "question",
    "read",
]

CHECKSUMS = "http://www.dcache.org/2013/webdav Checksums"
"""dCache: all stored checksums as one RFC 3230 string."""
LOCALITY = "http://srm.lbl.gov/StorageResourceManager FileLocality"
"""dCache: ONLINE, NEARLINE, ONLINE_AND_NEARLINE, UNAVAILABLE or LOST; costs the door a look-up per file."""
_LOCALITIES = {"ONLINE": True, "ONLINE_AND_NEARLINE": True, "NEARLINE": False}
ROOM = "DAV: quota-available-bytes"
"""How many bytes still fit into a folder (RFC 4331); few servers tell."""
SIZE, MODIFIED, TAG = "DAV: getcontentlength", "DAV: getlastmodified", "DAV: getetag"
_BASIC = (SIZE, MODIFIED, "DAV: resourcetype", TAG)
_MAX_TEXT = 65_536
_TEXTS = frozenset({*_BASIC, CHECKSUMS, LOCALITY, ROOM, "DAV: href", "DAV: status"}) - {"DAV: resourcetype"}


@dataclass(slots=True)
class Found:
    """One response of a multistatus, as the server wrote it; `status` is 200 unless the whole response says otherwise."""

    href: str = ""
    status: int = 200
    is_folder: bool = False
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int | None:
        """The length in bytes, None for folders and where the server does not say (a file being uploaded)."""
        text = self.properties.get(SIZE, "")
        return int(text) if text.isdigit() and not self.is_folder else None

    @property
    def modified(self) -> datetime | None:
        """When the bytes last changed."""
        return moment(self.properties.get(MODIFIED, ""))

    @property
    def etag(self) -> str:
        """The entity tag with its quotes, which wsgidav leaves out here but not in its headers."""
        text = self.properties.get(TAG, "")
        return text if not text or text.startswith(('"', "W/")) else f'"{text}"'

    @property
    def checksum(self) -> Checksum | None:
        """The stored checksum, None where the listing tells none."""
        return best(self.properties.get(CHECKSUMS))

    @property
    def online(self) -> bool | None:
        """Whether its bytes are on disk, None where the listing does not tell."""
        return is_online(self.properties.get(LOCALITY, ""))


def is_online(locality: str) -> bool | None:
    """Return False for what is on tape only; of a file whose pool is down (UNAVAILABLE, LOST) the server itself says what is wrong."""
    return _LOCALITIES.get(locality.upper())


def question(extra: Iterable[str] = ()) -> bytes:
    """Return the body that asks for what a listing shows, and for the *extra* properties, each as “namespace name”."""
    asked = "".join(_element(*name.split(" ")) for name in (*_BASIC, *extra))
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f'{head}<D:propfind xmlns:D="DAV:"><D:prop>{asked}</D:prop></D:propfind>'.encode()


def _element(namespace: str, name: str) -> str:
    return f"<D:{name}/>" if namespace == "DAV:" else f'<x:{name} xmlns:x="{namespace}"/>'


def read(chunks: Iterable[bytes], what: str) -> Iterator[Found | Alike]:
    """Yield the responses of a multistatus while its *chunks* arrive, those at once that are written alike; *what* names the question.

    Raises `BadAnswer` for anything that is not a multistatus, `Unreachable` for one that ends too early.
    """
    reader = Repetition(lambda: _Reader(what))
    for chunk in chunks:
        yield from reader.feed(chunk, last=False)
    yield from reader.feed(b"", last=True)


def each(responses: Iterable[Found | Alike]) -> Iterator[Found]:
    """Yield *responses* one by one."""
    for one in responses:
        if isinstance(one, Alike):
            yield from one.one_by_one()
        else:
            yield one


class _Reader:
    def __init__(self, what: str) -> None:
        self._what = what
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self.began = -1
        self._depth = 0
        self._fed = False
        self._buffer: list[str] | None = None
        self._length = 0
        self._response: Found | None = None
        self._propstat: Found | None = None
        self._ready: list[Found] = []

    @property
    def is_between(self) -> bool:
        return self._depth == 1

    def feed(self, chunk: bytes, *, last: bool) -> list[Found]:
        self._fed = self._fed or bool(chunk)
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            if last and self._fed and self._depth:
                raise Unreachable(f"The listing broke off before its end: {self._what}.") from None
            raise BadAnswer(
                f"The server's answer is not a WebDAV listing: {self._what} (line {error.lineno})."
            ) from None
        ready, self._ready = self._ready, []
        return ready

    def _doctype(self, *_: object) -> None:
        raise BadAnswer(
            f"The server's answer declares a document type, which a WebDAV listing never does: {self._what}."
        )

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "DAV: multistatus":
            raise BadAnswer(f"The server's answer is not a WebDAV listing: {self._what}.")
        if name == "DAV: response":
            self._response = Found()
            if self.began == -1:
                self.began = self._parser.CurrentByteIndex
        elif name == "DAV: propstat":
            self._propstat = Found()
        elif name == "DAV: collection" and self._propstat is not None:
            self._propstat.is_folder = True
        elif name in _TEXTS:
            self._buffer, self._length = [], 0

    def _text(self, data: str) -> None:
        if self._buffer is None:
            return
        self._length += len(data)
        if self._length > _MAX_TEXT:
            raise BadAnswer(f"The listing holds a value that is too long: {self._what}.")
        self._buffer.append(data)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name in _TEXTS and self._buffer is not None:
            self._take(name, "".join(self._buffer))
            self._buffer = None
        elif name == "DAV: propstat":
            self._merge()
        elif name == "DAV: response" and self._response is not None:
            self._ready.append(self._response)
            self._response = None

    def _take(self, name: str, text: str) -> None:
        if self._response is None:
            return
        if name == "DAV: href":
            self._response.href = self._response.href or text.strip("\r\n\t ")
        elif name == "DAV: status":
            (self._propstat or self._response).status = self._status(text)
        elif self._propstat is not None:
            self._propstat.properties[name] = text.strip()

    def _status(self, line: str) -> int:
        parts = line.split()
        if len(parts) < 2 or not parts[1].isdigit():
            raise BadAnswer(f"The listing holds a status that is none: {self._what}.")
        return int(parts[1])

    def _merge(self) -> None:
        part, self._propstat = self._propstat, None
        if part is not None and self._response is not None and part.status == 200:
            self._response.properties.update(part.properties)
            self._response.is_folder = self._response.is_folder or part.is_folder


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}


@lru_cache(4096)  # files of one run have few times
def moment(text: str) -> datetime | None:
    """Return the time that an HTTP date means (RFC 9110 §5.6.7), None for one that cannot be read."""
    try:
        if len(text) == 29 and text.endswith(" GMT"):
            return datetime.fromisoformat(f"{_day(text[5:16])}T{text[17:25]}+00:00")
        return _written_otherwise(text) if text else None
    except (ValueError, KeyError, TypeError):
        return None


@lru_cache(1024)
def _day(text: str) -> str:
    """Return ``14 Nov 2024`` as ISO 8601 writes it."""
    return f"{int(text[7:11]):04}-{_MONTHS[text[3:6]]:02}-{int(text[:2]):02}"


def _written_otherwise(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, and servers write the other one

    return parsedate_to_datetime(text).astimezone(timezone.utc)
