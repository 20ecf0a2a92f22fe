"""A download on its way: the part file ``.NAME.ctapart`` beside its target, and the sidecar that says what it is part of.

The sidecar is on disk before the first byte, so that any later process (a server, a kernel, the command line) can go on
where this one stopped, or knows that it must not. An operating system's lock on the part file says who is at work.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import Busy, Corrupted
from ctadata_jlab.transfer import disk
from ctadata_jlab.transfer.checksum import Digests
from ctadata_jlab.transfer.compare import strong
from ctadata_jlab.transfer.lock import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from ctadata_jlab.storage import Checksum, Entry

__all__ = ["SMALL", "Part", "part_name", "part_names", "sweep"]

SMALL = 8 * 1024 * 1024
"""A part up to so many bytes gets its sidecar only when it is left unfinished: after a crash it is as quickly fetched as explained."""
_CHECKPOINT = 256 * 1024 * 1024
_CHUNK = 1024 * 1024


def part_name(name: str) -> str:
    """Return how the part of a file called *name* is called."""
    return paths.shortened(name, ".", ".ctapart")


def part_names(target: Path) -> tuple[Path, Path]:
    """Return the part file and the sidecar of *target*."""
    return (
        target.with_name(part_name(target.name)),
        target.with_name(paths.shortened(target.name, ".", ".ctapart.json")),
    )


def sweep(target: Path) -> None:
    """Remove what a crash left beside a *target* that is whole: a sidecar without part, or a part that is the target itself."""
    part, sidecar = part_names(target)
    with disk.local_errors(target):
        if not os.path.lexists(part):
            sidecar.unlink(missing_ok=True)
        elif os.path.samestat(part.lstat(), target.stat()):
            part.unlink()
            sidecar.unlink(missing_ok=True)


class Part:
    """The part file of *target*, which becomes *entry* of *source*. A context manager that holds the lock; leaving it keeps the bytes.

    `done` is how many bytes from the start are there. *algorithms* are the checksums to compute.
    """

    def __init__(self, target: Path, source: str, entry: Entry, algorithms: Iterable[str] = ()) -> None:
        self.target = target
        self.entry = entry
        self.done = 0
        self._identity = _identity(source, entry)
        self._algorithms = tuple(algorithms)
        self._digests = Digests(self._algorithms)
        self._path, self._sidecar = part_names(target)
        self._temporary = target.with_name(paths.shortened(target.name, ".", ".ctapart.ctapart.json"))
        self._descriptor = -1
        self._locks = contextlib.ExitStack()
        self._synced = 0
        self._verified = False

    def __enter__(self) -> Part:
        with disk.local_errors(self.target):
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = self._claim()
        try:
            with disk.local_errors(self.target):
                self._take_up()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor < 0:
            return
        try:
            if self.done > self._synced:
                with contextlib.suppress(
                    OSError
                ):  # a full disk: then the part is worth what it was at the last checkpoint
                    self._checkpoint()
        finally:
            self._close()

    def restart(self) -> None:
        """Forget the bytes that are there and begin again."""
        with disk.local_errors(self.target):
            self._begin()

    def rehash(self, check: Callable[[], object]) -> None:
        """Read the bytes that were already there into the checksums; *check* may raise to stop."""
        self._digests = Digests(self._algorithms)
        if not self._digests:
            return
        with disk.local_errors(self.target):
            for begin in range(0, self.done, _CHUNK):
                check()
                self._digests.update(os.pread(self._descriptor, min(_CHUNK, self.done - begin), begin))

    def write(self, data: bytes) -> None:
        """Append *data*; more than the entry's size is `Corrupted`."""
        if self.entry.size is not None and self.done + len(data) > self.entry.size:
            raise Corrupted(f"More bytes came for {paths.display(self.entry.path)} than its {self.entry.size}.")
        with disk.local_errors(self.target):
            rest = memoryview(data)
            while rest:
                written = os.pwrite(self._descriptor, rest, self.done)
                self._digests.update(rest[:written])
                self.done += written
                rest = rest[written:]
            if self.done - self._synced >= _CHECKPOINT:
                self._checkpoint()

    def verify(self, proof: Checksum | None) -> Checksum | None:
        """Raise `Corrupted` unless size and checksum are right; returns the checksum that proved it, None for size only."""
        self._verified = False
        name = paths.display(self.entry.path)
        if self.entry.size is not None and self.done != self.entry.size:
            raise Corrupted(f"{self.done} bytes came for {name}, which has {self.entry.size}.")
        computed = None if proof is None else self._digests.checksum(proof.algorithm)
        if proof is not None and computed is not None and not proof.matches(computed):
            raise Corrupted(f"The bytes of {name} give {computed}; the storage says {proof}.")
        self._verified = True
        return proof if computed is not None else None

    def commit(self, *, replace: bool) -> None:
        """Give the verified part its final name; `AlreadyExists` when something has that name, unless *replace*."""
        if not self._verified:
            raise Corrupted(f"{paths.display(self.target.name)} was not verified.")
        with disk.local_errors(self.target):
            os.fsync(self._descriptor)
            if self.entry.modified is not None:
                _set_modified(self._descriptor, self.entry.modified)
            disk.commit(self._path, self.target, replace=replace)
            self._sidecar.unlink(missing_ok=True)
            self._close()

    def discard(self) -> None:
        """Remove part and sidecar: nothing of it can be trusted."""
        self._sidecar.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
        self._close()

    def _claim(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        for _ in range(10):
            descriptor = os.open(self._path, flags, 0o666)
            try:
                self._lock(descriptor)
                if self._is_only_name(descriptor):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
            self._locks.close()
        raise Busy(f"{paths.display(self.target.name)} is being finished by another process.")

    def _lock(self, descriptor: int) -> None:
        try:
            self._locks = lock(descriptor, self._path)
        except BlockingIOError:
            raise Busy(f"{paths.display(self.target.name)} is being downloaded by another process.") from None

    def _is_only_name(self, descriptor: int) -> bool:
        """Whether the locked file still is the part; if it is its target too, it was finished and only the old name is left."""
        mine = os.fstat(descriptor)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(mine, self._path.lstat()):
                if mine.st_nlink == 1:
                    return True
                self._path.unlink()
        return False

    def _take_up(self) -> None:
        self._temporary.unlink(missing_ok=True)  # of a process that was killed while it wrote the sidecar
        known = _read(self._sidecar)
        if known is None or known.get("identity") != self._identity or not _is_certain(self._identity):
            self._begin()
            return
        length = os.fstat(self._descriptor).st_size
        trusted = length if known.get("boot") == disk.boot_id() != "" else min(length, _prefix(known))
        if self.entry.size is not None and trusted > self.entry.size:
            self._begin()
            return
        os.ftruncate(self._descriptor, trusted)
        self.done = self._synced = trusted

    def _begin(self) -> None:
        self._sidecar.unlink(missing_ok=True)  # before the bytes go: no sidecar may ever describe other bytes
        os.ftruncate(self._descriptor, 0)
        self.done = self._synced = 0
        self._digests = Digests(self._algorithms)
        if self.entry.size is None or self.entry.size > SMALL:
            self._describe()

    def _checkpoint(self) -> None:
        os.fsync(self._descriptor)
        self._synced = self.done
        self._describe()

    def _describe(self) -> None:
        ranges = [[0, self._synced]] if self._synced else []
        facts = {"identity": self._identity, "ranges": ranges, "boot": disk.boot_id()}
        disk.write_durably(self._sidecar, json.dumps(facts).encode(), by=self._temporary)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._locks.close()
            self._descriptor = -1


def _identity(source: str, entry: Entry) -> dict[str, Any]:
    return {
        "source": source,
        "path": entry.path,
        "version": strong(entry.version),
        "modified": None if entry.modified is None else entry.modified.timestamp(),
        "size": entry.size,
        "checksum": None if entry.checksum is None else str(entry.checksum),
    }


def _is_certain(identity: dict[str, Any]) -> bool:
    """Whether it names one version of the bytes, so that two halves fetched at different times fit together."""
    return any(identity[fact] is not None for fact in ("version", "modified", "checksum"))


def _read(sidecar: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads(sidecar.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _prefix(facts: dict[str, Any]) -> int:
    """Return how many bytes from the start were known to be on disk."""
    ranges = facts.get("ranges")
    try:
        return next((int(end) for start, end in ranges or () if start == 0), 0)
    except (TypeError, ValueError):
        return 0


def _set_modified(descriptor: int, modified: datetime) -> None:
    stamp = modified.timestamp()
    with contextlib.suppress(OSError):  # a time is a courtesy, the bytes are the promise
        os.utime(descriptor, (stamp, stamp))
