"""FirecREST v2: the file systems of an HPC centre's clusters, as folders (CSCS: ``https://api.cscs.ch/hpc/firecrest/v2``).

Small files go directly, in one piece; large ones are staged (`staging`). A rename is a job of the cluster, so that each upload,
which takes its name last, costs one.
"""

from __future__ import annotations

import hashlib
import stat as modes
from dataclasses import replace as changed
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    BadPath,
    Changed,
    CtaDataError,
    NotFound,
    Offline,
    Unsupported,
)
from ctadata_jlab.storage import Checksum, Entry, Receipt, Traits, versions
from ctadata_jlab.storage.firecrest import waiting
from ctadata_jlab.storage.firecrest.api import Api, TooLarge, TooSlow
from ctadata_jlab.storage.firecrest.arrival import PART_SUFFIX, Arrival
from ctadata_jlab.storage.firecrest.places import Place, place
from ctadata_jlab.storage.firecrest.staging import StagedReader, Staging
from ctadata_jlab.storage.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    import httpx

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Reader

__all__ = ["FirecREST"]


class FirecREST:
    """The clusters behind FirecREST at *url*, from the folder *root* on, such as ``/daint/capstor/scratch/cscs``.

    *account* is charged for the cluster's jobs (empty: the user's default); *state* is the folder that remembers what is staged.
    """

    traits = Traits(
        writable=True,
        resumes=True,
        replaces_atomically=True,
        stages=True,
        checksums=("sha256",),
        connections=4,
        starts_per_second=20.0,
        extras=frozenset({"prepares"}),
    )

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        state: Path,
        *,
        root: str = "/",
        auth: httpx.Auth | None = None,
        account: str = "",
    ) -> None:
        self.title = title
        self.api = Api(title, url, trust, auth, account)
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._root = paths.remote(root)
        self.staging = Staging(self.api, trust, Register(state / f"staged-{name}.json"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"

    def close(self) -> None:
        """Close all connections."""
        self.api.close()
        self.staging.close()

    # -- looking -------------------------------------------------------------------------------------------------------

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds; clusters and mount points are folders too."""
        folder, there = self._place(folder)
        if there.above is not None:
            yield from (Entry(paths.join(folder, name), "folder") for name in there.above)
            return
        rows = self.api.ls(there.system, there.path)
        if len(rows) == 1 and str(rows[0]["name"]) == there.path:
            raise NotFound(f"{self.what(folder)} is a file, not a folder.")
        for row in rows:
            if not _is_part(str(row["name"])):
                yield self._entry(paths.join(folder, str(row["name"])), there.system, row)

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*; a large file is online once its staged copy is there."""
        path, there = self._place(path)
        if there.above is not None:
            return Entry(path, "folder")
        mode = self.api.stat(there.system, there.path)
        if modes.S_ISDIR(int(mode["mode"])):
            return Entry(path, "folder", modified=_moment(mode["mtime"]))
        rows = self.api.ls(there.system, there.path)
        if len(rows) != 1:
            raise NotFound(f"{self.what(path)} is no longer there.")
        entry = self._entry(path, there.system, rows[0])
        if entry.online is False:
            entry = changed(entry, online=self.staging.url(entry) is not None)
        return entry

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of that very version; a large file must have been staged."""
        now = self.stat(path)
        versions.require(now, expect, self.what(path))
        there = self._place(path)[1]
        if now.online is False:
            raise Offline(f"{self.what(path)} is large: the cluster has to stage it first.")
        digest = self.api.checksum(there.system, there.path)
        now = changed(now, checksum=Checksum("sha256", digest) if digest else None)
        url = self.staging.url(now) if self._is_staged(now, there.system) else None
        if url is not None:
            return StagedReader(self.staging, now, url, self.what(path), self.stat)
        return _DirectReader(self, now, there)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Start the cluster's jobs for the large files among *paths*; return those that are on their way."""
        on_their_way = []
        for path in paths:
            entry, there = self.stat(path), self._place(path)[1]
            if self._is_staged(entry, there.system) and self.staging.start(entry, there):
                on_their_way.append(path)
        return on_their_way

    # -- changing ------------------------------------------------------------------------------------------------------

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Bring *body* to a temporary name, compare size and SHA-256 there, then let a job rename it."""
        path, there = self.real(path)
        return Arrival(self, path, there, body, replace, ticket).run()

    def make_folder(self, path: str) -> None:
        """Make *path* and what is missing above it."""
        path, there = self._place(path)
        if there.above is not None:
            return
        try:
            self.api.mkdir(there.system, there.path)
        except CtaDataError:
            try:
                is_there = self.stat(path).is_folder
            except NotFound:
                is_there = False
            if not is_there:
                raise

    def move(self, source: str, target: str) -> None:
        """Rename *source* by a job of the cluster; never onto something, never from one cluster to another."""
        source, from_there = self.real(source)
        target, to_there = self.real(target)
        if from_there.system != to_there.system:
            raise Unsupported(f"A move stays on one cluster: {self.what(source)}.", hint="Copy it, then delete it.")
        self.stat(source)
        if (target + "/").startswith(source + "/"):
            raise BadPath(f"{self.what(source)} cannot be moved into itself.")
        if self.there(target) is not None:
            raise AlreadyExists(f"{self.what(target)} exists already.")
        self.rename(from_there, to_there)
        self.stat(target)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; the server's own removal takes all below, so the folder is looked into first."""
        path, there = self.real(path)
        entry = self.stat(path)
        if entry.is_folder and self.api.ls(there.system, there.path):
            raise Unsupported(f"{self.what(path)} is not empty.", hint="Delete it together with what it holds.")
        try:
            self.api.rm(there.system, there.path)
        except TooSlow:
            waiting.wait(self.api, there.system, waiting.job_of(self.api.remove_by_job(there.system, there.path)))

    # -- paths and entries ---------------------------------------------------------------------------------------------

    def _place(self, path: str) -> tuple[str, Place]:
        path = paths.remote(path)
        whole = path if self._root == "/" or (path + "/").startswith(self._root + "/") else paths.join(self._root, path)
        there = place(self.api, whole)
        if there.above is None and not any(_holds(root, there.path) for root in self._roots(there.system)):
            raise NotFound(f"No file system holds {self.what(path)}.")
        return path, there

    def _roots(self, system: str) -> tuple[str, ...]:
        return self.api.system(system).roots

    def real(self, path: str) -> tuple[str, Place]:
        """Return where *path* is, if it is below a mount point."""
        path, there = self._place(path)
        if there.above is not None or there.path in self._roots(there.system):
            raise BadPath(f"{self.what(path)} is not a place for files.", hint="Choose a folder of a file system.")
        return path, there

    def rename(self, source: Place, target: Place) -> None:
        """Let a job of the cluster rename *source*; it replaces what is there (rename(2))."""
        told = self.api.transfer(source.system, "mv", {"sourcePath": source.path, "targetPath": target.path})
        waiting.wait(self.api, source.system, waiting.job_of(told))

    def there(self, path: str) -> Entry | None:
        """Return what is at *path*, None if nothing is."""
        try:
            return self.stat(path)
        except NotFound:
            return None

    def _is_staged(self, entry: Entry, system: str) -> bool:
        is_large = (entry.size or 0) > self.api.system(system).down
        return not entry.is_folder and (is_large or self.staging.is_wanted(entry.path))

    def _entry(self, path: str, system: str, row: dict[str, Any]) -> Entry:
        """Return the entry that a row of ``ls`` tells; its time has no zone and is taken for UTC."""
        if row["type"] == "d":
            return Entry(path, "folder", modified=_moment(row["lastModified"]))
        size, kind = int(row["size"]), row["type"]
        if kind == "l":
            size, is_folder = self._behind(path, system)
            if is_folder:
                return Entry(path, "folder", modified=_moment(row["lastModified"]))
        version = f"{row['lastModified']};{size}"
        entry = Entry(path, "file", size, _moment(row["lastModified"]), version)
        if not self._is_staged(entry, system):
            return changed(entry, online=True)
        return changed(entry, online=self.staging.url(entry, ask=False) is not None)

    def _behind(self, path: str, system: str) -> tuple[int, bool]:
        """Return size and whether it is a folder of what a symbolic link leads to; one that leads nowhere is an empty file."""
        try:
            told = self.api.stat(system, self._place(path)[1].path)
        except NotFound:
            return 0, False
        return int(told["size"]), modes.S_ISDIR(int(told["mode"]))

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        return f"{paths.display(path)} on {self.title}"

    def fetch(self, entry: Entry, there: Place) -> bytes:
        """Return all bytes of a small file; one that the server finds too large is staged from now on."""
        try:
            return self.api.download(there.system, there.path)
        except TooLarge:
            self.staging.want(entry.path)
            raise Offline(f"{self.what(entry.path)} is large: the cluster has to stage it first.") from None


class _DirectReader:
    """One version of a small file, fetched whole at the first question."""

    def __init__(self, storage: FirecREST, entry: Entry, there: Place) -> None:
        self.entry = entry
        self._storage = storage
        self._there = there
        self._data: bytes | None = None

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        if self._data is None:
            self._data = self._storage.fetch(self.entry, self._there)
            if len(self._data) != self.entry.size:
                raise Changed(f"{paths.display(self.entry.path)} changed while it was read.")
        portion = self._data[start:end]
        if portion:
            sink(portion)

    def __enter__(self) -> _DirectReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._data = None


def _moment(text: object) -> datetime:
    if isinstance(text, int | float):
        return datetime.fromtimestamp(text, tz=timezone.utc)
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=timezone.utc)
    except ValueError:
        raise BadAnswer("FirecREST tells a time that is none.") from None


def _holds(root: str, path: str) -> bool:
    return root in {"/", path} or path.startswith(root + "/")


def _is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(PART_SUFFIX)
