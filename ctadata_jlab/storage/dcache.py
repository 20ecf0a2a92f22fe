"""What dCache adds to WebDAV: stored checksums and locality in its listings, and listings that lie.

A door answers a listing that it could not make (no permission, a time-out) as if the folder were empty (dCache's
``DcacheDirectoryResource.getChildren``), so an empty one is confirmed by asking for the folder's page, which fails honestly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Offline
from ctadata_jlab.http import failure
from ctadata_jlab.storage import Traits, propfind
from ctadata_jlab.storage.webdav import WebDav

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage import Entry, Reader

__all__ = ["DCache"]


class DCache(WebDav):
    """A dCache WebDAV door. It limits how fast one address may ask: 250 requests a second, colder after a pause."""

    traits = Traits(writable=True, resumes=True, checksums=("adler32", "md5"), connections=8, starts_per_second=200.0)
    properties = (propfind.CHECKSUMS, propfind.LOCALITY)

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds; an empty answer is confirmed before it is believed."""
        is_empty = True
        for entry in super().list(folder):
            is_empty = False
            yield entry
        if is_empty:
            self._confirm_empty(folder)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader; a file that is on tape only is not asked for, as the door would block for minutes."""
        if expect is not None and expect.online is False:
            raise Offline(f"{paths.display(path)} on {self.title} is on tape.")
        reader = super().open(path, expect)
        if reader.entry.online is False:
            raise Offline(f"{paths.display(path)} on {self.title} is on tape.")
        return reader

    def _confirm_empty(self, folder: str) -> None:
        answer = self.server.ask("GET", folder, folder=True, headers={"Accept": "text/html"})
        if answer.is_error and answer.status_code not in {405, 406, 501}:
            what = f"{paths.display(folder)} on {self.title}"
            raise failure(answer.status_code, what, answer.reason_phrase, answer.headers)
