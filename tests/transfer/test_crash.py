"""Killed in the middle: nothing is lost, nothing is half."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import part
from ctadata_jlab.transfer.job import JobState
from ctadata_jlab.transfer.part import part_names
from tests.transfer.kit import Bench, Faulty, wait_for

DATA = random.Random(7).randbytes(part.SMALL + 3_000_000)

_VICTIM = """
import sys, time
from pathlib import Path
from ctadata_jlab.storage.local import Local
from tests.transfer.kit import Bench, Faulty, wait_for
from ctadata_jlab.transfer import part
from tests.transfer.test_crash import storage

folder = Path(sys.argv[1])
dcache = storage()

def pouring(reader, start, end, sink):
    if reader.entry.path == "/d/big":
        reader.pour(start, part.SMALL + 2_000_000, sink)
        print("middle", flush=True)
        time.sleep(60)
    reader.pour(start, end, sink)

dcache.pouring = pouring
with Bench(folder / "queue", {"dcache": dcache, "local": Local(folder / "work")}, files_at_once=1) as bench:
    bench.run("download", "dcache", "/d", "local")
"""


def storage() -> Faulty:
    """Return the same storage, versions and all, in every process."""
    dcache = Faulty({"/d/a": b"a" * 1000, "/d/big": DATA, "/d/z": b"z" * 1000})
    dcache._nodes = {path: type(node)(node.data, 1e9, node.version) for path, node in dcache._nodes.items()}
    return dcache


def test_after_kill_9_a_new_engine_finishes_from_the_part(tmp_path: Path) -> None:
    """At once, without asking; the two thirds that are there are not fetched again, and the checksum proves the whole."""
    (tmp_path / "work").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _VICTIM, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"middle\n"
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    target = tmp_path / "work/d/big"
    assert not target.exists()
    assert part_names(target)[0].stat().st_size >= part.SMALL + 1_900_000
    dcache = storage()
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(tmp_path / "work")}) as bench:
        (job,) = bench.engine.jobs()
        job = bench.until(job.id, lambda job: job.state is JobState.DONE)
        assert (job.files_done + job.files_skipped, job.files_failed, job.error) == (3, 0, None)
    (start,) = [start for path, start, _ in dcache.poured if path == "/d/big"]
    assert start >= part.SMALL + 1_900_000
    assert target.read_bytes() == DATA
    assert sorted(os.listdir(target.parent)) == ["a", "big", "z"]  # noqa: PTH208


def test_a_stopped_engine_goes_on_at_the_next_start(tmp_path: Path) -> None:
    """Stopping takes no job with it."""
    (tmp_path / "work").mkdir()
    dcache = storage()
    storages = {"dcache": dcache, "local": Local(tmp_path / "work")}
    with Bench(tmp_path / "queue", storages) as bench:

        def pouring(reader: object, start: int, end: int | None, sink: object) -> None:
            while True:
                sink(b"")  # type: ignore[operator]

        dcache.pouring = pouring
        job = bench.submit("download", "dcache", "/d", "local")
        bench.until(job.id, lambda job: job.state is JobState.RUNNING)
        wait_for(lambda: dcache.poured)
    dcache.pouring = None
    with Bench(tmp_path / "queue", storages) as second:
        before = second.engine.job(job.id)
        assert before.seq > job.seq
        assert second.until(job.id, lambda job: job.state is JobState.DONE).files_done == 3
