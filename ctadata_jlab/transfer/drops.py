"""Files that the browser sends: kept in a spool until they are stored, then ordinary uploads."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

from ctadata_jlab.errors import AlreadyExists, Busy, CtaDataError, NoSpace
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.disk import free_space, fsync_folder, local_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

__all__ = ["BadRequest", "Drop", "Spool"]


class BadRequest(CtaDataError):
    """The request does not fit what was announced before."""

    hint = "Start the upload again."


class Spool:
    """The folder where files from the browser wait, readable by their owner only, and never more than *limit* bytes of them."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.lock = threading.Condition()
        self._folder = folder
        self._limit = limit
        self._active: dict[tuple[str, int], int] = {}

    def storage(self, job_id: str) -> Local:
        """Return the received files of a job as a storage, each under its number."""
        return Local(self._folder / job_id)

    def receive(
        self, job_id: str, n: int, size: int, on_stored: Callable[[], None], modified: float | None = None
    ) -> Drop:
        """Return what takes the bytes of one file; *on_stored* is called, under the lock, when it has them all.

        *modified* is the file's time at the user's computer.
        """
        with self.lock:
            if (job_id, n) in self._active:
                raise Busy("This file is being received already.")
            if self.file(job_id, n).exists():
                raise AlreadyExists("This file has been received already.")
            self._require_room(size)
            with local_errors(self._folder):
                self.file(job_id, n).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                drop = Drop(self, (job_id, n), size, on_stored, modified)
            self._active[job_id, n] = size
            return drop

    def _require_room(self, size: int) -> None:
        if size > self._limit:
            raise NoSpace(
                f"Files above {self._limit} bytes cannot be sent through the browser.",
                hint="Copy the file into the workspace by other means, then upload it from there.",
            )
        if self.used() + size > self._limit or free_space(self._folder) < size:
            raise NoSpace(
                "Too many files are waiting to be stored.", hint="Wait until some are stored; it is tried again."
            )

    def used(self) -> int:
        """Return the bytes in the spool and those announced."""
        stored = sum(file.stat().st_size for file in self._folder.glob("*/*") if not file.name.startswith("."))
        return stored + sum(self._active.values())

    def file(self, job_id: str, n: int) -> Path:
        """Return where a received file lies."""
        return self._folder / job_id / str(n)

    def received(self, job_id: str) -> list[int]:
        """Return the numbers of the files that are here whole."""
        folder = self._folder / job_id
        return sorted(int(file.name) for file in folder.glob("[0-9]*")) if folder.is_dir() else []

    def is_receiving(self, job_id: str) -> bool:
        """Whether files of a job are on their way here."""
        with self.lock:
            return any(job == job_id for job, _ in self._active)

    def remove(self, job_id: str, n: int) -> None:
        """Remove a file that has been stored."""
        with self.lock:
            self.file(job_id, n).unlink(missing_ok=True)

    def sweep(self, job_id: str) -> None:
        """Remove all files of a job."""
        with self.lock:
            shutil.rmtree(self._folder / job_id, ignore_errors=True)

    def ended(self, job_id: str, n: int) -> None:
        """Note that a drop is over, whole or not."""
        with self.lock:
            self._active.pop((job_id, n), None)
            self.lock.notify_all()


class Drop:
    """Takes one file's bytes from the browser. A context manager: leaving it without `finish` forgets them."""

    def __init__(
        self, spool: Spool, key: tuple[str, int], size: int, on_stored: Callable[[], None], modified: float | None
    ) -> None:
        self._spool = spool
        self._key = key
        self._size = size
        self._on_stored = on_stored
        self._modified = modified
        self._final = spool.file(*key)
        self._part = self._final.with_name(f".{key[1]}")
        self._written = 0
        self._part.unlink(missing_ok=True)  # left over from a crash: nobody else can be writing it
        self._descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes) -> None:
        """Take the next bytes; more than announced is `BadRequest`, a full disk `NoSpace`."""
        if self._written + len(data) > self._size:
            raise BadRequest(f"More bytes came than the {self._size} that were announced.")
        with local_errors(self._final):
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        self._written += len(data)

    def finish(self) -> None:
        """Say that these were all the bytes; when this returns the file is safe here."""
        if self._written != self._size:
            raise BadRequest(f"{self._written} bytes came; {self._size} were announced.")
        with local_errors(self._final):
            if self._modified is not None:
                os.utime(self._descriptor, (self._modified, self._modified))
            os.fsync(self._descriptor)
            with self._spool.lock:
                self._part.rename(self._final)
                fsync_folder(self._final.parent)
                self._tell()

    def _tell(self) -> None:
        try:
            self._on_stored()
        except CtaDataError:
            self._final.unlink(missing_ok=True)  # nobody wants it any more
            raise

    def __enter__(self) -> Drop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        self._part.unlink(missing_ok=True)
        self._spool.ended(*self._key)
