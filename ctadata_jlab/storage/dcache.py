"""What dCache adds to WebDAV: stored checksums and locality in its listings, pools, a REST frontend, and listings that lie.

A door answers a listing that it could not make (no permission, a time-out) as if the folder were empty (dCache's
``DcacheDirectoryResource.getChildren``), so an empty one is confirmed where the answer is honest: by the frontend's listing, or
else by the folder's page.
"""

from __future__ import annotations

import time
from dataclasses import replace as changed
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, Busy, Misconfigured, Offline, Unreachable, Unsupported
from ctadata_jlab.http import failure
from ctadata_jlab.storage import Traits, propfind, versions
from ctadata_jlab.storage.deposit import Deposit
from ctadata_jlab.storage.discovery import NOWHERE, Discovery
from ctadata_jlab.storage.frontend import Frontend
from ctadata_jlab.storage.gathering import Gathering
from ctadata_jlab.storage.moverreader import MoverReader
from ctadata_jlab.storage.pacing import Pace
from ctadata_jlab.storage.patience import Patience
from ctadata_jlab.storage.scopes import may_only_create
from ctadata_jlab.storage.staging import Staging
from ctadata_jlab.storage.webdav import WebDav

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Checksum, Entry, Gathered, Reader, Receipt

__all__ = ["DCache"]

STARTS_PER_SECOND = 200.0
CHECKSUM_WAITS = (0.0, 0.1, 0.3, 0.8, 2.0)
"""Seconds before each look for a checksum that is not known yet just after an upload (dCache #7467)."""


class DCache(WebDav):
    """A dCache WebDAV door, and its REST frontend at *frontend*; empty: it is looked for, ``none``: there is none.

    It limits how fast one address may ask: 250 requests a second, colder after a pause.
    """

    traits = Traits(
        writable=True,
        resumes=True,
        stages=True,
        checksums=("adler32", "md5"),
        connections=8,
        strands=4,
        starts_per_second=STARTS_PER_SECOND,
        extras=frozenset({"paced", "gathers"}),
    )
    properties = (propfind.CHECKSUMS, propfind.LOCALITY)

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        *,
        root: str = "/",
        authorise: Callable[[str | None], str] | None = None,
        http_pools: bool = False,
        frontend: str = "",
    ) -> None:
        self._pace = Pace(STARTS_PER_SECOND)
        pause = self._pace.pause
        super().__init__(title, url, trust, root=root, authorise=authorise, http_pools=http_pools, pause=pause)
        self._authorise = authorise
        self._tells_checksums = True
        self._staging: Staging | None = None

        def make(place: str) -> Frontend:
            self.traits = changed(self.traits, replaces_atomically=True)
            return Frontend(title, place, trust, authorise, pause)

        self._discovery = Discovery(url, trust, make)
        self._is_alone = frontend == NOWHERE
        if frontend and not self._is_alone:
            _require_same_host(url, frontend)
            self._discovery.found = make(frontend)

    def close(self) -> None:
        """Close all connections."""
        super().close()
        if self._discovery.found is not None:
            self._discovery.found.close()

    @property
    def frontend(self) -> Frontend | None:
        """The REST frontend: the one that was configured, or is found; None if there is none."""
        return None if self._is_alone else self._discovery.frontend()

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of the version that the door has now; a file that is on tape only is not asked for: the door would block."""
        if expect is not None and expect.online is False:
            raise self._on_tape(path)
        now = self.look(path)
        versions.require(now, expect, self.server.what(path))
        if now.online is False:
            raise self._on_tape(path)
        if now.size is None:
            raise Busy(f"{self.server.what(path)} is still being written.")
        if now.checksum is None:
            now = changed(now, checksum=self._head(now)[1])
        return MoverReader(now, self.server.url(now.path), self.server.what(now.path), self.curl, self.look)

    def gather(self, wanted: Iterator[Entry | None], lines: int) -> Iterator[Gathered | None]:
        """Fetch many small files at once, as `Gathers` says.

        The checksum of the listing proves that the bytes are those of the version that was seen, so the door is asked for nothing
        but them. A file that has no checksum at all is left to `open`, which looks again when the bytes are here.
        """
        return Gathering(self, lines, Patience(self.title), proof=True).run(wanted)

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Store by way of a temporary name; straight, if the token could not remove that."""
        deposit = Deposit(self, path, body, replace, ticket)
        header = self._authorise(None) if self._authorise else None
        return deposit.run_directly() if may_only_create(header) else deposit.run()

    def room(self, folder: str) -> int | None:
        """Return the least of what the folder's space reservation and the user's quota leave; None where nobody tells."""
        frontend = self.frontend
        known = [super().room(folder), None if frontend is None else frontend.quota()]
        return min((size for size in known if size is not None), default=None)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Ask the frontend for *paths*, or look after those asked for before; return those on their way from tape."""
        frontend = self.frontend
        if frontend is None:
            raise Offline(
                f"{self.title}: files on tape can be asked for only by its REST frontend, which is not known.",
                hint="Set `frontend` of this source, or stage the files by other means.",
            )
        self._staging = self._staging or Staging(frontend)
        whole = {path: self.whole(path) for path in paths}
        coming = self._staging.bring(list(whole.values()))
        return [path for path, name in whole.items() if name in coming]

    # -- for a deposit -------------------------------------------------------------------------------------------------

    def look(self, path: str) -> Entry:
        """Return what is at *path* now (PROPFIND, Depth 0)."""
        return self._look(path)

    def rename(self, entry: Entry, target: str, *, overwrite: bool) -> httpx.Response:
        """Return the answer to MOVE."""
        return self._rename(entry, target, overwrite=overwrite)

    def whole(self, path: str) -> str:
        """Return *path* as the server's own name space has it."""
        return paths.remote(unquote(urlsplit(self.server.url(path)).path))

    def stored_checksum(self, entry: Entry) -> Checksum | None:
        """Ask for the checksum of *entry* until it is known; a door that never told one is not waited for again."""
        for seconds in CHECKSUM_WAITS if self._tells_checksums else (0.0,):
            time.sleep(seconds)
            checksum = self._head(entry)[1]
            if checksum is not None:
                self._tells_checksums = True
                return checksum
        self._tells_checksums = False
        return None

    # -- honesty -------------------------------------------------------------------------------------------------------

    def _on_tape(self, path: str) -> Offline:
        return Offline(f"{self.server.what(path)} is on tape.")

    def _confirm_empty(self, folder: str) -> None:
        frontend = self._discovery.found  # it is not looked for just for that: the page tells it too
        if frontend is not None:
            try:
                is_full = frontend.has_children(self.whole(folder))
            except (Unreachable, BadAnswer, Unsupported):
                pass  # the page tells it too
            else:
                if is_full:
                    raise Unreachable(
                        f"The door's listing came without what the folder holds: {self.server.what(folder)}."
                    )
                return
        answer = self.server.ask("GET", folder, folder=True, headers={"Accept": "text/html"})
        if answer.is_error and answer.status_code not in {405, 406, 501}:
            raise failure(answer.status_code, self.server.what(folder), answer.reason_phrase, answer.headers)


def _require_same_host(url: str, frontend: str) -> None:
    """Raise unless both are on one host: the frontend gets the tokens that were given for the door."""
    if urlsplit(frontend).hostname != urlsplit(url).hostname:
        raise Misconfigured(
            f"The frontend {urlsplit(frontend).hostname} is not on the host of the door.",
            hint="Correct `frontend` of this source.",
        )
