"""What is staged, or on its way, so that another process goes on with it: one small file, readable by the user alone.

It holds presigned URLs, each of which is a permission for one object, and nothing else that is secret.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Register"]


class Register:
    """Records by key in *file*, made at the first write; without one, in memory. Safe for threads and processes of one user."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._memory: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the record of *key*, None if there is none."""
        return self._read().get(key)

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Keep *record* under *key*."""
        with self._changing() as records:
            records[key] = record

    def drop(self, key: str) -> None:
        """Forget *key*."""
        with self._changing() as records:
            records.pop(key, None)

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._file is None:
            return self._memory
        try:
            records = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return records if isinstance(records, dict) else {}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        with self._lock:
            if self._file is None:
                yield self._memory
                return
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(f"{self._file}.lock", mode=0o600):
                records = self._read()
                yield records
                _write(self._file, json.dumps(records))


def _write(file: Path, text: str) -> None:
    """Replace *file* in one step, readable by the user alone from the first moment."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".staged-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
