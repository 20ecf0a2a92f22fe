"""Files in this process's memory: the reference of what a storage does, for tests and demonstrations."""

from __future__ import annotations

import threading
import time
import zlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadPath, Changed, Corrupted, NotFound, Unsupported
from ctadata_jlab.storage import Checksum, Entry, Receipt, Traits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from ctadata_jlab.storage import Body

__all__ = ["Memory", "MemoryReader"]

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Node:
    """What lies at a path: bytes, or None for a folder."""

    data: bytes | None
    modified: float
    version: int


class Memory:
    """A storage that forgets everything with the process. Thread-safe; versions change with every write."""

    traits = Traits(
        writable=True,
        resumes=True,
        replaces_atomically=True,
        checksums=("adler32",),
        connections=16,
        extras=frozenset(),
    )

    def __init__(self, files: Mapping[str, bytes] | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._writes = 0
        self._nodes: dict[str, _Node] = {"/": _Node(None, clock(), 0)}
        for path, data in (files or {}).items():
            self.write(path, data)

    def read(self, path: str) -> bytes:
        """Return the bytes at *path*, past the storage's interface."""
        data = self._node(path).data
        if data is None:
            raise NotFound(f"{paths.display(path)} is a folder.")
        return data

    def write(self, path: str, data: bytes) -> Entry:
        """Put *data* at *path*, past the storage's interface and whatever is there."""
        path = paths.remote(path)
        with self._lock:
            self.make_folder(paths.parent(path))
            self._writes += 1
            self._nodes[path] = _Node(data, self._clock(), self._writes)
            return self.stat(path)

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds."""
        folder = paths.remote(folder)
        with self._lock:
            if self._node(folder).data is not None:
                raise NotFound(f"{paths.display(folder)} is a file, not a folder.")
            entries = [_entry(path, self._nodes[path]) for path in self._children(folder)]
        yield from entries

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*."""
        return _entry(paths.remote(path), self._node(path))

    def open(self, path: str, expect: Entry | None = None) -> MemoryReader:
        """Return a reader of the present version."""
        entry, data = self._file(path)
        if expect is not None and expect.version not in {None, entry.version}:
            raise Changed(f"{paths.display(path)} is no longer the version that was asked for.")
        return MemoryReader(entry, data)

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:  # noqa: ARG002 — nothing temporary is left here
        """Store *body* under *path* whole or not at all."""
        path = paths.remote(path)
        self._may_put(path, replace)
        data = b"".join(iter(lambda: body.read(_CHUNK), b""))
        if len(data) != body.size:
            raise Corrupted(f"{paths.display(path)}: {len(data)} bytes came, {body.size} were announced.")
        body.read(0)  # the last moment at which it may be stopped
        with self._lock:
            self._may_put(path, replace)
            entry = self.write(path, data)
        return Receipt(entry, entry.checksum, "replace" if replace else "rename")

    def make_folder(self, path: str) -> None:
        """Make *path* and the folders above it."""
        path = paths.remote(path)
        with self._lock:
            node = self._nodes.get(path)
            if node is None:
                self.make_folder(paths.parent(path))
                self._writes += 1
                self._nodes[path] = _Node(None, self._clock(), self._writes)
            elif node.data is not None:
                raise AlreadyExists(f"{paths.display(path)} is a file, not a folder.")

    def move(self, source: str, target: str) -> None:
        """Rename *source* to *target*, which must not exist."""
        source, target = paths.remote(source), paths.remote(target)
        with self._lock:
            self._node(source)
            if target in self._nodes:
                raise AlreadyExists(f"There is already {paths.display(target)}.")
            if source == "/" or (target + "/").startswith(source + "/"):
                raise BadPath(f"{paths.display(source)} cannot be moved into itself.")
            if self._node(paths.parent(target)).data is not None:
                raise NotFound(f"{paths.display(paths.parent(target))} is a file, not a folder.")
            for path in [path for path in self._nodes if (path + "/").startswith(source + "/")]:
                self._nodes[target + path[len(source) :]] = self._nodes.pop(path)

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder."""
        path = paths.remote(path)
        with self._lock:
            if path == "/":
                raise BadPath("The root cannot be removed.")
            if self._node(path).data is None and self._children(path):
                raise Unsupported(
                    f"The folder is not empty: {paths.display(path)}.", hint="Delete it together with what it holds."
                )
            del self._nodes[path]

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 — everything is online
        """Return nothing: no file is on tape here."""
        return ()

    def _node(self, path: str) -> _Node:
        with self._lock:
            try:
                return self._nodes[paths.remote(path)]
            except KeyError:
                raise NotFound(f"There is no {paths.display(path)}.") from None

    def _file(self, path: str) -> tuple[Entry, bytes]:
        path = paths.remote(path)
        node = self._node(path)
        if node.data is None:
            raise NotFound(f"{paths.display(path)} is a folder, not a file.")
        return _entry(path, node), node.data

    def _children(self, folder: str) -> Sequence[str]:
        return [path for path in self._nodes if path != "/" and paths.parent(path) == folder]

    def _may_put(self, path: str, replace: Entry | bool) -> None:
        node = self._nodes.get(path)
        if path == "/" or (node is not None and node.data is None):
            raise AlreadyExists(f"{paths.display(path)} is a folder.")
        if node is not None and replace is False:
            raise AlreadyExists(f"There is already {paths.display(path)}.")
        if isinstance(replace, Entry) and (node is None or str(node.version) != replace.version):
            raise Changed(f"{paths.display(path)} is no longer the version that was to be replaced.")


class MemoryReader:
    """One version of one file; it stays readable when the storage goes on."""

    def __init__(self, entry: Entry, data: bytes) -> None:
        self.entry = entry
        self._data = data

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        stop = len(self._data) if end is None else end
        if not 0 <= start <= stop <= len(self._data):
            raise Unsupported(f"{paths.display(self.entry.path)} has no bytes {start} to {stop}.")
        for begin in range(start, stop, _CHUNK):
            sink(self._data[begin : min(begin + _CHUNK, stop)])

    def __enter__(self) -> MemoryReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to free."""


def _entry(path: str, node: _Node) -> Entry:
    modified = datetime.fromtimestamp(node.modified, tz=timezone.utc)
    if node.data is None:
        return Entry(path, "folder", modified=modified, version=str(node.version))
    checksum = Checksum("adler32", f"{zlib.adler32(node.data):08x}")
    return Entry(path, "file", len(node.data), modified, str(node.version), checksum, online=True)
