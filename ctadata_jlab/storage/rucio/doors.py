"""Where replicas are read: at the user's own sources, each with its own login; elsewhere without any.

The catalogue's token is the catalogue's. A replica's address leads to the source whose door it is, and that reads it as always: with its
token, its certificates, its pools. At a door that no source is configured for, bytes are asked for without a login: some are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ctadata_jlab import paths
from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import Corrupted, Forbidden, NotLoggedIn
from ctadata_jlab.http import origin, require_safe
from ctadata_jlab.storage import Entry
from ctadata_jlab.storage.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Checksum, Reader, Storage

__all__ = ["Door", "Doors", "https", "wants_login"]


@dataclass(frozen=True, slots=True)
class Door:
    """A source of the user's: what it is called, where its paths begin on its server, and its storage."""

    name: str
    title: str
    root: str
    storage: Storage

    def path(self, url: str) -> str | None:
        """Return what the file at *url* is called in this source; None if that lies outside its root."""
        path = paths.remote(unquote(urlsplit(url).path))
        if self.root == "/":
            return path
        return path[len(self.root) :] if path.startswith(self.root + "/") else None


class Doors:
    """Opens replicas; *find* tells the user's doors at an origin (``https://host:port``), *trust* is for those that no source has."""

    def __init__(self, find: Callable[[str], Sequence[Door]], trust: Trust) -> None:
        self._find = find
        self._trust = trust

    def behind(self, url: str) -> tuple[Door, str] | None:
        """Return the source that *url* belongs to and its path there, None if there is none, or the address is itself the permission."""
        if urlsplit(url).query:
            return None
        for door in self._find(origin(https(url))):
            path = door.path(url)
            if path is not None:
                return door, path
        return None

    def open(self, url: str, size: int | None, proof: Checksum | None) -> Reader:
        """Return a reader of the file at *url*, whose size and checksum the catalogue knows; `Corrupted` if the door tells of others."""
        found = self.behind(url)
        if found is None:
            return _Bare(Entry(paths.remote(urlsplit(url).path), "file", size, checksum=proof), https(url), self._trust)
        door, path = found
        try:
            reader = door.storage.open(path, Entry(path, "file", size, checksum=proof))
            told = reader.entry
        except NotLoggedIn as error:
            raise wants_login(door) from error
        is_other = proof and told.checksum and told.checksum.algorithm == proof.algorithm
        if told.size != size or (is_other and told.checksum and proof and not told.checksum.matches(proof)):
            with reader:
                raise Corrupted(f"{door.title} has other bytes than were registered: {paths.display(path)}.")
        return _Known(reader, door)


def https(url: str) -> str:
    """Return *url* as an address that libcurl knows: davs is WebDAV over https."""
    return "https" + url.removeprefix("davs") if url.startswith("davs:") else url


def wants_login(door: Door) -> NotLoggedIn:
    """Return what to tell the user: not the catalogue, but the door wants a login."""
    return NotLoggedIn(
        f"{door.title} wants a login, which is another than the catalogue's.",
        hint=f"Log in to the source {door.name} ({door.title}), then try again.",
        source=door.name,
    )


class _Known:
    """The reader of a door of the user's; a login that it lacks is the door's, not the catalogue's."""

    def __init__(self, reader: Reader, door: Door) -> None:
        self._reader = reader
        self._door = door

    @property
    def entry(self) -> Entry:
        """What the door says of it."""
        return self._reader.entry

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        try:
            self._reader.pour(start, end, sink)
        except NotLoggedIn as error:
            raise wants_login(self._door) from error

    def __enter__(self) -> _Known:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)


class _Bare:
    """A file that anybody with its address may read."""

    def __init__(self, entry: Entry, url: str, trust: Trust) -> None:
        require_safe(url)
        self.entry = entry
        self._url = url
        self._curl = Curl(url, trust)
        self._host = urlsplit(url).netloc

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        size = self.entry.size
        stop = size if end is None else end
        if stop is not None and start >= stop:
            return
        counted = Counted(sink)
        is_whole = start == 0 and stop == size
        what = f"{paths.display(self.entry.path)} at {self._host}"
        try:
            self._curl.get(self._url, what, counted, start=start, end=None if is_whole else stop)
        except (NotLoggedIn, Forbidden) as error:
            raise Forbidden(
                f"{self._host} wants a login, and no source is configured for it.",
                hint=f'Add it to ctadata.toml: a source with url = "https://{self._host}" and its login.',
            ) from error
        counted.require(None if stop is None else stop - start, what)

    def __enter__(self) -> _Bare:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._curl.close()
