"""Small new files to a storage, many at once in one thread; the counterpart of a haul, with the same promises.

What is plain takes this way: a regular file of this machine, a name that is free. Whatever is not falls to the hands of the crew.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Cancelled, Changed, CtaDataError, NotFound
from ctadata_jlab.storage import HasLocalPaths, Scatters, ToScatter
from ctadata_jlab.transfer.checksum import Digests
from ctadata_jlab.transfer.compare import local_file
from ctadata_jlab.transfer.copy import Outcome, proof_note
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Checksum, Scattered, Storage
    from ctadata_jlab.transfer.haul import Teller
    from ctadata_jlab.transfer.job import Item
    from ctadata_jlab.transfer.progress import Watch
    from ctadata_jlab.transfer.split import Split

__all__ = ["Volley", "may_volley"]


_TELL = 0.05
"""Seconds after which those that have arrived are told of."""


def may_volley(source: Storage, target: Storage) -> bool:
    """Whether files can take this way between the two."""
    traits = target.traits
    return traits.writable and "scatters" in traits.extras and isinstance(source, HasLocalPaths)


class Volley:
    """The small ones of *split*, from this machine's *source* to *target*, so many *lines* at a time.

    *ticket* names an item's temporary, *settled* hears when nothing is left under that name; *teller* hears of those that are done;
    the others fall to the hands.
    """

    def __init__(
        self,
        ticket: Callable[[Item], str],
        source: Storage,
        target: Storage,
        split: Split,
        lines: int,
        teller: Teller,
        *,
        settled: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._ticket = ticket
        self._settled = settled
        self._source = source
        self._target = target
        self._split = split
        self._lines = lines
        self._teller = teller
        self._here: tuple[str, Path | None] = ("", None)
        self._there: tuple[str, frozenset[str] | None] = ("", None)
        self._under_way: dict[str, tuple[Item, _Loaded, str]] = {}
        self._arrived: dict[str, tuple[Item, Outcome, str]] = {}
        self._told = 0.0

    def run(self, watch: Watch) -> None:
        """Do it all; raises what stopped it."""
        assert isinstance(self._target, Scatters)  # noqa: S101 - for the type checker: see `may_volley`
        try:
            while not self._split.ended:
                for scattered in self._target.scatter(self._wanted(watch), self._lines):
                    if scattered is None:
                        watch.check()
                        self._tell()
                    else:  # it has its name: also who stops now hears of it
                        self._take(scattered, watch)
        except Cancelled:
            raise
        except CtaDataError:
            return  # the hands find out what it means
        finally:
            for item, _, _ in self._under_way.values():
                self._split.fall(item)
            self._tell()

    def _wanted(self, watch: Watch) -> Iterator[ToScatter | None]:
        """Yield what to send; None when there is nothing now."""
        while not self._split.ended:
            item = self._split.small()
            if item is None:
                yield None
                continue
            target = paths.remote(item.target or "/")
            loaded = None if target in self._under_way or not self._is_free(target) else self._loaded(item)
            if loaded is None:
                self._split.fall(item)
                continue
            watch.check()
            ticket = self._ticket(item)
            self._under_way[target] = (item, loaded, ticket)
            self._teller.began(item)  # so that a successor knows what to sweep
            yield ToScatter(target, loaded, ticket)

    def _is_free(self, path: str) -> bool:
        """Whether nothing has that name; a folder is listed once. Another one of that name may come: taking the name will tell."""
        folder = paths.parent(path)
        if self._there[0] != folder:
            self._tell()  # the listing may take long
            names: frozenset[str] | None = None
            with contextlib.suppress(CtaDataError):
                names = self._names(folder)
            self._there = (folder, names)
        names = self._there[1]
        return names is not None and paths.name(path) not in names

    def _names(self, folder: str) -> frozenset[str]:
        try:
            return frozenset(entry.name for entry in self._target.list(folder))
        except NotFound:
            return frozenset()

    def _loaded(self, item: Item) -> _Loaded | None:
        """Return the bytes of *item*, None where they are not those of a plain file of the size that was seen."""
        above = paths.parent(item.path)
        with contextlib.suppress(CtaDataError, OSError):
            if self._here[0] != above:
                self._here = (above, local_file(self._source, above))
            folder = self._here[1]
            return None if folder is None else _Loaded.of(folder / paths.name(item.path), item)
        return None

    def _take(self, scattered: Scattered, watch: Watch) -> None:
        item, loaded, ticket = self._under_way.pop(scattered.path)
        receipt, error = scattered.receipt, scattered.error
        if receipt is None or error is not None:
            self._split.fall(item, trouble=error is not None and error.retryable and not isinstance(error, Changed))
            return
        self._split.went_well()
        note = proof_note(receipt.verified_by)
        outcome = Outcome(ItemState.DONE, scattered.path, loaded.size, note)
        self._arrived[ticket] = (replace(item, attempts=item.attempts + 1), outcome, scattered.path)
        if time.monotonic() - self._told > _TELL:
            self._tell()
        watch.moved(loaded.size)  # may rest, or raise where the user stops it

    def _tell(self) -> None:
        """Tell of those that have arrived."""
        self._told = time.monotonic()
        arrived, self._arrived = self._arrived, {}
        if arrived:
            self._teller.ended(list(arrived.values()))
            for ticket in arrived:
                self._settled(ticket)


class _Loaded:
    """A small file's bytes, read at one go."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self.size = len(data)

    @classmethod
    def of(cls, file: Path, item: Item) -> _Loaded | None:
        """Read *file*; None when it is no plain file, or not as it was seen, or is being written to."""
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode) or before.st_size != item.size:
                return None
            data = os.read(descriptor, before.st_size + 1)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        is_one_version = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
        return cls(data) if is_one_version and len(data) == item.size else None

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most *count*."""
        data = self._data[self._position : self._position + count]
        self._position += len(data)
        return data

    def rewind(self) -> None:
        """Start again from the first byte."""
        self._position = 0

    def checksum(self, algorithm: str) -> Checksum | None:
        """Return the checksum of all bytes, None for an algorithm that is not known here."""
        digests = Digests([algorithm])
        digests.update(self._data)
        return digests.checksum(algorithm)
