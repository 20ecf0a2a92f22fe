"""Onedata's spaces over CDMI (SNIA, ISO/IEC 17826:2012), as an Oneprovider serves it: spaces are the first folders.

CDMI tells neither checksums nor entity tags: a version is a time and a size, and what was stored is checked by its size. A listing
tells names alone, so that each child is looked at, several at once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

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
from ctadata_jlab.http import client, failure
from ctadata_jlab.storage import Entry, Receipt, Traits, versions
from ctadata_jlab.storage.counted import Counted
from ctadata_jlab.storage.temporary import is_temporary, temporary
from ctadata_jlab.storage.turns import Authorised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Reader

__all__ = ["Onedata"]

_HEADER = "X-Auth-Token"
_VERSION = {"X-CDMI-Specification-Version": "1.1.1"}
_FOLDER, _FILE = "application/cdmi-container", "application/cdmi-object"
_AT_ONCE = 8


class Onedata:
    """The Oneprovider at *url* (``https://host``), from the folder *root* on, such as ``/space/folder``.

    *authorise* returns ``Bearer TOKEN`` as for any other server; Onedata is told the token by a header of its own.
    """

    traits = Traits(writable=True, resumes=True, connections=4)

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        root: str = "/",
        authorise: Callable[[str | None], str] | None = None,
    ) -> None:
        token = None if authorise is None else _bare(authorise)
        self.title = title
        self.curl = Curl(url, trust, token, header=_HEADER)
        self._base = f"{url.rstrip('/').removesuffix('/cdmi')}/cdmi"
        self._root = paths.remote(root)
        auth = None if token is None else _Signed(token, url)
        self._http = client(self._base, trust, auth, connections=_AT_ONCE + 4)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self._base!r})"

    def close(self) -> None:
        """Close all connections."""
        self._http.close()
        self.curl.close()

    # -- looking -------------------------------------------------------------------------------------------------------

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds; one that goes away meanwhile is not there."""
        folder = paths.remote(folder)
        told = self._json(folder, "", is_folder=True)
        if "children" not in told:
            raise NotFound(f"{self.what(folder)} is a file, not a folder.")
        names = [str(name) for name in told["children"] if not is_temporary(str(name))]
        with ThreadPoolExecutor(_AT_ONCE, "ctadata-onedata") as pool:
            for entry in pool.map(lambda name: self._child(folder, name), names):
                if entry is not None:
                    yield entry

    def listing(self, path: str) -> httpx.Response:
        """Return the server's own answer about the folder *path*."""
        return self._ask("GET", paths.remote(path), is_folder=True, headers=_VERSION)

    def _child(self, folder: str, name: str) -> Entry | None:
        path = paths.join(folder, name.rstrip("/"))
        if paths.parent(path) != folder:
            raise BadAnswer(f"The listing holds a name that is none: {self.what(folder)}.")
        with suppress(NotFound):
            return self._look(path, is_folder=name.endswith("/"))
        return None

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*."""
        path = paths.remote(path)
        if path == "/":
            return self._look(path, is_folder=True)
        try:
            return self._look(path, is_folder=False)
        except _IsFolder:
            return self._look(path, is_folder=True)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version *expect*."""
        entry = self.stat(path)
        versions.require(entry, expect, self.what(path))
        return _OnedataReader(self, entry)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Return nothing: CDMI tells of no tape."""
        return ()

    # -- changing ------------------------------------------------------------------------------------------------------

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Send *body* to a temporary name, compare the size there, then rename; an old file is removed just before."""
        path = paths.remote(path)
        self._may_replace(path, replace)
        part = temporary(path, ticket)
        try:
            self._send(part, body)
            there = self._may_replace(path, replace)  # the upload took its time
            body.read(0)  # the last moment at which it may be stopped
            if there is not None:
                self._ask("DELETE", path)
        except BaseException:
            self._sweep(part)
            raise
        try:
            self._rename(part, path, is_folder=False)
        except CtaDataError as error:
            if there is None:
                self._sweep(part)
            else:  # the old file is gone: these bytes are all there is
                error.hint = f"The new file is whole, under the name {paths.name(part)} in the same folder: rename it."
            raise
        return Receipt(self.stat(path), verified_by=None, commit="rename" if there is None else "replace")

    def _send(self, part: str, body: Body) -> None:
        try:
            self.curl.put(self._url(part), self.what(part), body)
        except (NotFound, Unsupported):
            self.make_folder(paths.parent(part))
            self.curl.put(self._url(part), self.what(part), body)
        stored = self.stat(part)
        if stored.size != body.size:
            raise Corrupted(f"{body.size} bytes were sent, {stored.size} were stored: {self.what(part)}.")

    def _may_replace(self, path: str, replace: Entry | bool) -> Entry | None:
        there = self._there(path)
        if there is None:
            if isinstance(replace, Entry):
                raise Changed(f"{self.what(path)} is no longer there.")
            return None
        if there.is_folder or replace is False:
            raise AlreadyExists(f"{self.what(path)} exists already.")
        if isinstance(replace, Entry) and not versions.same(replace, there):
            raise Changed(f"{self.what(path)} is no longer the version that was seen.")
        return there

    def make_folder(self, path: str) -> None:
        """Make *path* and what is missing above it."""
        path = paths.remote(path)
        there = self._there(path)
        if there is not None:
            if not there.is_folder:
                raise AlreadyExists(f"{self.what(path)} is a file.")
            return
        self.make_folder(paths.parent(path))
        answer = self._send_json("PUT", path, None, is_folder=True)
        if answer.is_error and not self._is_folder(path):
            raise self._failure(answer, path)

    def move(self, source: str, target: str) -> None:
        """Rename *source*, never onto something."""
        source, target = paths.remote(source), paths.remote(target)
        entry = self.stat(source)
        if (target + "/").startswith(source + "/"):
            raise BadPath(f"{self.what(source)} cannot be moved into itself.")
        if self._there(target) is not None:
            raise AlreadyExists(f"{self.what(target)} exists already.")
        self._rename(source, target, is_folder=entry.is_folder)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; the server's own removal takes all below, so the folder is looked into first."""
        path = paths.remote(path)
        if path == "/":
            raise BadPath("The root folder cannot be removed.")
        entry = self.stat(path)
        if entry.is_folder and self._json(path, "", is_folder=True)["children"]:
            raise Unsupported(f"{self.what(path)} is not empty.", hint="Delete it together with what it holds.")
        self._ask("DELETE", path, is_folder=entry.is_folder)

    def _rename(self, source: str, target: str, *, is_folder: bool) -> None:
        answer = self._send_json("PUT", target, {"move": self._whole(source)}, is_folder=is_folder)
        if answer.is_error:
            raise self._failure(answer, target)

    def _sweep(self, part: str) -> None:
        with suppress(CtaDataError):
            self._ask("DELETE", part)

    def _there(self, path: str) -> Entry | None:
        try:
            return self.stat(path)
        except NotFound:
            return None

    def _is_folder(self, path: str) -> bool:
        there = self._there(path)
        return there is not None and there.is_folder

    # -- asking --------------------------------------------------------------------------------------------------------

    def _look(self, path: str, *, is_folder: bool) -> Entry:
        told = self._json(path, "metadata", is_folder=is_folder).get("metadata")
        if not isinstance(told, dict):
            raise BadAnswer(f"The server does not tell about {self.what(path)}.")
        modified = _moment(told.get("cdmi_mtime"))
        if is_folder:
            return Entry(path, "folder", modified=modified)
        size = str(told.get("cdmi_size", ""))
        if not size.isdigit():
            raise BadAnswer(f"The server does not tell the size of {self.what(path)}.")
        return Entry(path, "file", int(size), modified, f"{told.get('cdmi_mtime')};{size}")

    def _json(self, path: str, query: str, *, is_folder: bool) -> dict[str, Any]:
        answer = self._ask("GET", path, is_folder=is_folder, query=query, headers=_VERSION)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise BadAnswer(
                f"The server answers something else than CDMI: {self.what(path)}.",
                hint="Check the address of the source: is it an Oneprovider?",
            )
        return told

    def _send_json(self, method: str, path: str, content: dict[str, str] | None, *, is_folder: bool) -> httpx.Response:
        headers = {**_VERSION, "Content-Type": _FOLDER if is_folder else _FILE}
        return self._request(method, self._url(path, is_folder=is_folder), path, headers, content or {})

    def _ask(
        self,
        method: str,
        path: str,
        *,
        is_folder: bool = False,
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        url = self._url(path, is_folder=is_folder) + (f"?{query}" if query else "")
        answer = self._request(method, url, path, headers or {})
        if answer.has_redirect_location and not is_folder:
            raise _IsFolder(f"{self.what(path)} is a folder.")
        if not answer.is_success:
            raise self._failure(answer, path)
        return answer

    def _request(
        self, method: str, url: str, path: str, headers: dict[str, str], content: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            return self._http.request(method, url, headers=headers, json=content)
        except httpx.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Misconfigured(
                    f"The certificate of {self.title} is not trusted.",
                    hint="Set `ca` of this source to the site's authority.",
                ) from None
            raise Unreachable(f"{self.title} does not answer ({type(error).__name__}): {self.what(path)}.") from None

    def _failure(self, answer: httpx.Response, path: str) -> CtaDataError:
        return failure(answer.status_code, self.what(path), answer.reason_phrase, answer.headers)

    def _whole(self, path: str) -> str:
        whole = paths.remote(path)
        return (
            whole if self._root == "/" or (whole + "/").startswith(self._root + "/") else paths.join(self._root, whole)
        )

    def _url(self, path: str, *, is_folder: bool = False) -> str:
        whole = self._whole(path)
        return self._base + paths.quoted(whole) + ("/" if is_folder and whole != "/" else "")

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        return f"{paths.display(path)} on {self.title}"


class _Signed(Authorised):
    """Signs with Onedata's own header."""

    def sign(self, request: httpx.Request, value: str) -> None:
        request.headers[_HEADER] = value


class _IsFolder(Unsupported):
    """The server sends who asks for a file to the folder of that name (CDMI 1.1.1 §8.4: 302)."""


class _OnedataReader:
    """The version *entry* of a file, read by ranges (without the CDMI header the server gives the bytes themselves)."""

    def __init__(self, storage: Onedata, entry: Entry) -> None:
        self.entry = entry
        self._storage = storage

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*, then look whether the file is still that version."""
        storage, entry = self._storage, self.entry
        size = entry.size or 0
        stop = size if end is None else end
        if start >= stop:
            return
        what = storage.what(entry.path)
        counted = Counted(sink)
        is_whole = start == 0 and stop == size
        storage.curl.get(storage._url(entry.path), what, counted, start=start, end=None if is_whole else stop)  # noqa: SLF001
        counted.require(stop - start, what)
        if not versions.same(entry, storage.stat(entry.path)):
            raise Changed(f"{what} changed while it was read.")

    def __enter__(self) -> _OnedataReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _bare(authorise: Callable[[str | None], str]) -> Callable[[str | None], str]:
    """Return the same without the word before the token."""
    return lambda refused: authorise(refused and f"Bearer {refused}").removeprefix("Bearer ")


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
