"""A file of a storage open for writing: its bytes wait on this machine until all are there, then they are stored whole and checked."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, CtaDataError, NotFound
from ctadata_jlab.transfer.body import FileBody
from ctadata_jlab.transfer.job import new_id

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined, unused-ignore]
    from types import TracebackType

    from ctadata_jlab.storage import Entry, Receipt, Storage

__all__ = ["Draft", "Writing", "as_text"]


class Draft:
    """What will be stored as *path*, in a file of this machine until then. Only what is there now will be replaced, if *replace*."""

    def __init__(self, storage: Storage, path: str, *, replace: bool) -> None:
        self.path = paths.remote(path)
        self._storage = storage
        self._replaces = _there(storage, self.path, replace=replace)
        self.file = tempfile.NamedTemporaryFile(prefix="ctadata-", delete=False)  # noqa: SIM115 - until stored or discarded
        self.is_open = True

    def store(self) -> Receipt:
        """Store it whole; when that fails, the error says where on this machine the bytes are kept."""
        self.file.close()
        self.is_open = False
        place = Path(self.file.name)
        try:
            with FileBody(place) as body:
                receipt = self._storage.put(
                    self.path, body, replace=self._replaces or False, ticket=new_id(time.time())
                )
        except CtaDataError as error:
            error.hint = f"{error.hint} What was written is kept in {place}.".lstrip()
            raise
        place.unlink()
        return receipt

    def discard(self) -> None:
        """Forget it; the storage stays as it is."""
        if self.is_open:
            self.is_open = False
            self.file.close()
            Path(self.file.name).unlink(missing_ok=True)


class Writing(io.RawIOBase):
    """*path* open for writing. Closing it stores it; leaving the ``with`` block by an exception stores nothing."""

    def __init__(self, storage: Storage, path: str, *, mode: str = "wb") -> None:
        self.mode = mode
        self._draft = Draft(storage, path, replace=mode != "xb")
        self.name = self._draft.path
        self.receipt: Receipt | None = None

    def writable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Return how many bytes there are."""
        return self._draft.file.tell()

    def write(self, data: Buffer) -> int:
        """Take the next bytes."""
        return self._draft.file.write(data)

    def close(self) -> None:
        """Store what was written."""
        try:
            if not self.closed and self._draft.is_open:
                self.receipt = self._draft.store()
        finally:
            super().close()

    def discard(self) -> None:
        """Store nothing."""
        self._draft.discard()
        super().close()

    def __enter__(self) -> Writing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


def as_text(raw: Any, encoding: str) -> IO[str]:
    """Return the open file *raw* as text."""
    return _Text(raw if raw.readable() else io.BufferedWriter(raw), encoding)


class _Text(io.TextIOWrapper):
    """Text over bytes; an exception in the ``with`` block reaches the bytes, so that half a text is not stored."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raw = getattr(self.buffer, "raw", None)
        if kind is not None and isinstance(raw, Writing):
            raw.discard()
            return
        super().__exit__(kind, error, trace)


def _there(storage: Storage, path: str, *, replace: bool) -> Entry | None:
    """Return what is at *path*, or raise `AlreadyExists` when it must not be replaced."""
    try:
        entry = storage.stat(path)
    except NotFound:
        return None
    if entry.is_folder:
        raise AlreadyExists(f"{paths.display(path)} is a folder.")
    if not replace:
        raise AlreadyExists(f"{paths.display(path)} exists already.")
    return entry
