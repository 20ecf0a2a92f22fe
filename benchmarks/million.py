"""A job of many files, planned into a journal and begun, as a process of its own: ``python -m benchmarks.million FOLDERS FILES SECONDS``.

The source is made up: folders of files that are named, sized and dated, but hold nothing. The target takes what comes and keeps
nothing. So only the planning and the queue are measured. Prints a line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import NotFound
from ctadata_jlab.storage import Entry, Receipt, Traits
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.transfer.engine import Engine
from ctadata_jlab.transfer.job import FINAL, JobRequest, JobState, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage import Body

__all__ = ["main"]

_WHEN = datetime(2026, 1, 1, tzinfo=timezone.utc)


class _Archive(Memory):
    """So many folders of so many empty files, none of which takes memory."""

    def __init__(self, folders: int, files: int) -> None:
        super().__init__()
        self._folders, self._files = folders, files

    def stat(self, path: str) -> Entry:
        if path.endswith(".h5"):
            return self._file(path)
        return Entry(path, "folder")

    def list(self, folder: str) -> Iterator[Entry]:
        if folder == "/lst":
            yield from (Entry(f"/lst/{n:05}", "folder") for n in range(self._folders))
            return
        for n in range(self._files):
            yield self._file(f"{folder}/dl1_LST-1.Run{n:05}.0000.h5")

    def open(self, path: str, expect: Entry | None = None) -> Any:
        return _Empty(expect or self.stat(path))

    def _file(self, path: str) -> Entry:
        return Entry(path, "file", 0, _WHEN, "v1")


class _Empty:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def pour(self, start: int, end: int | None, sink: object) -> None:
        """Give nothing: that is all there is."""

    def __enter__(self) -> _Empty:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _Nowhere(Memory):
    """Takes everything and keeps nothing."""

    traits = Traits(writable=True, connections=8)

    def stat(self, path: str) -> Entry:
        raise NotFound(path)

    def list(self, folder: str) -> Iterator[Entry]:
        raise NotFound(folder)

    def make_folder(self, path: str) -> None:
        """Take it."""

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        del replace, ticket
        return Receipt(Entry(path, "file", body.size), verified_by=None, commit="rename")


def main(folders: int, files: int, seconds: float) -> dict[str, float]:
    """Plan the job, let it work for *seconds*, and return what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        storages = {"archive": _Archive(folders, files), "nowhere": _Nowhere()}
        engine = Engine(Path(folder), storages.__getitem__)
        engine.start()
        try:
            began = time.perf_counter()
            job = engine.submit(JobRequest("copy", "archive", ("/lst",), Place("nowhere", "/")))
            while engine.job(job.id).state not in {JobState.RUNNING, *FINAL}:
                time.sleep(0.02)
            planned = time.perf_counter() - began
            time.sleep(seconds)
            done = engine.job(job.id)
        finally:
            engine.stop()
    if done.error is not None:
        raise RuntimeError(done.error.message)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"planned": planned, "files": done.files_total, "done": done.files_done, "memory": memory}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))) + "\n")
