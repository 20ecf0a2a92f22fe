"""Any WebDAV door (RFC 4918): Apache, nginx, wsgidav, XRootD, and what dCache has in common with them.

Questions go through one httpx client, bytes through libcurl. Nothing is ever written on a final name: an upload goes to a
temporary name in the same folder, is checked there, and takes its name by MOVE.
"""

from __future__ import annotations

import re
import ssl
from contextlib import contextmanager
from dataclasses import replace as changed
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes, urljoin, urlsplit

import httpx

from ctadata_jlab import paths
from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    BadPath,
    Changed,
    Corrupted,
    CtaDataError,
    Misconfigured,
    NotFound,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import client, failure, origin
from ctadata_jlab.storage import Checksum, Entry, Receipt, Traits, propfind
from ctadata_jlab.storage.digest import best

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from ctadata_jlab.curl import Answer
    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Reader
    from ctadata_jlab.storage.propfind import Found

__all__ = ["PART_SUFFIX", "WebDav"]

PART_SUFFIX = ".ctapart"
"""What the temporary names of uploads end with; listings leave them out."""
_WANTED = "adler32;q=1,md5;q=0.5"


class WebDav:
    """The folder *root* of the WebDAV server at *url*; *title* names it in messages.

    *auth* signs the questions, *authorise* the transfers; both are None for an open server.
    """

    traits = Traits(writable=True, resumes=True, checksums=("adler32", "md5"), connections=8)
    properties: tuple[str, ...] = ()
    """Further properties to ask for, as “namespace name”."""

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        root: str = "/",
        auth: httpx.Auth | None = None,
        authorise: Callable[[str | None], str] | None = None,
        http_pools: bool = False,
    ) -> None:
        parts = urlsplit(url)
        self.title = title
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._root = paths.join(parts.path or "/", root)
        self._writes_unquoted = False
        self._is_xrootd = False
        self.http = client(self._base, trust, auth)
        self.curl = Curl(url, trust, authorise, http_pools=http_pools)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self._base!r})"

    def close(self) -> None:
        """Close all connections."""
        self.http.close()
        self.curl.close()

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds, as it arrives (PROPFIND, Depth 1)."""
        for entry in self._children(folder):
            if not _is_part(entry.name):
                yield entry

    def stat(self, path: str) -> Entry:
        """Return the entry at *path* (PROPFIND, Depth 0), with the checksum that the server has stored (RFC 3230)."""
        entry = self._look(path)
        return entry if entry.is_folder or entry.checksum else changed(entry, checksum=self._head(entry)[1])

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version *expect*, asked from the door just before."""
        if expect is None:
            entry = self.stat(path)
            if entry.is_folder:
                raise Unsupported(f"{self._what(path)} is a folder, not a file.")
            return _WebDavReader(self, entry)
        now, checksum = self._head(expect)
        if not _same(expect, now):
            raise Changed(f"{self._what(path)} is no longer the version that was seen.")
        return _WebDavReader(self, changed(expect, checksum=checksum or expect.checksum))

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Send *body* to a temporary name, check size and checksum there, then rename."""
        path = paths.remote(path)
        self._may_replace(path, replace)
        part = paths.join(paths.parent(path), paths.shortened(f"{paths.name(path)}.{ticket}", ".", PART_SUFFIX))
        try:
            self._send(part, body)
            stored, proof = self._verify(part, body)
            self._commit(part, path, stored, overwrite=replace is not False)
        except BaseException:
            self._sweep(part)
            raise
        entry = changed(self._landed_at(path), checksum=proof)
        return Receipt(entry, verified_by=proof, commit="rename" if replace is False else "replace")

    def make_folder(self, path: str) -> None:
        """Make *path* and what is missing above it (MKCOL)."""
        path = paths.remote(path)
        if path == "/":
            return
        answer = self.ask("MKCOL", path, folder=True)
        if answer.status_code in {404, 409} and paths.parent(path) != "/" and not self._is_folder(path):
            self.make_folder(paths.parent(path))
            answer = self.ask("MKCOL", path, folder=True)
        if answer.is_error and not self._is_folder(path):
            raise self._failure(answer, path)

    def move(self, source: str, target: str) -> None:
        """Rename *source* (MOVE with ``Overwrite: F``), never onto something."""
        entry = self._look(source)
        if self._exists(target):
            raise AlreadyExists(f"{self._what(target)} exists already.")
        answer = self._rename(entry, target, overwrite=False)
        if answer.is_error:
            raise self._failure(answer, target)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; DELETE on a folder is recursive, so it is looked into first."""
        path = paths.remote(path)
        if path == "/":
            raise BadPath("The root folder cannot be removed.")
        entry = self._look(path)
        if entry.is_folder and next(iter(self.list(path)), None) is not None:
            raise Unsupported(f"{self._what(path)} is not empty.", hint="Delete it together with what it holds.")
        answer = self.ask("DELETE", path, folder=entry.is_folder)
        if answer.is_error or answer.status_code == 207:
            raise self._failure(answer, path)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Return nothing: a plain WebDAV server has no tape."""
        return ()

    # -- questions ---------------------------------------------------------------------------------------------------

    def ask(
        self,
        method: str,
        path: str,
        *,
        folder: bool = False,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response:
        """Return the server's whole answer to *method* on *path*."""
        with self._stream(method, path, folder=folder, headers=headers, content=content) as answer:
            answer.read()
            return answer

    def url(self, path: str, *, folder: bool = False) -> str:
        """Return the URL of *path*; a folder's ends with a slash. Paths may be written with or without the root's own prefix."""
        whole = paths.remote(path)
        if self._root not in {"/", whole} and not whole.startswith(self._root + "/"):
            whole = paths.join(self._root, whole)
        if self._is_xrootd and "?" in whole:
            raise Unsupported(
                f"{self.title} (XRootD) cannot speak of a name with a question mark: {paths.display(path)}.",
                hint="Rename the file without '?'.",
            )
        return self._base + paths.quoted(whole) + ("/" if folder and whole != "/" else "")

    @contextmanager
    def _stream(
        self, method: str, path: str, *, folder: bool, headers: Mapping[str, str] | None, content: bytes
    ) -> Iterator[httpx.Response]:
        url = self.url(path, folder=folder)
        sent = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        with self._mapped(path):
            for _ in range(3):
                with self.http.stream(method, url, headers=sent, content=content) as answer:
                    if not answer.has_redirect_location:
                        yield answer
                        return
                    url = self._elsewhere(url, answer, path)
        raise BadAnswer(f"The server redirects without end: {self._what(path)}.")

    def _elsewhere(self, url: str, answer: httpx.Response, path: str) -> str:
        target = urljoin(url, answer.headers["location"])
        if origin(target) != origin(self._base):
            raise BadAnswer(
                f"The server sends the question elsewhere, to {urlsplit(target).hostname}: {self._what(path)}."
            )
        return target

    def _propfind(self, path: str, depth: int, *, folder: bool) -> Iterator[Found]:
        headers = {"Depth": str(depth), "Content-Type": "application/xml; charset=utf-8"}
        content = propfind.question(self.properties)
        with self._stream("PROPFIND", path, folder=folder, headers=headers, content=content) as answer:
            if answer.is_error:
                answer.read()
                raise self._failure(answer, path)
            if answer.status_code != 207:
                raise BadAnswer(
                    f"The server answered {answer.status_code} instead of a WebDAV listing: {self._what(path)}."
                )
            self._is_xrootd = answer.headers.get("server", "").lower().startswith("xrootd")
            yield from propfind.read(answer.iter_bytes(), self._what(path))

    def _children(self, folder: str) -> Iterator[Entry]:
        folder = paths.remote(folder)
        base = self._href_path(self.url(folder))
        seen_self = False
        for found in self._propfind(folder, 1, folder=True):
            path = self._href_path(found.href)
            if not seen_self and _is_self(path, base, folder):
                seen_self, base = True, path
                if not found.is_folder:
                    raise NotFound(f"{self._what(folder)} is a file, not a folder.")
                continue
            yield self._entry(paths.join(folder, self._child(path, base, folder)), found)
        if not seen_self:
            raise BadAnswer(f"The listing does not contain the folder itself: {self._what(folder)}.")

    def _child(self, path: str, base: str, folder: str) -> str:
        above, _, name = path.rpartition("/")
        if not name or name in {".", ".."} or "\0" in name or above != base.rstrip("/"):
            raise BadAnswer(
                f"The listing of {self._what(folder)} holds something that is not in it: {paths.display(path)}."
            )
        return name

    def _href_path(self, href: str) -> str:
        raw = "/" + href.split("/", 3)[-1] if href.startswith(("http://", "https://")) else href
        if self._is_unquoted(raw):
            return raw.rstrip("/")
        try:
            return unquote_to_bytes(raw).decode().rstrip("/")
        except UnicodeDecodeError as error:
            raise BadAnswer(f"A name on {self.title} is not UTF-8: {paths.display(href)}.") from error

    def _is_unquoted(self, href: str) -> bool:
        """Whether this server writes paths as they are (XRootD 5.5 does), against RFC 4918 §8.3.

        A character that no URI may hold gives it away. ``a%20b`` alone does not, so there the server is asked once.
        """
        if _NOT_IN_A_URI.search(href):
            self._writes_unquoted = True
        if self._writes_unquoted or "%" not in href:
            return self._writes_unquoted
        if self._is_xrootd and self._exists_exactly(href):
            self._writes_unquoted = True
        return self._writes_unquoted

    def _exists_exactly(self, raw: str) -> bool:
        answer = self.http.request("PROPFIND", self._base + paths.quoted(raw), headers={"Depth": "0"}, content=b"")
        return answer.status_code == 207

    def _look(self, path: str) -> Entry:
        path = paths.remote(path)
        for found in self._propfind(path, 0, folder=False):
            return self._entry(path, found)
        raise BadAnswer(f"The server's answer holds nothing: {self._what(path)}.")

    def _entry(self, path: str, found: Found) -> Entry:
        if found.status >= 400:
            raise failure(found.status, self._what(path))
        size, modified = found.size, found.modified
        return Entry(
            path=path,
            kind="folder" if found.is_folder else "file",
            size=size,
            modified=modified,
            version=None if found.is_folder else found.etag or _version(size, found.properties),
            checksum=best(found.properties.get(propfind.CHECKSUMS)),
            online=_online(found.properties.get(propfind.LOCALITY)),
        )

    def _exists(self, path: str) -> bool:
        try:
            self._look(path)
        except NotFound:
            return False
        return True

    def _is_folder(self, path: str) -> bool:
        try:
            return self._look(path).is_folder
        except NotFound:
            return False

    def _head(self, entry: Entry) -> tuple[Entry, Checksum | None]:
        """Return *entry* as HEAD tells it now, and the stored checksum; a server without HEAD is asked by PROPFIND."""
        answer = self.ask("HEAD", entry.path, headers={"Want-Digest": _WANTED, "Accept-Encoding": "identity"})
        if answer.status_code in {405, 501}:
            return self._look(entry.path), None
        if answer.is_error:
            raise self._failure(answer, entry.path)
        size = answer.headers.get("content-length", "")
        now = changed(
            entry,
            size=int(size) if size.isdigit() else entry.size,
            modified=propfind.moment(answer.headers.get("last-modified", "")),
            version=answer.headers.get("etag"),
        )
        return now, best(answer.headers.get("digest"))

    # -- uploads -----------------------------------------------------------------------------------------------------

    def _may_replace(self, path: str, replace: Entry | bool) -> None:
        try:
            there = self._look(path)
        except NotFound:
            if isinstance(replace, Entry):
                raise Changed(f"{self._what(path)} is no longer there.") from None
            return
        if there.is_folder:
            raise AlreadyExists(f"{self._what(path)} is a folder.")
        if replace is False:
            raise AlreadyExists(f"{self._what(path)} exists already.")
        if isinstance(replace, Entry) and not _same(replace, there):
            raise Changed(f"{self._what(path)} is no longer the version that was seen.")

    def _send(self, part: str, body: Body) -> Answer:
        url, what = self.url(part), self._what(part)
        headers = {"Want-Digest": _WANTED}
        try:
            return self.curl.put(url, what, body, headers=headers)
        except (NotFound, AlreadyExists, Unreachable):  # nginx answers 500 where the folder is missing
            if self._is_folder(paths.parent(part)):
                raise
            self.make_folder(paths.parent(part))
            return self.curl.put(url, what, body, headers=headers)

    def _verify(self, part: str, body: Body) -> tuple[Entry, Checksum | None]:
        stored = self._look(part)
        if stored.size is not None and stored.size != body.size:
            raise Corrupted(f"{body.size} bytes were sent, {stored.size} were stored: {self._what(part)}.")
        theirs = stored.checksum or self._head(stored)[1]
        ours = body.checksum(theirs.algorithm) if theirs else None
        if theirs and ours and not theirs.matches(ours):
            raise Corrupted(
                f"The server stored other bytes than were sent ({theirs}, sent {ours}): {self._what(part)}."
            )
        return stored, ours

    def _commit(self, part: str, path: str, stored: Entry, *, overwrite: bool) -> None:
        """Give *part* its final name; when the answer is lost, look whether it happened."""
        if self._is_xrootd and not overwrite and self._exists(path):  # it ignores `Overwrite: F` and replaces
            raise AlreadyExists(f"{self._what(path)} exists already.")
        try:
            answer = self._rename(stored, path, overwrite=overwrite)
        except Unreachable:
            if self._landed(part, path, stored):
                return
            raise
        if answer.is_error:
            raise self._failure(answer, path)

    def _landed(self, part: str, path: str, stored: Entry) -> bool:
        return not self._exists(part) and self._look(path).size == stored.size

    def _landed_at(self, path: str) -> Entry:
        try:
            return self._look(path)
        except NotFound as error:
            raise BadAnswer(
                f"The server said that it stored {self._what(path)}, but it is not there.",
                hint="Look for the file in the folder, perhaps under a shortened name, and tell the server's administrators.",
            ) from error

    def _rename(self, entry: Entry, target: str, *, overwrite: bool) -> httpx.Response:
        destination = self.url(target, folder=entry.is_folder)
        if self._is_xrootd:  # it takes a Destination as it is written
            destination = unquote(destination)
        headers = {"Destination": destination, "Overwrite": "T" if overwrite else "F"}
        return self.ask("MOVE", entry.path, folder=entry.is_folder, headers=headers)

    def _sweep(self, part: str) -> None:
        """Remove our own temporary, as well as that is possible now; its name tells a successor whose it was."""
        try:
            self.ask("DELETE", part)
        except CtaDataError:
            return

    # -- words -------------------------------------------------------------------------------------------------------

    def _what(self, path: str) -> str:
        return f"{paths.display(path)} on {self.title}"

    def _failure(self, answer: httpx.Response, path: str) -> CtaDataError:
        status = 403 if answer.status_code == 207 else answer.status_code
        return failure(status, self._what(path), answer.reason_phrase, answer.headers)

    @contextmanager
    def _mapped(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Misconfigured(
                    f"The certificate of {self.title} is not trusted.",
                    hint="Set `ca` of this source to the site's authority.",
                ) from None
            raise Unreachable(
                f"The connection to {self.title} failed: {self._what(path)} ({type(error).__name__})."
            ) from None


class _WebDavReader:
    """One version of a file behind a door; bytes come by GET with Range, in parallel if wanted."""

    def __init__(self, door: WebDav, entry: Entry) -> None:
        self.entry = entry
        self._door = door

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        size = self.entry.size
        stop = size if end is None else end
        if stop is not None and start >= stop:
            return
        is_whole = start == 0 and stop == size
        url, what = self._door.url(self.entry.path), self._door._what(self.entry.path)  # noqa: SLF001
        count = _Counted(sink)
        self._door.curl.get(url, what, count, start=start, end=None if is_whole else stop, accept=self._accept)
        if stop is not None and count.total != stop - start:
            raise Corrupted(f"{stop - start} bytes were expected, {count.total} came: {what}.")

    def _accept(self, answer: Answer) -> None:
        """Refuse another version's bytes where the one who sends them tells the version (a dCache pool does not)."""
        etag, version = answer.headers.get("etag"), self.entry.version
        if etag and version and _is_etag(version) and _weak(etag) != _weak(version):
            raise Changed(f"{self._door._what(self.entry.path)} changed while it was read.")  # noqa: SLF001

    def __enter__(self) -> _WebDavReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class _Counted:
    """A sink that knows how much went through it."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self._sink = sink
        self.total = 0

    def __call__(self, data: bytes) -> None:
        self._sink(data)
        self.total += len(data)


_NOT_IN_A_URI = re.compile(r"""[^\x21-\x7e]|["<>\\^`{|}?#]|%(?![0-9A-Fa-f]{2})""")


def _is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(PART_SUFFIX)


def _is_self(path: str, base: str, folder: str) -> bool:
    return path == base or (path.rpartition("/")[2] == paths.name(folder) and path.endswith(folder.rstrip("/")))


def _version(size: int | None, properties: Mapping[str, str]) -> str | None:
    modified = properties.get("DAV: getlastmodified")
    return f"{modified};{size}" if modified else None


def _is_etag(version: str) -> bool:
    return version.startswith(('"', "W/"))


def _weak(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def _same(expect: Entry, now: Entry) -> bool:
    """Whether *now* is the version *expect*, by the strongest sign that both carry: entity tag, else time and size."""
    if expect.version and now.version and _is_etag(expect.version) and _is_etag(now.version):
        return _weak(expect.version) == _weak(now.version)
    times = (
        expect.modified is None
        or now.modified is None
        or int(expect.modified.timestamp()) == int(now.modified.timestamp())
    )
    return times and (expect.size is None or now.size is None or expect.size == now.size)


def _online(locality: str | None) -> bool | None:
    return None if locality is None else locality.upper() in {"ONLINE", "ONLINE_AND_NEARLINE"}
