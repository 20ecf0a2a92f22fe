"""The child process of a preview: ``python -m ctadata_jlab.preview.child KIND NODE``. Reads its file from its parent, by ranges."""

from __future__ import annotations

import io
import json
import os
import resource
import sys
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RangedFile", "limit", "main"]

MEMORY = 3 << 29
"""How much address space the child may have, in bytes: the libraries alone take a third of it."""
CPU_SECONDS = 25
BLOCK = 32 * 1024
"""How many bytes are asked for at least."""
AHEAD = 32
"""How many blocks are asked for at once when they are read one after another."""
BLOCKS = 512
"""How many blocks are remembered."""


class RangedFile(io.RawIOBase):
    """A file of which only the ranges that are needed are asked for; the last blocks are remembered."""

    def __init__(self, size: int, ask: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size, self._ask, self._at = size, ask, 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next, self._ahead = -1, 1

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where the next byte is."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go somewhere; nothing is asked for yet."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer* as far as there are bytes."""
        with memoryview(buffer).cast("B") as view:
            wanted = min(len(view), max(0, self._size - self._at))
            done = 0
            while done < wanted:
                number, skip = divmod(self._at, BLOCK)
                piece = self._block(number)[skip : skip + wanted - done]
                view[done : done + len(piece)] = piece
                done += len(piece)
                self._at += len(piece)
            return done

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            self._fetch(number)
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _fetch(self, number: int) -> None:
        """Ask for a block; for more and more at once while they follow each other."""
        self._ahead = min(2 * self._ahead, AHEAD) if number == self._next else 1
        start = number * BLOCK
        data = self._ask(start, min(start + self._ahead * BLOCK, self._size))
        for n, at in enumerate(range(0, len(data), BLOCK)):
            self._blocks[number + n] = data[at : at + BLOCK]
        self._next = number + self._ahead
        while len(self._blocks) > BLOCKS:
            self._blocks.popitem(last=False)


def limit() -> None:
    """Bound what this process may take: memory, time, and no file may be written."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


class _Parent:
    """Who started this process."""

    def __init__(self, from_parent: IO[bytes], to_parent: IO[bytes]) -> None:
        self._in, self._out = from_parent, to_parent

    def size(self) -> int:
        return int(self._in.readline())

    def ask(self, start: int, end: int) -> bytes:
        self.say({"read": [start, end]})
        data = self._in.read(end - start)
        if len(data) < end - start:
            raise EOFError
        return data

    def say(self, what: dict[str, Any]) -> None:
        self._out.write(json.dumps(what, allow_nan=False).encode() + b"\n")
        self._out.flush()


def _looked(kind: str, node: str, file: RangedFile) -> dict[str, Any]:
    if kind == "fits":
        from ctadata_jlab.preview import fits  # noqa: PLC0415 - only the library that is needed

        return fits.part(file, node) if node else fits.structure(file)
    from ctadata_jlab.preview import hdf5  # noqa: PLC0415

    return hdf5.part(file, node) if node else hdf5.structure(file)


def main(kind: str, node: str) -> None:
    """Look at the file, and say what is there or why that cannot be told."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    limit()
    parent = _Parent(sys.stdin.buffer, out)
    file = RangedFile(parent.size(), parent.ask)
    try:
        parent.say({"answer": _looked(kind, node, file)})
    except ImportError as error:
        hint = "Ask for ctadata_jlab[preview] to be installed beside the Jupyter server."
        parent.say({"error": f"the library {error.name} is not installed.", "hint": hint})
    except MemoryError:
        parent.say({"error": "it needs too much memory."})
    except Exception as error:  # noqa: BLE001 - a process's top: libraries raise what they like about a file
        words = " ".join(str(error).split())[:200] or type(error).__name__
        parent.say({"error": f"{words}."})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
