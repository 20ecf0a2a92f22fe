"""Small files that become durable together: written under temporary names, on disk at one go, then named."""

from __future__ import annotations

import contextlib
import ctypes
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.transfer import disk
from ctadata_jlab.transfer.lock import lock
from ctadata_jlab.transfer.part import part_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from datetime import datetime
    from pathlib import Path

__all__ = ["Batch"]

_WRITE = 2  # SYNC_FILE_RANGE_WRITE


@dataclass(slots=True)
class _Part:
    target: Path
    path: Path
    descriptor: int
    locked: ExitStack
    is_named: bool = False


class Batch:
    """Files on their way to disk: none is seen under its name before all of its bytes are there, or told before its name is."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, target: Path, data: bytes, modified: datetime | None) -> None:
        """Write *data* beside *target*; `AlreadyExists` if a part of it is there already."""
        try:
            part = _opened(target)
            try:
                _write(part.descriptor, data)
                if modified is not None:
                    stamp = modified.timestamp()
                    os.utime(part.descriptor, (stamp, stamp))
            except BaseException:
                _drop(part)
                raise
        except OSError as error:
            raise disk.local_error(error, target) from error
        self._parts.append(part)

    def commit(self) -> list[CtaDataError | None]:
        """Make all durable and give them their names, never one that is taken; return each one's error, None for success."""
        parts, self._parts = self._parts, []
        try:
            _begin_writing(parts)
            errors = [_error(part, _sync) for part in parts]
            errors = [error or _error(part, _name) for part, error in zip(parts, errors, strict=True)]
            folders = {part.target.parent: part for part in parts}
            lost = {folder: _error(part, _sync_folder) for folder, part in folders.items()}
            return [error or lost[part.target.parent] for part, error in zip(parts, errors, strict=True)]
        finally:
            for part in parts:
                _drop(part)

    def discard(self) -> None:
        """Forget all: nothing of it is kept."""
        parts, self._parts = self._parts, []
        for part in parts:
            _drop(part)


def _opened(target: Path) -> _Part:
    path = target.with_name(part_name(target.name))
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        return _Part(target, path, descriptor, lock(descriptor, path))
    except BlockingIOError:  # another process opened it between these two lines, and goes on with it
        os.close(descriptor)
        raise
    except BaseException:
        os.close(descriptor)
        path.unlink()
        raise


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync(part: _Part) -> None:
    os.fsync(part.descriptor)


def _name(part: _Part) -> None:
    disk.name_new(part.path, part.target)
    part.is_named = True


def _sync_folder(part: _Part) -> None:
    disk.fsync_folder(part.target.parent)


def _drop(part: _Part) -> None:
    """Remove what is left of the temporary name, and let go."""
    with contextlib.suppress(OSError):
        if not part.is_named and os.path.samestat(os.fstat(part.descriptor), part.path.lstat()):
            part.path.unlink()
    with contextlib.suppress(OSError):
        os.close(part.descriptor)
    part.locked.close()


def _error(part: _Part, work: Callable[[_Part], None]) -> CtaDataError | None:
    try:
        work(part)
    except CtaDataError as error:
        return error
    except OSError as error:
        return disk.local_error(error, part.target)
    return None


def _begin_writing(parts: list[_Part]) -> None:
    """Let the disk begin with all of them, so that the first `fsync` finds little to wait for, and the others nothing."""
    if _sync_file_range is not None:
        for part in parts:
            _sync_file_range(part.descriptor, 0, 0, _WRITE)


def _of_linux() -> Callable[[int, int, int, int], int] | None:
    try:
        function = ctypes.CDLL(None).sync_file_range
    except (AttributeError, OSError, TypeError):  # another system
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return function


_sync_file_range = _of_linux()
