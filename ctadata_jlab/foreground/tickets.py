"""The tickets of uploads done here and now: written down before the first byte, so that what a killed process leaves can be swept."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from typing import TYPE_CHECKING

from ctadata_jlab.transfer.lock import lock
from ctadata_jlab.transfer.orphans import is_kept, sweep_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from ctadata_jlab.storage import Storage
    from ctadata_jlab.transfer.job import Item

__all__ = ["Tickets"]


class Tickets:
    """Those of the transfer *name* to the source called *source*, in a file of *folder* that is locked while it lasts.

    A context manager. Where nothing can be written there, uploads work as well, and only a killed one leaves its temporary.
    """

    def __init__(self, folder: Path, source: str, name: str) -> None:
        self._source = source
        self._name = name
        self._file = folder / f"{source}.{name}.jsonl"
        self._descriptor = -1
        self._open: set[str] = set()
        self._lock = threading.Lock()
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Tickets:
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._held = lock(self._descriptor, self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor < 0:
            return
        if not self._open:
            self._file.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._held.close()

    def of(self, item: Item) -> str:
        """Return the ticket of *item*, written down."""
        ticket = f"{self._name}-{item.n}"
        self._write([ticket, item.target, item.size])
        self._open.add(ticket)
        return ticket

    def done(self, ticket: str) -> None:
        """Note that nothing is left under *ticket*: its file has its name."""
        self._write([ticket])
        self._open.discard(ticket)

    def sweep(self, storage: Storage) -> int:
        """Remove from *storage* what transfers to it have left that are no more; returns how many files that were."""
        count = 0
        with contextlib.suppress(OSError):
            for file in self._file.parent.glob(f"{self._source}.*.jsonl"):
                if file != self._file:
                    count += _swept(file, storage)
        return count

    def _write(self, value: list[object]) -> None:
        if self._descriptor >= 0:
            with self._lock, contextlib.suppress(OSError):
                os.write(self._descriptor, f"{json.dumps(value)}\n".encode())


def _swept(file: Path, storage: Storage) -> int:
    """Sweep what *file* tells of, unless its owner lives."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        with lock(descriptor, file):
            left = [(target, size, ticket) for ticket, (target, size) in _left(file).items()]
            count = sum(sweep_one(storage, *one) for one in left)
            if not any(is_kept(storage, *one) for one in left):
                file.unlink(missing_ok=True)
            return count
    except BlockingIOError:
        return 0
    finally:
        os.close(descriptor)


def _left(file: Path) -> dict[str, tuple[str, int | None]]:
    """Return the tickets that were not done, each with its target and size; a line that was cut off counts for nothing."""
    left: dict[str, tuple[str, int | None]] = {}
    for line in _lines(file):
        if len(line) == 3:
            left[str(line[0])] = str(line[1]), line[2] if isinstance(line[2], int) else None
        elif line:
            left.pop(str(line[0]), None)
    return left


def _lines(file: Path) -> Iterator[list[object]]:
    for text in file.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            line = json.loads(text)
            if isinstance(line, list):
                yield line
