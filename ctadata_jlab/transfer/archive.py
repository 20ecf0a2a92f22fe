"""Files and folders of a storage as one zip archive, made while it is sent: no temporary file, no file held in memory.

The files are stored, not compressed (APPNOTE.TXT 6.3.10, method 0): scientific data rarely gets smaller, and the reader's time counts.
Checksums are written behind the bytes (data descriptors), and 64-bit sizes where 32 bits do not do, so no file or archive is too large.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Corrupted, Offline
from ctadata_jlab.transfer.checksum import Digests
from ctadata_jlab.transfer.plan import plan_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.storage import Entry, Storage
    from ctadata_jlab.transfer.job import Item

__all__ = ["zip_name", "zipped"]

PORTION = 256 * 1024
"""How many bytes are given on at once."""
_EARLIEST = datetime(1980, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(2107, 12, 31, tzinfo=timezone.utc)
"""The times that a zip archive can say."""


def zip_name(tops: Sequence[str]) -> str:
    """Return what the archive of *tops* is called: as the one that is in it, else as the folder that holds them."""
    name = paths.name(tops[0]) if len(tops) == 1 else paths.name(paths.parent(tops[0]))
    return paths.shortened(name or "files", suffix=".zip")


def zipped(storage: Storage, tops: Sequence[str], put: Callable[[bytes], None]) -> None:
    """Give *put* the archive of everything at or below *tops*, piece by piece, each under its path below the folder it lies in.

    Whatever cannot be read whole ends it with that error: an archive that lacks a file is never finished, so nobody takes it for whole.
    """
    out = _Outlet(put)
    with _Archive(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for item in plan_copy(storage, tops, "/"):
            name = (item.target or "").lstrip("/")
            if item.kind == "folder":
                archive.writestr(zipfile.ZipInfo(f"{name}/", _when(None)), b"")
            else:
                _add(archive, storage, item, name)
    out.flush()


class _Archive(zipfile.ZipFile):
    """An archive that is not finished off when an error broke it."""

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.close()
        else:
            self.fp = None


def _add(archive: zipfile.ZipFile, storage: Storage, item: Item, name: str) -> None:
    with storage.open(item.path) as reader:
        entry = reader.entry
        if entry.online is False:
            raise Offline(f"{paths.display(item.path)} is on tape.")
        info = zipfile.ZipInfo(name, _when(entry.modified))
        info.external_attr = 0o100644 << 16
        digests = Digests([entry.checksum.algorithm] if entry.checksum else [])
        written = 0
        info.file_size = entry.size or 0
        with archive.open(info, "w", force_zip64=entry.size is None) as member:

            def sink(data: bytes) -> None:
                nonlocal written
                digests.update(data)
                written += len(data)
                member.write(data)

            reader.pour(0, entry.size, sink)
            _require_whole(entry, written, digests)


def _require_whole(entry: Entry, written: int, digests: Digests) -> None:
    """Refuse bytes that are not those which the storage says it has."""
    if entry.size is not None and written != entry.size:
        raise Corrupted(f"{paths.display(entry.path)} has {entry.size} bytes, but {written} came.")
    found = digests.checksum(entry.checksum.algorithm) if entry.checksum else None
    if found is not None and entry.checksum is not None and not found.matches(entry.checksum):
        raise Corrupted(f"{paths.display(entry.path)}: the bytes that came do not fit the checksum {entry.checksum}.")


def _when(modified: datetime | None) -> tuple[int, int, int, int, int, int]:
    utc = _EARLIEST if modified is None else modified.astimezone(timezone.utc)
    at = min(max(utc, _EARLIEST), _LATEST)
    return at.year, at.month, at.day, at.hour, at.minute, at.second


class _Outlet(io.RawIOBase):
    """A file that can only be written, from its first byte to its last; gives on portions, not the crumbs of a zip archive."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        super().__init__()
        self._put = put
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        with memoryview(data) as view:  # type: ignore[arg-type]  # whatever holds bytes
            self._waiting += view
            if len(self._waiting) >= PORTION:
                self._hand_on()
            return view.nbytes

    def flush(self) -> None:
        if not self.closed and self._waiting:
            self._hand_on()

    def _hand_on(self) -> None:
        whole, self._waiting = bytes(self._waiting), bytearray()
        self._put(whole)
