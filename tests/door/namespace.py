"""dCache's name space: names lead to pnfsids, and the data of a pnfsid never changes."""

from __future__ import annotations

import base64
import hashlib
import itertools
import threading
import time
import zlib
from dataclasses import dataclass, field

__all__ = ["Exists", "Full", "Missing", "Namespace", "Node"]


class Missing(Exception):
    """There is nothing, or no folder above it."""


class Exists(Exception):
    """What is there cannot be replaced by that."""


class Full(Exception):
    """The quota is used up."""


@dataclass
class Node:
    """A file, or a folder if *data* is None."""

    pnfsid: str
    data: bytes | None
    changed: float
    children: dict[str, Node] = field(default_factory=dict)
    locality: str = "ONLINE"
    summed_at: float = 0.0
    """When, by the monotonic clock, the checksum is known."""
    summed: tuple[bytes, dict[str, str]] | None = None
    """The data that were summed up, and what came out."""

    @property
    def is_folder(self) -> bool:
        return self.data is None

    @property
    def content(self) -> bytes:
        return self.data or b""

    @property
    def etag(self) -> str:
        """The pnfsid and a hash of the time of change: a rename keeps both."""
        return f'"{self.pnfsid}_{int(self.changed * 1000)}"'

    @property
    def digests(self) -> dict[str, str]:
        """What dCache stores (adler32) or is configured to store (md5), as RFC 3230 writes it; empty while it is not known."""
        if self.data is None or time.monotonic() < self.summed_at:
            return {}
        if self.summed is None or self.summed[0] is not self.data:
            self.summed = self.data, digests(self.data)
        return self.summed[1]


def digests(data: bytes) -> dict[str, str]:
    """Return the checksums of *data* as RFC 3230 writes them."""
    md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
    return {"adler32": f"{zlib.adler32(data):08x}", "md5": md5}


class Namespace:
    """The tree. Paths are absolute, without a slash at the end; `lock` makes several steps one."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.quota: int | None = None
        self._ids = itertools.count(1)
        self._root = self._node(None)

    def find(self, path: str) -> Node | None:
        """Return what is at *path*."""
        with self.lock:
            node: Node | None = self._root
            for name in _names(path):
                node = node.children.get(name) if node is not None and node.is_folder else None
            return node

    def make_folder(self, path: str) -> Node:
        """Make the folder *path* and those above it; `Exists` where a file is in the way."""
        with self.lock:
            node = self._root
            for name in _names(path):
                if node.is_folder and name not in node.children:
                    node.children[name] = self._node(None)
                    node.changed = time.time()
                if not node.is_folder:
                    raise Exists(path)
                node = node.children[name]
            if not node.is_folder:
                raise Exists(path)
            return node

    def write(self, path: str, data: bytes, late: float = 0.0) -> Node:
        """Store *data* under a new pnfsid at *path*, whatever file was there; its checksum is known *late* seconds from now."""
        with self.lock:
            there = self.find(path)
            if there is not None and there.is_folder:
                raise Exists(path)
            if self.quota is not None and self._used(self._root) + len(data) > self.quota:
                raise Full(path)
            folder, name = self._place(path)
            node = self._node(data)
            node.summed_at = time.monotonic() + late if late else 0.0
            folder.children[name] = node
            folder.changed = time.time()
            return node

    @property
    def room(self) -> int | None:
        """What is left of the quota, None where there is none."""
        return None if self.quota is None else max(0, self.quota - self._used(self._root))

    def remove(self, path: str) -> None:
        """Remove what is at *path* with all that it holds."""
        with self.lock:
            folder, name = self._place(path)
            if folder.children.pop(name, None) is None:
                raise Missing(path)
            folder.changed = time.time()

    def rename(self, source: str, target: str) -> None:
        """Move *source* to *target*, which is replaced in the same step (JdbcFs.rename): a file by a file, an empty folder by a folder."""
        with self.lock:
            above, old = self._place(source)
            below, new = self._place(target)
            node, there = above.children.get(old), below.children.get(new)
            if node is None:
                raise Missing(source)
            if there is not None and (there.is_folder != node.is_folder or there.children):
                raise Exists(target)
            del above.children[old]
            below.children[new] = node

    def _place(self, path: str) -> tuple[Node, str]:
        above, _, name = path.rpartition("/")
        folder = self.find(above or "/")
        if folder is None or not folder.is_folder or not name:
            raise Missing(path)
        return folder, name

    def _node(self, data: bytes | None) -> Node:
        return Node(f"0000{next(self._ids):032X}", data, time.time())

    def _used(self, node: Node) -> int:
        return len(node.content) + sum(self._used(child) for child in node.children.values())


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name]
