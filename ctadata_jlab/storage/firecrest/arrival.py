"""An upload to a cluster: to a temporary name in the same folder, proven there, then renamed by a job."""

from __future__ import annotations

import hashlib
import stat as modes
from contextlib import suppress
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Literal, Protocol

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, Changed, Corrupted, CtaDataError, NotFound, Unsupported
from ctadata_jlab.storage import Checksum, Entry, Receipt, versions

if TYPE_CHECKING:
    from ctadata_jlab.storage import Body
    from ctadata_jlab.storage.firecrest.api import Api
    from ctadata_jlab.storage.firecrest.places import Place
    from ctadata_jlab.storage.firecrest.staging import Staging

__all__ = ["PART_SUFFIX", "Arrival"]

PART_SUFFIX = ".ctapart"
"""What the temporary names of uploads end with; listings leave them out."""


class _Clusters(Protocol):
    """What an upload needs of the storage."""

    api: Api
    staging: Staging

    def stat(self, path: str) -> Entry:
        """Return what is at *path*."""
        ...

    def there(self, path: str) -> Entry | None:
        """Return what is at *path*, None if nothing is."""
        ...

    def real(self, path: str) -> tuple[str, Place]:
        """Return where *path* is."""
        ...

    def rename(self, source: Place, target: Place) -> None:
        """Rename, replacing what is there."""
        ...

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        ...


class Arrival:
    """The upload of *body* to *path*, which is *there* on a cluster, replacing what *replace* allows; *ticket* names the temporary."""

    def __init__(
        self, clusters: _Clusters, path: str, there: Place, body: Body, replace: Entry | bool, ticket: str
    ) -> None:
        self._clusters = clusters
        self._api = clusters.api
        self._path = path
        self._place = there
        self._body = body
        self._replace = replace
        name = paths.shortened(f"{paths.name(path)}.{ticket}", ".", PART_SUFFIX)
        self._part_path, self._part = clusters.real(paths.join(paths.parent(path), name))

    def run(self) -> Receipt:
        """Store it whole or not at all; what was sent of a large file stays for the next try with this ticket."""
        self._may_replace()
        try:
            proof = self._verify(self._send())
            self._may_replace()  # the upload took its time
            self._body.read(0)  # the last moment at which it may be stopped
        except BaseException as error:
            if not _is_resumable(error):
                self._sweep()
            raise
        commit = self._commit()
        return Receipt(changed(self._clusters.stat(self._path), checksum=proof), verified_by=proof, commit=commit)

    def _send(self) -> str:
        """Bring the bytes to the temporary name; return the SHA-256 of what was sent."""
        part, body = self._part, self._body
        folder = paths.parent(part.path)
        if body.size > self._api.system(part.system).up:
            try:
                return self._clusters.staging.upload(part, body)
            except Unsupported:  # 400: the folder is missing
                if self._is_folder(folder):
                    raise
                self._api.mkdir(part.system, folder)
                return self._clusters.staging.upload(part, body)
        body.rewind()
        data = b"".join(iter(lambda: body.read(1 << 20), b""))
        if len(data) != body.size:
            raise Corrupted(f"{len(data)} bytes came, {body.size} were announced.")
        if not self._is_folder(folder):
            self._api.mkdir(part.system, folder)
        self._api.upload(part.system, folder, paths.name(part.path), data)
        return hashlib.sha256(data).hexdigest()

    def _verify(self, sent: str) -> Checksum | None:
        stored, what = self._clusters.stat(self._part_path), self._clusters.what(self._part_path)
        if stored.size != self._body.size:
            raise Corrupted(f"{self._body.size} bytes were sent, {stored.size} were stored: {what}.")
        theirs = self._api.checksum(self._part.system, self._part.path)
        if theirs is None:
            return None
        if theirs != sent:
            raise Corrupted(f"The cluster stored other bytes than were sent: {what}.")
        return Checksum("sha256", sent)

    def _commit(self) -> Literal["rename", "exchange"]:
        existed = self._clusters.there(self._path) is not None
        if existed and self._replace is False:
            self._sweep()
            raise AlreadyExists(f"{self._clusters.what(self._path)} exists already.")
        try:
            self._clusters.rename(self._part, self._place)
        except CtaDataError:
            if not self._has_landed():
                if not existed or self._clusters.there(self._path) is not None:
                    self._sweep()
                raise
        return "exchange" if existed else "rename"

    def _may_replace(self) -> None:
        there, what = self._clusters.there(self._path), self._clusters.what(self._path)
        if there is None:
            if isinstance(self._replace, Entry):
                raise Changed(f"{what} is no longer there.")
            return
        if self._replace is False or there.is_folder:
            raise AlreadyExists(f"{what} exists already.")
        if isinstance(self._replace, Entry) and not versions.same(self._replace, there):
            raise Changed(f"{what} is no longer the version that was seen.")

    def _has_landed(self) -> bool:
        """Whether the rename happened although its end was not heard of: then the temporary is gone."""
        with suppress(CtaDataError):
            self._api.stat(self._place.system, self._place.path)
            try:
                self._api.stat(self._part.system, self._part.path)
            except NotFound:
                return True
        return False

    def _is_folder(self, path: str) -> bool:
        try:
            return modes.S_ISDIR(int(self._api.stat(self._part.system, path)["mode"]))
        except NotFound:
            return False

    def _sweep(self) -> None:
        with suppress(CtaDataError):
            self._api.rm(self._part.system, self._part.path)


def _is_resumable(error: BaseException) -> bool:
    return isinstance(error, CtaDataError) and error.retryable and not isinstance(error, Corrupted)
