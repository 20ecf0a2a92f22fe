"""Reading one version of a file from dCache's pools: ranges share one redirect, and the last one says goodbye.

A pool keeps a mover, of which it has few, for ranges until it hears ``Connection: close``; for a whole file until its last
byte. It tells no entity tag and ignores If-Range, so the door is asked for the version before, and afterwards where no checksum
can prove the bytes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Changed, Corrupted, Unreachable
from ctadata_jlab.http import origin
from ctadata_jlab.storage import versions
from ctadata_jlab.storage.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.storage import Entry

__all__ = ["MoverReader"]


class MoverReader:
    """The version *entry* at the door's *url*; *look* tells what is there now, *what* names it."""

    def __init__(self, entry: Entry, url: str, what: str, curl: Curl, look: Callable[[str], Entry]) -> None:
        self.entry = entry
        self._url = url
        self._what = what
        self._curl = curl
        self._look = look
        self._pool: str | None = None
        self._finding = threading.Lock()

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        size = self.entry.size
        stop = size if end is None else end
        if stop is not None and start >= stop:
            return
        counted = Counted(sink)
        if start == 0 and stop == size:
            self._curl.get(self._url, self._what, counted, accept=self._accept)
        else:
            self._pour_range(start, stop, counted)
        counted.require(None if stop is None else stop - start, self._what)
        if self.entry.checksum is None and not versions.same(self.entry, self._look(self.entry.path)):
            raise Changed(f"{self._what} changed while it was read.")

    def _pour_range(self, start: int, stop: int | None, sink: Counted) -> None:
        """Ask the pool that another range has found; the first one, or one that the pool no longer knows, asks the door."""
        self._finding.acquire()
        pool = self._pool
        if pool is None:
            self._find(start, stop, sink)
            return
        self._finding.release()
        try:
            self._curl.get(pool, self._what, sink, start=start, end=stop, accept=self._remember)
        except Unreachable:
            if sink.total:
                raise  # the others, and the goodbye, still have the mover
            if self._pool == pool:
                self._pool = None
            self._pour_range(start, stop, sink)

    def _find(self, start: int, stop: int | None, sink: Counted) -> None:
        """Ask the door, holding the lock until it has said where the bytes are."""
        waiting = [self._finding]

        def accept(answer: Answer) -> None:
            self._remember(answer)
            waiting.pop().release()  # the others may follow while these bytes come

        try:
            self._curl.get(self._url, self._what, sink, start=start, end=stop, accept=accept)
        finally:
            for lock in waiting:
                lock.release()

    def _remember(self, answer: Answer) -> None:
        self._accept(answer)
        if origin(answer.url) != origin(self._url):
            self._pool = answer.url

    def _accept(self, answer: Answer) -> None:
        """Refuse, before the first byte, another version where it is told, and bytes from the open that nothing will prove."""
        etag, version = answer.headers.get("etag"), self.entry.version
        if etag and version and versions.is_tag(version) and not versions.are_same_tags(etag, version):
            raise Changed(f"{self._what} changed while it was read.")
        if self.entry.checksum is None and answer.url.startswith("http:") and not self._url.startswith("http:"):
            raise Corrupted(
                f"The bytes come over plain http, and the storage has no checksum to prove them: {self._what}.",
                hint="Ask the site for https pools, or for stored checksums.",
            )

    def __enter__(self) -> MoverReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            self._curl.release(pool)
