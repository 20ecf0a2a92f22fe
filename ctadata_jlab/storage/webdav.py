"""Any WebDAV door (RFC 4918): Apache, nginx, wsgidav, XRootD, and what dCache has in common with them.

Listings and bytes go through libcurl, changes through one httpx client. Nothing is ever written on a final name: an upload goes to a
temporary name in the same folder, is checked there, and takes its name by MOVE.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from dataclasses import replace as changed
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ctadata_jlab import paths
from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    BadPath,
    Changed,
    Corrupted,
    CtaDataError,
    NotFound,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import failure
from ctadata_jlab.storage import Entry, Receipt, Traits, propfind, versions
from ctadata_jlab.storage.dialogue import Dialogue
from ctadata_jlab.storage.digest import QUESTION, best
from ctadata_jlab.storage.hrefs import Hrefs
from ctadata_jlab.storage.members import Members
from ctadata_jlab.storage.room import room_in
from ctadata_jlab.storage.temporary import temporary
from ctadata_jlab.storage.webdavreader import LARGE, Asked, WebDavReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

    from ctadata_jlab.curl import Answer
    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Checksum, Gathered, Reader, Scattered, ToScatter
    from ctadata_jlab.storage.patience import Patience
    from ctadata_jlab.storage.propfind import Found

__all__ = ["WebDav"]

_WANTED = "adler32;q=1,md5;q=0.5"


class WebDav:
    """The folder *root* of the WebDAV server at *url*; *title* names it in messages.

    *authorise* returns the header ``Authorization``, other than the refused one it is given; None for an open server. *pause* as in `Curl`.
    """

    traits = Traits(
        writable=True,
        resumes=True,
        checksums=("adler32", "md5"),
        connections=8,
        extras=frozenset({"gathers", "scatters"}),
    )
    properties: tuple[str, ...] = ()
    """Further properties to ask for, as “namespace name”."""

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        root: str = "/",
        authorise: Callable[[str | None], str] | None = None,
        http_pools: bool = False,
        pause: Callable[[float | None], object] | None = None,
    ) -> None:
        self.title = title
        self.server = Dialogue(title, url, trust, root, authorise, pause)
        self.curl = Curl(url, trust, authorise, http_pools=http_pools, pause=pause)
        self._hrefs = Hrefs(self.server.has_exactly)
        self._patience: Patience | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self.server.base!r})"

    def close(self) -> None:
        """Close all connections."""
        self.server.close()
        self.curl.close()

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds, as it arrives (PROPFIND, Depth 1)."""
        folder, read = paths.remote(folder), self._href_path
        members = Members(folder, read(self.server.url(folder)), self.server.what(folder), read, self._entry)
        for responses in self.server.responses(folder, 1, self.properties, folder=True):
            yield from members.told_by(responses)
        members.check()
        if members.is_empty:
            self._confirm_empty(folder)

    def stat(self, path: str) -> Entry:
        """Return the entry at *path* (PROPFIND, Depth 0). Its checksum may cost the server a look at all bytes, so `open` asks for it."""
        return self._look(path)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version *expect*, with the checksum that the server has stored (HEAD, RFC 3230) to prove its bytes."""
        entry = self._look(path) if expect is None else expect
        if entry.is_folder:
            raise Unsupported(f"{self.server.what(path)} is a folder, not a file.")
        if entry.checksum is None and entry.size is not None and entry.size >= LARGE:
            return WebDavReader(self, entry, Asked(lambda: self._proven(entry)))  # it may take as long as the bytes
        return WebDavReader(self, entry if entry.checksum is not None else self._proven(entry))

    def gather(self, wanted: Iterator[Entry | None], lines: int) -> Iterator[Gathered | None]:
        """Fetch many small files at once, as `Gathers` says; each is proven by HEAD, as when it is opened."""
        from ctadata_jlab.storage.gathering import Gathering  # noqa: PLC0415 - a listing needs none

        return Gathering(self, lines, self._short_way()).run(wanted)

    def scatter(self, wanted: Iterator[ToScatter | None], lines: int) -> Iterator[Scattered | None]:
        """Store many small files at once, as `Scatters` says."""
        from ctadata_jlab.storage.scattering import Scattering  # noqa: PLC0415 - as above

        patience = self._short_way()
        return Scattering(self, lines, patience, looks=self.server.is_xrootd).run(wanted)

    def _short_way(self) -> Patience:
        """Return the patience that many files at once take with this server; raises `Unsupported` while that is at its end."""
        from ctadata_jlab.storage.patience import Patience  # noqa: PLC0415 - as above

        self._know_the_server()
        if not self.server.is_known:
            raise Unsupported(f"It is not known what kind of server {self.title} is.")
        if self._patience is None:
            self._patience = Patience.with_xrootd(self.title) if self.server.is_xrootd else Patience(self.title)
        self._patience.require()
        return self._patience

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Send *body* to a temporary name, check size and checksum there, then rename."""
        path = paths.remote(path)
        self._know_the_server()
        self._may_replace(path, replace)
        part = temporary(path, ticket)
        try:
            self._send(part, body)
            stored, proof = self._verify(part, body)
            self._may_replace(path, replace)  # the upload took its time
            body.read(0)  # the last moment at which it may be stopped
        except BaseException:
            self._sweep(part)
            raise
        try:
            self._commit(part, path, stored, overwrite=replace is not False)
        except BaseException as error:
            if replace is False or self._is_surely_there(path):
                self._sweep(part)
            elif isinstance(error, CtaDataError):  # the old file may be gone: these bytes are all there is
                error.hint = f"The new file is whole, under the name {paths.name(part)} in the same folder: rename it."
            raise
        entry = changed(self._landed_at(path), checksum=proof)
        return Receipt(entry, verified_by=proof, commit="rename" if replace is False else "replace")

    def make_folder(self, path: str) -> None:
        """Make *path* and what is missing above it (MKCOL)."""
        path = paths.remote(path)
        if path == "/":
            return
        answer = self.server.ask("MKCOL", path, folder=True)
        if answer.status_code in {404, 409} and paths.parent(path) != "/" and not self._is_folder(path):
            self.make_folder(paths.parent(path))
            answer = self.server.ask("MKCOL", path, folder=True)
        if answer.is_error and not self._is_folder(path):
            raise self.server.failure(answer, path)

    def move(self, source: str, target: str) -> None:
        """Rename *source* (MOVE with ``Overwrite: F``), never onto something."""
        self._know_the_server()
        entry = self._look(source)
        if self._exists(target):
            raise AlreadyExists(f"{self.server.what(target)} exists already.")
        answer = self._rename(entry, target, overwrite=False)
        if answer.is_error:
            raise self.server.failure(answer, target)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; DELETE on a folder is recursive, so it is looked into first."""
        path = paths.remote(path)
        if path == "/":
            raise BadPath("The root folder cannot be removed.")
        entry = self._look(path)
        if entry.is_folder and next(iter(self.list(path)), None) is not None:
            raise Unsupported(f"{self.server.what(path)} is not empty.", hint="Delete it together with what it holds.")
        answer = self.server.ask("DELETE", path, folder=entry.is_folder)
        if answer.is_error or answer.status_code == 207:
            raise self.server.failure(answer, path)

    def room(self, folder: str) -> int | None:
        """Return how many bytes may still be stored in *folder*, None where the server does not tell."""
        return room_in(self.server, paths.remote(folder))

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Return nothing: a plain WebDAV server has no tape."""
        return ()

    # -- looking -----------------------------------------------------------------------------------------------------

    def _confirm_empty(self, folder: str) -> None:
        """Hear that the server says that *folder* is empty; raise if that is not so."""

    def _href_path(self, href: str) -> str:
        return self._hrefs.path(href, may_be_unquoted=self.server.is_xrootd)

    def _look(self, path: str) -> Entry:
        path = paths.remote(path)
        # to its end, so that the connection is kept
        answer = list(self.server.propfind(path, 0, self.properties, folder=False))
        if answer:
            self._require_same_name(path, answer[0].href)
            return self._entry(path, answer[0])
        raise BadAnswer(f"The server's answer holds nothing: {self.server.what(path)}.")

    def _entry(self, path: str, found: Found) -> Entry:
        if found.status >= 400:
            raise failure(found.status, self.server.what(path))
        size = found.size
        return Entry(
            path=path,
            kind="folder" if found.is_folder else "file",
            size=size,
            modified=found.modified,
            version=None if found.is_folder else versions.version_of(found.etag, size, found.properties),
            checksum=found.checksum,
            online=found.online,
        )

    def _require_same_name(self, path: str, href: str) -> None:
        """Refuse an answer about something else: XRootD cuts a path at its question mark."""
        name = self._href_path(href).rpartition("/")[2]
        if path != "/" and unicodedata.normalize("NFC", name) != unicodedata.normalize("NFC", paths.name(path)):
            raise NotFound(f"The server answers about {paths.display(name)} when asked for {self.server.what(path)}.")

    def _know_the_server(self) -> None:
        """Before the first write: some servers need to be written to in their own way. Its root need not be readable."""
        if not self.server.is_known:
            with suppress(CtaDataError):
                self._look("/")

    def _exists(self, path: str) -> bool:
        try:
            self._look(path)
        except NotFound:
            return False
        return True

    def _is_surely_there(self, path: str) -> bool:
        try:
            return self._exists(path)
        except CtaDataError:
            return False

    def _is_folder(self, path: str) -> bool:
        try:
            return self._look(path).is_folder
        except NotFound:
            return False

    def _proven(self, entry: Entry) -> Entry:
        """Return *entry* with its checksum; `Changed` if it is no longer what is there."""
        now, checksum = self._head(entry)
        if not versions.same(entry, now):
            raise Changed(f"{self.server.what(entry.path)} is no longer the version that was seen.")
        return changed(entry, checksum=checksum)

    def _head(self, entry: Entry) -> tuple[Entry, Checksum | None]:
        """Return *entry* as HEAD tells it now, and the stored checksum; a server without HEAD is asked by PROPFIND."""
        answer = self.server.ask("HEAD", entry.path, headers=QUESTION)
        if answer.status_code in {405, 501}:
            return self._look(entry.path), None
        if answer.is_error:
            raise self.server.failure(answer, entry.path)
        return self.told(entry, answer)

    def told(self, entry: Entry, answer: Answer | httpx.Response) -> tuple[Entry, Checksum | None]:
        """Return *entry* as the headers of the *answer* to HEAD tell it now, and its checksum."""
        size = answer.headers.get("content-length", "")
        headers = answer.headers
        now = changed(
            entry,
            size=int(size) if size.isdigit() else entry.size,
            modified=propfind.moment(headers.get("last-modified", "")),
            version=headers.get("etag"),
        )
        return now, best(headers.get("digest"))

    # -- uploads -----------------------------------------------------------------------------------------------------

    def _may_replace(self, path: str, replace: Entry | bool) -> None:
        if replace is False:
            return  # the rename refuses, and costs no look
        try:
            there = self._look(path)
        except NotFound:
            if isinstance(replace, Entry):
                raise Changed(f"{self.server.what(path)} is no longer there.") from None
            return
        if there.is_folder:
            raise AlreadyExists(f"{self.server.what(path)} is a folder.")
        if isinstance(replace, Entry) and not versions.same(replace, there):
            raise Changed(f"{self.server.what(path)} is no longer the version that was seen.")

    def _send(self, part: str, body: Body) -> Answer:
        url, what = self.server.url(part), self.server.what(part)
        headers = {"Want-Digest": _WANTED}
        try:
            return self.curl.put(url, what, body, headers=headers)
        except (NotFound, AlreadyExists, Unreachable) as error:  # nginx answers 500 where the folder is missing
            if not isinstance(error, NotFound) and self._is_folder(paths.parent(part)):
                raise
            self.make_folder(paths.parent(part))  # which is no error if another upload has made it meanwhile
            return self.curl.put(url, what, body, headers=headers)

    def _verify(self, part: str, body: Body) -> tuple[Entry, Checksum | None]:
        stored, theirs = self._head(Entry(part, "file"))
        if stored.size is None:
            stored = self._look(part)
        if stored.size is not None and stored.size != body.size:
            raise Corrupted(f"{body.size} bytes were sent, {stored.size} were stored: {self.server.what(part)}.")
        ours = body.checksum(theirs.algorithm) if theirs else None
        if theirs and ours and not theirs.matches(ours):
            what = self.server.what(part)
            raise Corrupted(f"The server stored other bytes than were sent ({theirs}, sent {ours}): {what}.")
        return stored, ours

    def _commit(self, part: str, path: str, stored: Entry, *, overwrite: bool) -> None:
        """Give *part* its final name; when the answer is lost, look whether it happened."""
        if self.server.is_xrootd and not overwrite and self._exists(path):  # it ignores `Overwrite: F` and replaces
            raise AlreadyExists(f"{self.server.what(path)} exists already.")
        try:
            answer = self._rename(stored, path, overwrite=overwrite)
        except Unreachable:
            if not self._exists(part) and self._look(path).size == stored.size:
                return
            raise
        if answer.is_error:
            raise self.server.failure(answer, path)

    def _rename(self, entry: Entry, target: str, *, overwrite: bool) -> httpx.Response:
        headers = {
            "Destination": self.destination(target, folder=entry.is_folder),
            "Overwrite": "T" if overwrite else "F",
        }
        return self.server.ask("MOVE", entry.path, folder=entry.is_folder, headers=headers)

    def destination(self, path: str, *, folder: bool = False) -> str:
        """Return how the server wants to read the new name of what is renamed to *path*."""
        url = self.server.url(path, folder=folder)
        return unquote(url) if self.server.is_xrootd else url  # it takes a Destination as it is written

    def _landed_at(self, path: str) -> Entry:
        try:
            return self._look(path)
        except NotFound as error:
            raise BadAnswer(
                f"The server said that it stored {self.server.what(path)}, but it is not there.",
                hint="Look for the file in the folder, perhaps under a shortened name, and tell the server's administrators.",
            ) from error

    def _sweep(self, part: str) -> None:
        """Remove our own temporary, as well as that is possible now; its name tells a successor whose it was."""
        try:
            self.server.ask("DELETE", part)
        except CtaDataError:
            return
