"""What is in a large file, found out without downloading it: the structure of HDF5 and FITS files, and a first look at their data.

The file is read in ranges by the field's own libraries (the extra ``preview``), in a child process with limits on its time and memory:
a file from elsewhere may make a library crash or hang, and must take neither the server nor its memory with it. The child has no
network, no token and no file: it asks its parent for ranges, and the parent counts them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, Busy, Offline, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage import Entry, Reader, Storage

__all__ = ["kind_of", "preview"]

ENDINGS = {
    "hdf5": (".h5", ".hdf5", ".hdf", ".he5", ".nc"),
    "fits": (".fits", ".fit", ".fts", ".fits.gz", ".fits.fz"),
}
BUDGET = 64 << 20
"""How many bytes of a file are read for one look."""
SECONDS = 40.0
"""How long one look may take."""
LONGEST = 8 << 20
"""How long the child's answer may be, in bytes."""
_TURNS = threading.BoundedSemaphore(2)
_WAIT = 60.0
_DOWNLOAD = "Download it to look at all of it."
_SAFE = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "HDF5_PLUGIN_PATH": "/nonexistent",
    "HDF5_USE_FILE_LOCKING": "FALSE",
}
_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR")


def kind_of(name: str) -> str | None:
    """Return which kind of structure a file of this name has, None for one that has none."""
    return next((kind for kind, endings in ENDINGS.items() if name.lower().endswith(endings)), None)


def preview(storage: Storage, entry: Entry, node: str = "", *, seconds: float = SECONDS) -> dict[str, Any]:
    """Return the structure of the file *entry*, or a first look at its part *node*, as JSON values. Blocks."""
    kind = kind_of(entry.name)
    if kind is None:
        raise Unsupported(f"{paths.display(entry.name)} is of no kind whose structure is known.", hint=_DOWNLOAD)
    if entry.online is False:
        raise Offline(f"{paths.display(entry.path)} is on tape.")
    with _turn(), storage.open(entry.path, expect=entry) as reader, _child(kind, node) as child:
        return _Dialogue(child, reader, entry).held(seconds)


@contextmanager
def _turn() -> Iterator[None]:
    """Let a few look at once: each needs memory of its own."""
    if not _TURNS.acquire(timeout=_WAIT):
        raise Busy("Other files are being looked at.", hint="Try again in a moment.")
    try:
        yield
    finally:
        _TURNS.release()


@contextmanager
def _child(kind: str, node: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the child; it is gone afterwards, whatever happens."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-m", "ctadata_jlab.preview.child", kind, node],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**environment, **_SAFE},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


class _Dialogue:
    """The child asks for ranges, one line each, gets their bytes, and answers in one line."""

    def __init__(self, child: subprocess.Popen[bytes], reader: Reader, entry: Entry) -> None:
        self._child, self._reader, self._entry = child, reader, entry
        self._read = 0
        self._is_late = False

    def held(self, seconds: float) -> dict[str, Any]:
        """Return the answer, or raise what the child came to."""
        clock = threading.Timer(seconds, self._stop)
        clock.daemon = True
        clock.start()
        try:
            return self._answer()
        except BrokenPipeError:
            raise self._broken() from None
        finally:
            clock.cancel()

    def _stop(self) -> None:
        self._is_late = True
        self._child.kill()

    def _answer(self) -> dict[str, Any]:
        to_child, from_child = cast("IO[bytes]", self._child.stdin), cast("IO[bytes]", self._child.stdout)
        to_child.write(f"{self._entry.size or 0}\n".encode())
        to_child.flush()
        while line := from_child.readline(LONGEST):
            said = json.loads(line) if line.endswith(b"\n") else {}
            if "answer" in said:
                return cast("dict[str, Any]", said["answer"])
            if "read" not in said:
                raise Unsupported(
                    f"{paths.display(self._entry.name)} cannot be shown: {said.get('error', 'too much to tell')}",
                    hint=said.get("hint", _DOWNLOAD),
                )
            start, end = said["read"]
            to_child.write(self._range(int(start), int(end)))
            to_child.flush()
        raise self._broken()

    def _range(self, start: int, end: int) -> bytes:
        size = self._entry.size or 0
        if not 0 <= start < end <= size:
            raise BadAnswer("The preview asked for bytes that the file does not have.")
        self._read += end - start
        if self._read > BUDGET:
            raise Unsupported(
                f"{paths.display(self._entry.name)} cannot be shown without reading more than {BUDGET >> 20} MB of it.",
                hint=_DOWNLOAD,
            )
        data = bytearray()
        self._reader.pour(start, end, data.extend)
        return bytes(data)

    def _broken(self) -> Unsupported:
        why = (
            "it took too long" if self._is_late else "its library gave up (it may be damaged, or need too much memory)"
        )
        return Unsupported(f"{paths.display(self._entry.name)} cannot be shown: {why}.", hint=_DOWNLOAD)
