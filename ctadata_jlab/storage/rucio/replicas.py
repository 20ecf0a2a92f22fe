"""The copies of files: which is tried first, which is passed over, and a reader that goes on with the next one.

A storage element that does not answer is passed over for a while, for all files; a copy whose bytes are not those that were registered is
not read again. Its bytes are proved here, with the strongest checksum that Rucio has, when a file is read from its beginning to its end:
only then it is known which copy is to blame.
"""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from ctadata_jlab.errors import (
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    NotFound,
    NotLoggedIn,
    Offline,
    Unreachable,
)
from ctadata_jlab.http import origin
from ctadata_jlab.storage.rucio.doors import https

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from ctadata_jlab.storage import Checksum, Entry, Reader
    from ctadata_jlab.storage.rucio.api import Api, Replica
    from ctadata_jlab.storage.rucio.contents import Contents
    from ctadata_jlab.storage.rucio.doors import Doors
    from ctadata_jlab.storage.rucio.names import Did

__all__ = ["ReplicaReader", "Replicas"]

SECONDS = 300.0
"""How long it is believed where copies are, and that a storage element does not answer."""
TOGETHER = 200
"""Of how many files of a dataset the copies are asked for in one question."""
ROOM = 20_000


class Replicas:
    """Where the copies of files are, as *api* tells it, those that may be tried first. Thread-safe."""

    def __init__(self, api: Api, contents: Contents, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._contents = contents
        self._clock = clock
        self._known: OrderedDict[Did, tuple[tuple[Replica, ...], float]] = OrderedDict()
        self._silent: dict[str, float] = {}
        self._corrupt: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, did: Did, collection: Did | None) -> list[Replica]:
        """Return the copies of *did* in the order they should be tried; asks for those of its neighbours in *collection*, too."""
        with self._lock:
            found, since = self._known.get(did, ((), float("-inf")))
        if not found or self._clock() - since > SECONDS:
            found = self._fetch(
                did, [did] if collection is None else self._contents.siblings(collection, did, TOGETHER)
            )
        return self._sorted(found)

    def silent(self, replica: Replica) -> None:
        """Note that the storage element of *replica* does not answer."""
        with self._lock:
            self._silent[origin(https(replica.url))] = self._clock()

    def corrupt(self, replica: Replica) -> None:
        """Note that the bytes of *replica* are not those that were registered."""
        with self._lock:
            self._corrupt[replica.url] = None
            while len(self._corrupt) > ROOM:
                self._corrupt.popitem(last=False)

    def _fetch(self, did: Did, wanted: Sequence[Did]) -> tuple[Replica, ...]:
        told = dict(self._api.replicas(wanted))
        with self._lock:
            for one, replicas in told.items():
                self._known[one] = (replicas, self._clock())
            while len(self._known) > ROOM:
                self._known.popitem(last=False)
        return told.get(did, ())

    def _sorted(self, replicas: Sequence[Replica]) -> list[Replica]:
        with self._lock:
            now = self._clock()
            silent = {place for place, since in self._silent.items() if now - since < SECONDS}
            corrupt = {replica.url for replica in replicas if replica.url in self._corrupt}
        good = [replica for replica in replicas if replica.url not in corrupt]
        # when nothing else is left, what was corrupt is tried again: it may have been repaired
        return sorted(good or replicas, key=lambda replica: origin(https(replica.url)) in silent)


