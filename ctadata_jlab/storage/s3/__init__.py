"""S3 (Amazon, Ceph, MinIO, SeaweedFS, …): buckets as the first folders, keys as paths below them.

A folder is what keys have in common up to a slash, or an empty object whose key ends with one. An object shows only when it is whole,
so that nothing needs a temporary name; a rename is not known to S3: it is a copy, then a removal.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace as changed
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import AlreadyExists, BadPath, Changed, Corrupted, NotFound, Unsupported
from ctadata_jlab.storage import Checksum, Entry, Receipt, Traits, versions
from ctadata_jlab.storage.counted import Counted
from ctadata_jlab.storage.register import Register
from ctadata_jlab.storage.s3.api import Api
from ctadata_jlab.storage.s3.copying import copy
from ctadata_jlab.storage.s3.sending import Sending
from ctadata_jlab.storage.temporary import is_temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    import httpx

    from ctadata_jlab.curl import Answer
    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Reader
    from ctadata_jlab.storage.s3.api import Found
    from ctadata_jlab.storage.s3.signing import Signer

__all__ = ["ObjectStore"]


class ObjectStore:
    """The object store at *url*, from the folder *root* on, such as ``/bucket/prefix``; ``/`` shows all buckets.

    *state* is the folder that remembers uploads in parts that are on their way; None: only this process does.
    """

    traits = Traits(
        writable=True,
        resumes=True,
        replaces_atomically=True,
        renames=False,
        checksums=("md5",),
        connections=8,
    )

    def __init__(
        self, title: str, url: str, trust: Trust, signer: Signer, state: Path | None = None, *, root: str = "/"
    ) -> None:
        self.title = title
        self.api = Api(title, url, trust, signer)
        self.curl = Curl(url, trust)
        self.signer = signer
        self.register = Register(state / "uploads.json" if state else None)
        self._root = paths.remote(root)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self.api.base!r})"

    def close(self) -> None:
        """Close all connections."""
        self.api.close()
        self.curl.close()

    # -- looking -------------------------------------------------------------------------------------------------------

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds, page by page."""
        folder = paths.remote(folder)
        bucket, key = self._place(folder)
        if not bucket:
            yield from (self._entry(paths.join(folder, found.key), found) for found in self.api.buckets())
            return
        prefix = f"{key}/" if key else ""
        is_there = folder == "/" or not key
        for found in self.api.objects(bucket, prefix):
            is_there = True
            if found.key != prefix:
                yield self._entry(self._child(folder, found.key[len(prefix) :]), found)
        if not is_there:
            is_file = self.api.head(bucket, key) is not None
            raise NotFound(
                f"{self.what(folder)} is a file, not a folder." if is_file else f"There is no {self.what(folder)}."
            )

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*, with its MD5 where the entity tag is one."""
        path = paths.remote(path)
        bucket, key = self._place(path)
        if self._is_on_its_way(path):
            return Entry(path, "file")
        if path == "/" or not bucket:
            return Entry(path, "folder")
        answer = self.api.head(bucket, key) if key else None
        if answer is not None:
            return _told(path, answer)
        if not self._holds_anything(bucket, f"{key}/" if key else "") and key:
            raise NotFound(f"There is no {self.what(path)}.")
        return Entry(path, "folder")

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version *expect*."""
        entry = self.stat(path)
        versions.require(entry, expect, self.what(path))
        return _S3Reader(self, entry)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Return nothing: an object store has no tape."""
        return ()

    # -- changing ------------------------------------------------------------------------------------------------------

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Send *body*; the object is seen when it is whole. A large one goes in parts, of which only the missing are sent again."""
        path = paths.remote(path)
        bucket, key = self._writable(path)
        there = self._there(path)
        if there is None and isinstance(replace, Entry):
            raise Changed(f"{self.what(path)} is no longer there.")
        if there is not None and (there.is_folder or replace is False):
            raise AlreadyExists(f"{self.what(path)} exists already.")
        if there is not None and isinstance(replace, Entry) and not versions.same(replace, there):
            raise Changed(f"{self.what(path)} is no longer the version that was seen.")
        version = there.version if isinstance(replace, Entry) and there is not None else None
        proof = Sending(self, path, (bucket, key), body, ticket).run(create=replace is False, only=version)
        entry = self.stat(path)
        if entry.size != body.size:
            raise Corrupted(f"{body.size} bytes were sent, {entry.size} were stored: {self.what(path)}.")
        return Receipt(entry, verified_by=proof, commit="rename" if there is None else "exchange")

    def make_folder(self, path: str) -> None:
        """Make *path* as an empty object whose key ends with a slash; those above it are implied."""
        path = paths.remote(path)
        if path == "/":
            return
        bucket, key = self._place(path)
        if not key:
            if not self._is_bucket(bucket):
                raise BadPath(
                    f"Buckets are not made here: {self.what(path)}.", hint="Ask for one where you got the keys."
                )
            return
        self._writable(path)
        for part in _with_parents(path):
            there = self._there(part) if self._place(part)[1] else None
            if there is not None and not there.is_folder:
                raise AlreadyExists(f"{self.what(part)} is a file.")
        if self._there(path) is None:
            self.api.mark(bucket, f"{key}/")

    def move(self, source: str, target: str) -> None:
        """Copy *source* and all below it to *target*, then remove it; stopped midway, nothing is lost, but both are there."""
        source, target = paths.remote(source), paths.remote(target)
        from_there, to_there = self._writable(source), self._writable(target)
        entry = self.stat(source)
        if (target + "/").startswith(source + "/"):
            raise BadPath(f"{self.what(source)} cannot be moved into itself.")
        if self._there(target) is not None:
            raise AlreadyExists(f"{self.what(target)} exists already.")
        if not entry.is_folder:
            copy(self.api, from_there, to_there, entry.size or 0, entry.version or "")
            self.api.delete(*from_there)
        else:
            self._move_all(from_there, to_there)
        self._keep_folder(paths.parent(source))

    def _move_all(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        prefix = f"{source[1]}/"
        moved = []
        for found in self.api.objects(source[0], prefix, flat=True):
            key = f"{target[1]}/{found.key[len(prefix) :]}"
            copy(self.api, (source[0], found.key), (target[0], key), found.size, found.etag)
            moved.append(found.key)
        for key in (*moved, prefix):  # SeaweedFS keeps a folder that nobody made
            self.api.delete(source[0], key)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; the folder above stays, also when it is empty now."""
        path = paths.remote(path)
        if self._is_on_its_way(path):
            self._abort(path)
            return
        bucket, key = self._writable(path)
        if not self.stat(path).is_folder:
            self.api.delete(bucket, key)
        else:
            if any(found.key != f"{key}/" for found in self.api.objects(bucket, f"{key}/", most=2)):
                raise Unsupported(f"{self.what(path)} is not empty.", hint="Delete it together with what it holds.")
            self.api.delete(bucket, f"{key}/")
        self._keep_folder(paths.parent(path))

    def _keep_folder(self, path: str) -> None:
        bucket, key = self._place(path)
        if key and path != "/" and not self._holds_anything(bucket, f"{key}/"):
            self.api.mark(bucket, f"{key}/")

    # -- uploads on their way ------------------------------------------------------------------------------------------

    def _is_on_its_way(self, path: str) -> bool:
        """Whether *path* is the temporary name of an upload in parts: whoever sweeps looks for it, and removes it."""
        return is_temporary(paths.name(path)) and self.register.get(self._named(path)) is not None

    def _abort(self, path: str) -> None:
        bucket, key, name = (self.register.get(self._named(path)) or {})["upload"]
        self.api.abort((bucket, key, name))
        self.register.drop(self._named(path))

    def _named(self, path: str) -> str:
        return "/".join((self.api.base, *self._place(path)))

    # -- paths and entries ---------------------------------------------------------------------------------------------

    def _place(self, path: str) -> tuple[str, str]:
        """Return the bucket and the key that *path* means; both may be empty."""
        whole = paths.remote(path)
        if self._root != "/" and not (whole + "/").startswith(self._root + "/"):
            whole = paths.join(self._root, whole)
        bucket, _, key = whole[1:].partition("/")
        return bucket, key

    def _writable(self, path: str) -> tuple[str, str]:
        bucket, key = self._place(path)
        if path == "/" or not key:
            raise BadPath(f"{self.what(path)} is not a place for files.", hint="Choose a folder of a bucket.")
        if "\\" in key:
            raise Unsupported(
                f"Some object stores take a backslash for a slash, and cannot speak of {self.what(path)}.",
                hint="Rename it without the backslash.",
            )
        return bucket, key

    def _child(self, folder: str, rest: str) -> str:
        name = rest.rstrip("/")
        if name in {"", ".", ".."} or "\0" in name:
            raise Unsupported(
                f"{self.what(folder)} holds a key that is no path.",
                hint="Rename the key with the object store's tools.",
            )
        return paths.join(folder, name)

    def _entry(self, path: str, found: Found) -> Entry:
        if found.is_prefix:
            return Entry(path, "folder", modified=found.modified)
        return Entry(path, "file", found.size, found.modified, found.etag or None)

    def _there(self, path: str) -> Entry | None:
        try:
            return self.stat(path)
        except NotFound:
            return None

    def _holds_anything(self, bucket: str, prefix: str) -> bool:
        return next(iter(self.api.objects(bucket, prefix, most=1)), None) is not None

    def _is_bucket(self, bucket: str) -> bool:
        with suppress(NotFound):
            self._holds_anything(bucket, "")
            return True
        return False

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        return f"{paths.display(path)} on {self.title}"


class _S3Reader:
    """The version *entry* of an object, read by ranges."""

    def __init__(self, storage: ObjectStore, entry: Entry) -> None:
        self.entry = entry
        self._storage = storage
        self._what = storage.what(entry.path)

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        size = self.entry.size or 0
        stop = size if end is None else end
        if start >= stop:
            return
        is_whole = start == 0 and stop == size
        url = self._storage.signer.presigned("GET", self._storage.api.url(*self._storage._place(self.entry.path)))  # noqa: SLF001
        counted = Counted(sink)
        try:
            self._storage.curl.get(
                url,
                self._what,
                counted,
                start=start,
                end=None if is_whole else stop,
                headers={"If-Match": self.entry.version or "*"},
                accept=self._accept,
            )
        except AlreadyExists:  # 412
            raise Changed(f"{self._what} is no longer the version that was seen.") from None
        counted.require(stop - start, self._what)

    def _accept(self, answer: Answer) -> None:
        """Refuse another version's bytes, also of a server that does not know ``If-Match``."""
        etag = answer.headers.get("etag")
        if etag and self.entry.version and not versions.are_same_tags(etag, self.entry.version):
            raise Changed(f"{self._what} changed while it was read.")

    def __enter__(self) -> _S3Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _told(path: str, answer: httpx.Response) -> Entry:
    headers = answer.headers
    etag = headers.get("etag", "").strip('"')
    entry = Entry(path, "file", int(headers.get("content-length") or 0), version=f'"{etag}"' if etag else None)
    if "last-modified" in headers:
        with suppress(ValueError):
            entry = changed(entry, modified=parsedate_to_datetime(headers["last-modified"]))
    return changed(entry, checksum=_md5(etag, headers.get("x-amz-server-side-encryption", "")))


def _md5(etag: str, encryption: str) -> Checksum | None:
    """Return the MD5 that an entity tag is; one of an object in parts, or encrypted with a key of somebody's, is none.

    (Amazon S3 API Reference, "Object": ETag.)
    """
    is_sum = len(etag) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in etag)
    return Checksum("md5", etag.lower()) if is_sum and encryption in {"", "AES256"} else None


def _with_parents(path: str) -> Iterator[str]:
    while path != "/":
        yield path
        path = paths.parent(path)
