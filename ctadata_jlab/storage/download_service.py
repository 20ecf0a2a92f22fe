"""The platform's download service: dCache by way of the hub, for those who have a hub's token and no login of their own.

It speaks JSON over the storage (Flask, ``list``, ``fetch``, ``upload``), with manners of its own: it tells no version, no
checksum and no length, ignores ranges, answers the fetch of a missing file with 200, and lets everybody write into one folder
only, ``lst|cta/users/<user>``, which is readable for all members. So what comes is measured against the listing, and uploads
that would replace something are refused: the service reports them as failed after it has stored them.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx

from ctadata_jlab import paths
from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    Changed,
    Corrupted,
    Forbidden,
    NotFound,
    NotLoggedIn,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import client, failure
from ctadata_jlab.storage import Entry, Receipt, Traits
from ctadata_jlab.storage.servicereader import TOKEN_HINT, ServiceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Reader

__all__ = ["READABLE_BY_ALL", "DownloadService", "Uploaded"]

READABLE_BY_ALL = "All members and all users of the platform can read it."
"""What must be told of everything that is uploaded here."""
Entries = list[Entry]
_OWN = re.compile(r"^/(?:lst|cta)/users/[^/]+/(.+)$")
_PIECE = 256 * 1024


class Uploaded(dict[str, Any]):
    """What the service says of an upload: ``path``, ``status``, ``total_written``."""


class DownloadService:
    """The service at *url*. *authorise* shows the hub's token, in the Authorization header only (the old client put it into URLs, too).

    *user* is the name of who asks, if it is known: the folder that the service makes of it is looked at before each upload.
    """

    traits = Traits(writable=True, connections=4)

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        authorise: Callable[[str | None], str] | None = None,
        user: str = "",
    ) -> None:
        parts = urlsplit(url)
        self.title = title
        self.base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.http = client(f"{parts.scheme}://{parts.netloc}", trust, None, connections=4)
        self.curl = Curl(self.base, trust, authorise)
        self._authorise = authorise
        self._own = [f"/{top}/users/{_fragment(user)}" for top in ("lst", "cta")] if user else []

    def __repr__(self) -> str:
        return f"DownloadService({self.title!r}, {self.base!r})"

    def close(self) -> None:
        """Close all connections."""
        self.http.close()
        self.curl.close()

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds (``GET list/<folder>``)."""
        own, *below = self._listed(paths.remote(folder))
        if not own.is_folder:
            raise NotFound(f"{self._what(folder)} is a file, not a folder.")
        for entry in below:
            if paths.parent(entry.path) != own.path:
                raise BadAnswer(f"The listing of {self._what(folder)} holds {paths.display(entry.path)}.")
            yield entry

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*; of a folder, the service lists all that is in it to tell."""
        return self._listed(paths.remote(path))[0]

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version that is listed now; each reading of it begins at the first byte."""
        entry = self.stat(path)
        if entry.is_folder:
            raise Unsupported(f"{self._what(path)} is a folder, not a file.")
        if expect is not None and (expect.size, expect.version) != (entry.size, entry.version):
            raise Changed(f"{self._what(path)} is no longer the version that was seen.")
        return ServiceReader(entry, f"{self.base}/fetch{paths.quoted(entry.path)}", self._what(path), self.curl)

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:  # noqa: ARG002 - it has no names for parts
        """Store *body* under *path*, which must lie in the user's own folder; `AlreadyExists` also when it was to be replaced."""
        path = paths.remote(path)
        inside = _OWN.match(path)
        if inside is None:
            raise Forbidden(
                f"The download service does not let anybody write {self._what(path)}.",
                hint="Upload into your own folder, lst/users/<you> or cta/users/<you>.",
            )
        if isinstance(replace, Entry):
            self._require_absent(path)
        uploaded = self.upload(inside[1], body, expect=path)
        return Receipt(self.stat("/" + uploaded["path"].lstrip("/")), verified_by=None, commit="direct")

    def upload(self, path: str, body: Body, *, expect: str | None = None) -> Uploaded:
        """Store *body* as *path* in the user's own folder, wherever the service has that; return where, as it says.

        With *expect*, it must be there. The service sends what it gets straight on, so that a transfer that breaks off may
        leave a beginning; that is an error, and it is looked at the result's size before it is called a success.
        """
        target = paths.remote(path)
        for place in [expect] if expect is not None else [f"{folder}{target}" for folder in self._own]:
            self._require_absent(place)
        body.rewind()
        try:
            said = self._said(self._upload(target, body), path)
        except NotFound:  # the folder above is missing
            self._make_own_folder(paths.parent(target))
            body.rewind()
            said = self._said(self._upload(target, body), path)
        stored = "/" + str(said.get("path", "")).strip("/")
        if expect is not None and stored != expect:
            raise Forbidden(f"The service has stored it elsewhere, as {paths.display(stored)}.", hint=READABLE_BY_ALL)
        size = self.stat(stored).size
        if body.size != size or said.get("total_written") != size:
            raise Corrupted(f"{body.size} bytes were sent, {size} are there: {self._what(stored)}.")
        self._own = [stored.removesuffix(target)]
        return said

    def _make_own_folder(self, path: str) -> None:
        """Make *path* in the user's own folder; which of the candidates that is, the service knows by what it lets us make."""
        if not any(self._could_make(folder + path) for folder in self._own):
            raise NotFound(
                f"The folder above does not exist, and it is not known where your own folder is: {self._what(path)}.",
                hint="Set JUPYTERHUB_USER to your name at the hub, or upload without folders.",
            )

    def _could_make(self, path: str) -> bool:
        try:
            self.make_folder(path)
        except (Forbidden, NotFound):
            return False
        return True

    def make_folder(self, path: str) -> None:
        """Make the folder *path* and those above it, in the user's own folder (MKCOL, through the service's WebDAV)."""
        path = paths.remote(path)
        try:
            if self.stat(path).is_folder:
                return
        except NotFound:
            pass
        else:
            raise AlreadyExists(f"{self._what(path)} is a file, not a folder.")
        if paths.parent(path).count("/") > 1:  # nobody makes the tops, or the folder of all users
            self.make_folder(paths.parent(path))
        answer = self._ask("MKCOL", f"webdav{paths.quoted(path)}/", path)
        if answer.is_error and answer.status_code != 405:
            raise self._failure(answer, path)

    def move(self, source: str, target: str) -> None:  # noqa: ARG002 - nothing is moved
        """Say that the service cannot."""
        raise self._cannot("rename")

    def remove(self, path: str) -> None:  # noqa: ARG002 - nothing is removed
        """Say that the service cannot."""
        raise self._cannot("remove")

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - it does not tell what is on tape
        """Return nothing: the service does not tell what is on tape."""
        return ()

    # -- the conversation ----------------------------------------------------------------------------------------------

    def _what(self, path: str) -> str:
        return f"{paths.display(path)} on {self.title}"

    def _listed(self, path: str) -> Entries:
        """Return *path* itself, then what it holds."""
        answer = self._ask("GET", f"list{paths.quoted(path)}", path)
        if answer.is_error or answer.is_redirect:
            raise self._failure(answer, path)
        found = self._json(answer, path)
        if not isinstance(found, list) or not found:
            raise BadAnswer(f"The service's answer holds nothing: {self._what(path)}.")
        entries = [self._entry(facts, path) for facts in found]
        own = entries[0]
        if path == "/":
            entries[0] = Entry("/", "folder")  # the service calls its own root a file
        elif own.path != path:
            raise BadAnswer(f"The service answers about {paths.display(own.path)} when asked for {self._what(path)}.")
        return entries

    def _entry(self, facts: Any, path: str) -> Entry:
        try:
            href, kind = unquote(facts["href"]), facts["type"]
            size = int(facts["size"]) if kind == "file" and "size" in facts else None
            when = facts.get("mtime")
        except (TypeError, KeyError, ValueError) as error:
            raise BadAnswer(f"The service's listing cannot be read: {self._what(path)}.") from error
        return Entry(
            path=paths.remote(href),
            kind="folder" if kind == "directory" else "file",
            size=size,
            modified=_moment(when),
            version=None if kind == "directory" else f"{when}-{size}",
        )

    def _ask(
        self, method: str, url: str, path: str, body: Body | None = None, kind: str = "application/json"
    ) -> httpx.Response:
        refused: str | None = None
        for _ in range(2):
            headers = {"Content-Type": kind}
            if self._authorise is not None:
                headers["Authorization"] = self._authorise(refused)
            content = None if body is None else iter(lambda: body.read(_PIECE), b"")
            with self._mapped(path):
                answer = self.http.request(method, f"{self.base}/{url}", headers=headers, content=content)
            if answer.status_code != 401 or self._authorise is None:
                break
            refused = headers["Authorization"]
            if body is not None:
                body.rewind()
        return answer

    def _upload(self, target: str, body: Body) -> httpx.Response:
        return self._ask("POST", f"upload{paths.quoted(target)}", target, body, "application/octet-stream")

    def _said(self, answer: httpx.Response, path: str) -> Uploaded:
        """Return what the service says of an upload, or raise why it failed."""
        if answer.status_code == 204:
            raise AlreadyExists(
                f"The service says that {self._what(path)} was there before, and that it has replaced it.",
                hint="Look whether it is now as you want it; next time choose a new name.",
            )
        if answer.is_error or answer.is_redirect:
            raise self._failure(answer, path)
        return Uploaded(self._json(answer, path))

    @contextmanager
    def _mapped(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError:
            raise Unreachable(f"{self.title} cannot be reached, or broke off: {paths.display(path)}.") from None

    def _json(self, answer: httpx.Response, path: str) -> Any:
        try:
            return json.loads(answer.content)
        except ValueError as error:
            raise BadAnswer(f"The service's answer is no JSON: {self._what(path)}.") from error

    def _failure(self, answer: httpx.Response, path: str) -> Exception:
        if answer.is_redirect:
            return NotLoggedIn(
                f"The download service wants a valid token of the hub for {self._what(path)}.", hint=TOKEN_HINT
            )
        error = failure(answer.status_code, self._what(path), answer.reason_phrase, answer.headers)
        if isinstance(error, NotLoggedIn):
            error.hint = TOKEN_HINT
        return error

    def _require_absent(self, path: str) -> None:
        try:
            self.stat(path)
        except NotFound:
            return
        raise AlreadyExists(
            f"{self._what(path)} exists already, and the download service cannot replace it safely.",
            hint="Choose another name.",
        )

    def _cannot(self, act: str) -> Unsupported:
        return Unsupported(
            f"The download service cannot {act} anything.", hint="Ask for support, or use dCache itself."
        )


def _moment(text: object) -> datetime | None:
    try:
        return parsedate_to_datetime(str(text)) if text else None
    except ValueError:
        return None


def _fragment(user: str) -> str:
    """Return the name of the folder that the service makes of *user*; it loses digits from 2 on, so that two users may share one."""
    return re.sub(r"[^0-1a-z]", "_", user.lower())