class ReplicaReader:
    """One file, read from the first of *candidates* that gives it; *sums* prove it, *what* names it."""

    def __init__(
        self,
        entry: Entry,
        candidates: Sequence[Replica],
        replicas: Replicas,
        doors: Doors,
        sums: tuple[Checksum, ...],
        what: str,
    ) -> None:
        self.entry = entry
        self._left = list(candidates)
        self._replicas = replicas
        self._doors = doors
        self._sums = sums
        self._what = what
        self._open: tuple[Replica, Reader] | None = None
        self._failed: list[tuple[Replica, CtaDataError]] = []
        self._lock = threading.Lock()

    def begin(self) -> ReplicaReader:
        """Open the first copy that can be opened, or raise why none can."""
        self._current()
        return self

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*, from as many copies as that takes."""
        size = self.entry.size
        stop = size if end is None else end
        is_whole = start == 0 and stop == size
        guarded = _Guarded(sink, self._sums[-1] if is_whole and self._sums else None)
        used: list[Replica] = []
        while True:
            replica, reader = self._current()
            used.append(replica)
            try:
                reader.pour(start + guarded.total, stop, guarded)
                break
            except CtaDataError as error:
                if guarded.has_failed:
                    raise
                self._give_up(replica, error)
                if isinstance(error, Corrupted) and guarded.total:
                    raise  # what was given is not to be trusted
        if guarded.is_wrong:
            self._blame(used)

    def _current(self) -> tuple[Replica, Reader]:
        with self._lock:
            while self._open is None:
                if not self._left:
                    raise _none_left(self._failed, self._what)
                replica = self._left.pop(0)
                try:
                    proof = self._sums[0] if self._sums else None
                    self._open = (replica, self._doors.open(replica.url, self.entry.size, proof))
                except CtaDataError as error:
                    self._note(replica, error)
            return self._open

    def _give_up(self, replica: Replica, error: CtaDataError) -> None:
        """Go over to the next copy, unless another thread has done so."""
        with self._lock:
            if self._open is None or self._open[0] is not replica:
                return
            (_, reader), self._open = self._open, None
            self._note(replica, error)
        reader.__exit__(None, None, None)

    def _note(self, replica: Replica, error: CtaDataError) -> None:
        self._failed.append((replica, error))
        if isinstance(error, Unreachable):
            self._replicas.silent(replica)
        if isinstance(error, Corrupted | Changed):
            self._replicas.corrupt(replica)

    def _blame(self, used: list[Replica]) -> None:
        if len(set(used)) == 1:
            self._replicas.corrupt(used[0])
        sites = ", ".join(dict.fromkeys(replica.rse for replica in used))
        raise Corrupted(
            f"The bytes from {sites} are not those that were registered ({self._sums[-1].algorithm}): {self._what}.",
            hint="Another copy is tried if there is one; tell the data's administrators of this one.",
        )

    def __enter__(self) -> ReplicaReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            opened, self._open = self._open, None
        if opened is not None:
            opened[1].__exit__(kind, error, trace)


class _Guarded:
    """A sink that counts and sums up, and knows whether an error was its own: then no other copy helps."""

    def __init__(self, sink: Callable[[bytes], object], proof: Checksum | None) -> None:
        self._sink = sink
        self._proof = proof
        self._md5 = hashlib.md5(usedforsecurity=False) if proof and proof.algorithm == "md5" else None
        self._adler32 = 1
        self.total = 0
        self.has_failed = False

    def __call__(self, data: bytes) -> None:
        try:
            self._sink(data)
        except BaseException:
            self.has_failed = True
            raise
        self.total += len(data)
        if self._md5 is not None:
            self._md5.update(data)
        elif self._proof is not None:
            self._adler32 = zlib.adler32(data, self._adler32)

    @property
    def is_wrong(self) -> bool:
        """Whether the bytes are not those of the proof."""
        if self._proof is None:
            return False
        value = f"{self._adler32:08x}" if self._md5 is None else self._md5.hexdigest()
        return not self._proof.matches(type(self._proof)(self._proof.algorithm, value))


def _none_left(failed: Sequence[tuple[Replica, CtaDataError]], what: str) -> CtaDataError:
    """Return the error that tells of each copy why it cannot be had, of the kind that promises most."""
    if not failed:
        return NotFound(
            f"Rucio knows no copy that can be had over https: {what}.",
            hint="Ask for a replication rule to a storage element with https or davs.",
        )
    reasons = "; ".join(f"{replica.rse}: {error.message}" for replica, error in failed)
    kinds = (Unreachable, Offline, NotLoggedIn, Forbidden, Corrupted)
    # what a later attempt may get comes first, then what the user can do something about
    best = next((error for kind in kinds for _, error in failed if isinstance(error, kind)), failed[-1][1])
    words = f"No copy of {what} can be read. {reasons}"
    if isinstance(best, NotLoggedIn):
        return NotLoggedIn(words, hint=best.hint, source=best.source)
    kind = next((kind for kind in kinds if isinstance(best, kind)), NotFound)
    return kind(words, hint=best.hint)
