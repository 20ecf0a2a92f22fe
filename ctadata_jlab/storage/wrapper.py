"""A storage around another one: behaviour is added by wrapping, and a wrapper says only what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import Unsupported
from ctadata_jlab.storage import Catalogues, Gathers, Runs, Scatters, Searches, TellsRoom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ctadata_jlab.storage import (
        Body,
        Entry,
        Gathered,
        Reader,
        Receipt,
        Run,
        Scattered,
        Service,
        Storage,
        ToScatter,
        Traits,
    )

__all__ = ["Wrapper"]


class Wrapper:
    """Passes everything on to `inner`."""

    def __init__(self, inner: Storage) -> None:
        self.inner = inner

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inner!r})"

    @property
    def traits(self) -> Traits:
        """What the inner storage can do."""
        return self.inner.traits

    def list(self, folder: str) -> Iterator[Entry]:
        """Pass it on."""
        return self.inner.list(folder)

    def stat(self, path: str) -> Entry:
        """Pass it on."""
        return self.inner.stat(path)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Pass it on."""
        return self.inner.open(path, expect)

    def gather(self, wanted: Iterator[Entry | None], lines: int) -> Iterator[Gathered | None]:
        """Pass it on, to a storage that has the extra ``gathers``."""
        if not isinstance(self.inner, Gathers):
            raise Unsupported("This storage fetches one file after another.")
        return self.inner.gather(wanted, lines)

    def scatter(self, wanted: Iterator[ToScatter | None], lines: int) -> Iterator[Scattered | None]:
        """Pass it on, to a storage that has the extra ``scatters``."""
        if not isinstance(self.inner, Scatters):
            raise Unsupported("This storage takes one file after another.")
        return self.inner.scatter(wanted, lines)

    def search(self, folder: str, pattern: str, facts: Mapping[str, str]) -> Iterator[Entry]:
        """Pass it on, to a storage that has the extra ``searches``."""
        if not isinstance(self.inner, Searches):
            raise Unsupported("This storage does not search.")
        return self.inner.search(folder, pattern, facts)

    def locate(self, name: str) -> str:
        """Pass it on, to a storage that has the extra ``catalogues``."""
        return self._catalogue().locate(name)

    def call(self, path: str) -> str:
        """Pass it on, to a storage that has the extra ``catalogues``."""
        return self._catalogue().call(path)

    def files(self, path: str) -> Iterator[tuple[str, int | None, int | None]]:
        """Pass it on, to a storage that has the extra ``catalogues``."""
        return self._catalogue().files(path)

    def _catalogue(self) -> Catalogues:
        if not isinstance(self.inner, Catalogues):
            raise Unsupported("This storage has no names but paths.")
        return self.inner

    def services(self) -> Sequence[Service]:
        """Pass it on, to a storage that has the extra ``runs``."""
        return self._runner().services()

    def run(self, service: str, data: bytes) -> bytes:
        """Pass it on, to a storage that has the extra ``runs``."""
        return self._runner().run(service, data)

    def runs(self, service: str) -> Sequence[Run]:
        """Pass it on, to a storage that has the extra ``runs``."""
        return self._runner().runs(service)

    def log(self, service: str, run: str) -> str:
        """Pass it on, to a storage that has the extra ``runs``."""
        return self._runner().log(service, run)

    def _runner(self) -> Runs:
        if not isinstance(self.inner, Runs):
            raise Unsupported("There are no services beside this storage.")
        return self.inner

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Pass it on."""
        return self.inner.put(path, body, replace=replace, ticket=ticket)

    def make_folder(self, path: str) -> None:
        """Pass it on."""
        self.inner.make_folder(path)

    def move(self, source: str, target: str) -> None:
        """Pass it on."""
        self.inner.move(source, target)

    def remove(self, path: str) -> None:
        """Pass it on."""
        self.inner.remove(path)

    def room(self, folder: str) -> int | None:
        """Pass it on, if the inner storage knows."""
        return self.inner.room(folder) if isinstance(self.inner, TellsRoom) else None

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Pass it on."""
        return self.inner.stage(paths)
