"""A queue and its workspace on a disk that others fill while it works: ``python -m tests.faults.crammed FOLDER HOW``.

HOW says who fills it: ``at once``, before the first byte of the second file, or ``nobody``. Then the disk is freed again.
"""

from __future__ import annotations

import json
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import stamina

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import JobState
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage import Reader

FILES = {f"/d/f{n}": random.Random(n).randbytes(300_000) for n in range(4)}


def cram(filler: Path) -> None:
    """Leave not a byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 1_024, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


def main(folder: Path, how: str) -> dict[str, object]:
    """Download all of it in spite of everything; say what happened."""
    filler, dcache, said = folder / "filler", Faulty(FILES), list[str]()
    (folder / "work").mkdir()

    def pouring(reader: Reader, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        if how == "soon" and len(dcache.poured) == 2 and not filler.exists():
            cram(filler)
        reader.pour(start, end, sink)

    dcache.pouring = pouring
    with Bench(folder / "queue", {"dcache": dcache, "local": Local(folder / "work")}, files_at_once=1) as bench:
        if how == "at once":
            cram(filler)
            try:
                bench.submit("download", "dcache", "/d", "local")
            except CtaDataError as error:
                said.append(error.name)
            filler.unlink()
        job = bench.submit("download", "dcache", "/d", "local")
        wait_for(lambda: filler.exists() or bench.engine.job(job.id).state is JobState.DONE)
        end = time.monotonic() + 3
        while time.monotonic() < end and bench.engine.job(job.id).state not in {JobState.FAILED, JobState.DONE}:
            time.sleep(0.05)
        said.append(bench.engine.job(job.id).state.value)
        half = [file.name for file in (folder / "work/d").iterdir() if not file.name.startswith(".")]
        assert all((folder / "work/d" / name).read_bytes() == FILES[f"/d/{name}"] for name in half), "not whole"
        filler.unlink(missing_ok=True)
        if bench.engine.job(job.id).state is JobState.FAILED:
            said.append(bench.engine.job(job.id).error.error)  # type: ignore[union-attr]
            bench.engine.retry(job.id)
        bench.until(job.id, lambda job: job.state is JobState.DONE)
    found = {f"/d/{file.name}": file.read_bytes() for file in (folder / "work/d").iterdir()}
    return {"said": said, "right": found == FILES}


if __name__ == "__main__":
    with stamina.set_testing(True, attempts=5):
        sys.stdout.write(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
