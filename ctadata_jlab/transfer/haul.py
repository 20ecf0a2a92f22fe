"""Small new files, many at once: gathered, proven and written in one thread, made durable in batches by another.

What is plain takes this way: a new name on this machine, a file whose size, version and checksum are as they were seen. Whatever is
not falls to the hands of the crew, who look again, wait, repeat and resume (see `copy`). So the two promise the same.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Changed, Corrupted, CtaDataError, Unsupported
from ctadata_jlab.storage import Checksum, Entry, Gathers, HasLocalPaths
from ctadata_jlab.transfer.batch import Batch
from ctadata_jlab.transfer.checksum import KNOWN, Digests
from ctadata_jlab.transfer.compare import local_file
from ctadata_jlab.transfer.copy import Outcome, proof_note
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Protocol, TypeAlias

    from ctadata_jlab.storage import Gathered, Storage
    from ctadata_jlab.transfer.job import Item
    from ctadata_jlab.transfer.progress import Watch
    from ctadata_jlab.transfer.split import Split

    class Teller(Protocol):
        """Who is told what becomes of items that move many at once."""

        def began(self, item: Item) -> None:
            """Hear that *item* leaves something behind from now on, if it does not arrive."""

        def ended(self, kept: list[tuple[Item, Outcome, str]]) -> None:
            """Hear of those that are done, each with how people call its place."""

    class Bulk(Protocol):
        """What moves the small items of a split."""

        def run(self, watch: Watch) -> None:
            """Do it all; raises what stopped it."""

    Hauling: TypeAlias = Callable[[Split, int, Teller], Bulk]

__all__ = ["LARGEST", "Bulk", "Haul", "Hauling", "Teller", "may_haul"]

LARGEST = 1024 * 1024
"""Bytes: larger files gain little from company, and are held in memory here."""
_BATCH = 128
"""Most files that become durable together; as many may be written meanwhile, each with a descriptor of its own."""
_BATCH_SECONDS = 0.1
"""A file waits for others to become durable together with it, but no longer than this."""
_NAMES = 50_000


def may_haul(source: Storage, target: Storage) -> bool:
    """Whether files can take this way between the two."""
    return "gathers" in source.traits.extras and isinstance(target, HasLocalPaths)


@dataclass(frozen=True, slots=True)
class _Catch:
    item: Item
    target: Path
    entry: Entry


class Haul:
    """The small ones of *split*, from *source* to this machine's *target*, so many *lines* at a time.

    *teller* hears of those that are done; the others fall to the hands.
    """

    def __init__(
        self,
        source: Storage,
        target: Storage,
        split: Split,
        lines: int,
        teller: Teller,
    ) -> None:
        self._source = source
        self._target = target
        self._split = split
        self._lines = lines
        self._teller = teller
        self._folder: _Folder | None = None
        self._under_way: dict[str, tuple[Item, Path]] = {}
        self._most = _together()
        self._batch, self._written = Batch(), list[_Catch]()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._error: BaseException | None = None

    @staticmethod
    def is_small(item: Item) -> bool:
        """Whether *item* may take this way."""
        return (
            item.kind == "file"
            and item.state is ItemState.WAITING
            and item.size is not None
            and item.size <= LARGEST
            and item.online is not False
            and bool(item.version or item.modified or item.checksum)
        )

    def run(self, watch: Watch) -> None:
        """Do it all; raises what stopped it."""
        assert isinstance(self._source, Gathers)  # noqa: S101 - for the type checker: see `may_haul`
        keeper = threading.Thread(target=self._main, args=(watch,), name="ctadata-keep", daemon=True)
        keeper.start()
        try:
            while not self._split.ended and self._error is None:
                for gathered in self._source.gather(self._wanted(), self._lines):
                    watch.check()
                    if self._error is not None:
                        break
                    if gathered is not None:
                        self._take(gathered, watch)
        except Unsupported:
            return  # not this server: the hands do it all
        finally:
            with self._changed:
                self._ended.set()
                self._changed.notify_all()
            keeper.join()
            self._batch.discard()
            for catch in self._written:
                self._split.fall(catch.item)
            for item, _ in self._under_way.values():
                self._split.fall(item)
        if self._error is not None:
            raise self._error

    def _wanted(self) -> Iterator[Entry | None]:
        """Yield what to fetch; None when there is nothing now."""
        while not self._split.ended:
            item = self._split.small()
            if item is None:
                yield None
                continue
            target = self._free_target(item)
            if target is None or item.path in self._under_way:
                self._split.fall(item)
                continue
            self._under_way[item.path] = (item, target)
            yield _entry(item)

    def _free_target(self, item: Item) -> Path | None:
        """Return where *item* lands, None where something is already, or the folder is not yet."""
        above, _, name = (item.target or "/").rpartition("/")
        if self._folder is None or self._folder.path != above:
            self._folder = _Folder(above, self._target)
        return self._folder.free(name)

    def _take(self, gathered: Gathered, watch: Watch) -> None:
        item, target = self._under_way.pop(gathered.entry.path)
        if gathered.error is not None:
            is_about_file = isinstance(gathered.error, (Changed, Corrupted))
            self._split.fall(item, trouble=not is_about_file and gathered.error.retryable)
            return
        self._split.went_well()
        watch.moved(len(gathered.data))
        try:
            _prove(gathered)
            self._write(_Catch(item, target, gathered.entry), gathered.data)
        except CtaDataError:
            watch.again(len(gathered.data))
            self._split.fall(item)

    def _write(self, catch: _Catch, data: bytes) -> None:
        """Write *data*, still at hand, where it waits for others to become durable together with it."""
        with self._changed:
            while len(self._written) >= self._most and self._error is None:
                self._changed.wait(0.2)
            self._batch.add(catch.target, data, catch.entry.modified)
            self._written.append(catch)
            if len(self._written) >= self._most:
                self._changed.notify_all()

    # -- keeping, in a thread of its own -------------------------------------------------------------------------------

    def _main(self, watch: Watch) -> None:
        try:
            while not self._ended.is_set():
                self._keep_batch(watch)
            self._keep_batch(watch)
        except BaseException as error:  # noqa: BLE001 - a thread's top: raised again by `run`
            self._error = error

    def _keep_batch(self, watch: Watch) -> None:
        """Make durable what has been written when that is enough, or a moment has passed."""
        with self._changed:
            if len(self._written) < self._most and not self._ended.is_set():
                self._changed.wait(_BATCH_SECONDS)
            batch, written = self._batch, self._written
            self._batch, self._written = Batch(), []
            self._changed.notify_all()
        if written:
            self._commit(batch, written, watch)

    def _commit(self, batch: Batch, written: list[_Catch], watch: Watch) -> None:
        kept: list[tuple[Item, Outcome, str]] = []
        for catch, error in zip(written, batch.commit(), strict=True):
            size = catch.entry.size or 0
            if error is None:
                note, item = proof_note(_proof(catch.entry)), catch.item
                outcome = Outcome(ItemState.DONE, item.target or "/", size, note, catch.entry)
                kept.append((replace(item, attempts=item.attempts + 1), outcome, str(catch.target)))
            else:
                watch.again(size)
                self._split.fall(catch.item)
        if kept:
            self._teller.ended(kept)


def _together() -> int:
    """Return how many files may become durable together: an eighth of what this process may have open (on macOS 256, mostly)."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, nor such a limit
    except ImportError:
        return _BATCH
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _BATCH if allowed < 0 else max(1, min(_BATCH, allowed // 8))


class _Folder:
    """A folder of this machine, looked into once: the names in it, as long as they are not too many."""

    def __init__(self, path: str, storage: Storage) -> None:
        self.path = path
        self._place: Path | None = None
        self._names: set[str] | None = None
        with contextlib.suppress(CtaDataError, OSError):
            place = local_file(storage, path or "/")
            if place is not None:
                with os.scandir(place) as entries:
                    names = {entry.name for entry in islice(entries, _NAMES)}
                self._names = names if len(names) < _NAMES else None
                self._place = place

    def free(self, name: str) -> Path | None:
        """Return the file called *name*, None if it exists. Another one of that name may come: naming it will tell."""
        if self._place is None or not name:
            return None
        file = self._place / name
        is_there = os.path.lexists(file) if self._names is None else name in self._names
        return None if is_there else file


def _entry(item: Item) -> Entry:
    """Return what was seen of *item* when the job was planned."""
    modified = None if item.modified is None else dt.datetime.fromtimestamp(item.modified, dt.timezone.utc)
    algorithm, _, value = (item.checksum or "").partition(":")
    checksum = Checksum(algorithm, value) if value else None
    return Entry(item.path, "file", item.size, modified, item.version, checksum, item.online)


def _proof(entry: Entry) -> Checksum | None:
    """Return the checksum that can be compared here."""
    return entry.checksum if entry.checksum is not None and entry.checksum.algorithm in KNOWN else None


def _prove(gathered: Gathered) -> None:
    """Raise `Corrupted` unless size and checksum are right."""
    entry, data = gathered.entry, gathered.data
    proof = _proof(entry)
    if len(data) != entry.size:
        raise Corrupted(f"Another size came for {paths.display(entry.path)}.")
    if proof is None:
        return
    digests = Digests([proof.algorithm])
    digests.update(data)
    computed = digests.checksum(proof.algorithm)
    if computed is None or not proof.matches(computed):
        raise Corrupted(f"The bytes of {paths.display(entry.path)} give {computed}; the storage says {proof}.")
