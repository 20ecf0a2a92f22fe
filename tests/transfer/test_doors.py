"""The main job over real servers: a folder down, up, moved and deleted."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import JobState
from tests.door.traps import Traps
from tests.storage.test_dcache import dcache
from tests.storage.test_webdav import storage_of
from tests.transfer.kit import Bench, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double
    from tests.rig.doors import Door

NAMES = [
    "a b.h5",
    "50%.txt",
    "x#y+z.fits",
    "é.csv",
    "e\u0301.csv",
    "sub/deep/c.h5",
    *(f"many/{n}.h5" for n in range(40)),
]


@pytest.mark.parametrize("name", ["wsgidav", "apache", "nginx", "xrootd"])
def test_a_folder_goes_there_and_comes_back(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Every byte, under its own name; a second download finds everything there; nothing temporary is left at the door."""
    door: Door = request.getfixturevalue(name)
    work, root = tmp_path / "work", door.fresh()
    data = {path: random.Random(path).randbytes(random.Random(path).randrange(100_000)) for path in NAMES}
    for path, content in data.items():
        (work / "up" / path).parent.mkdir(parents=True, exist_ok=True)
        (work / "up" / path).write_bytes(content)
    (work / "up/empty").mkdir()
    storage = storage_of(door, root)
    with Bench(tmp_path / "queue", {"door": storage, "local": Local(work)}) as bench:
        up = bench.run("upload", "local", "/up", "door")
        assert (up.state, up.error, up.files_done) == (JobState.DONE, None, len(NAMES))
        assert {path: door.raw_get(f"{root}/up/{path}") for path in NAMES} == data
        down = bench.run("download", "door", "/up", "local", "/down")
        assert (down.state, down.error, down.files_done) == (JobState.DONE, None, len(NAMES))
        assert {path: (work / "down/up" / path).read_bytes() for path in NAMES} == data
        assert (work / "down/up/empty").is_dir()
        again = bench.run("download", "door", "/up", "local", "/down")
        assert (again.state, again.files_skipped) == (JobState.DONE, len(NAMES))
        moved = bench.run("move", "door", "/up/sub", "local", "/moved")
        assert (moved.state, moved.error) == (JobState.DONE, None)
        assert (work / "moved/sub/deep/c.h5").read_bytes() == data["sub/deep/c.h5"]
        assert sorted(entry.name for entry in storage.list("/up")) == sorted(
            [*(n for n in NAMES if "/" not in n), "many", "empty"]
        )
        gone = bench.run("delete", "door", "/up")
        assert (gone.state, gone.error) == (JobState.DONE, None)
        assert list(storage.list("/")) == []
    storage.close()


@pytest.mark.parametrize("kind", ["download", "upload"])
def test_what_stalls_can_be_stopped(double: Double, tmp_path: Path, kind: str) -> None:
    """Long before the patience with a silent server ends: the threads that move bytes hear of it while none move."""
    double.reset(replace(Traps.usual(), cut_downloads=9, cut_uploads=9, cut_after=600_000, stall=90))
    (tmp_path / "work").mkdir()
    data = random.Random(1).randbytes(16_000_000)
    double.raw_put("/down", data)
    (tmp_path / "work/up").write_bytes(data)
    with Bench(tmp_path / "queue", {"door": dcache(double), "local": Local(tmp_path / "work")}) as bench:
        job = bench.submit(
            *(("download", "door", "/down", "local") if kind == "download" else ("upload", "local", "/up", "door"))
        )
        bench.until(job.id, lambda job: job.bytes_done >= 250_000)  # what is less than a portion is not told of yet
        assert bench.engine.cancel(job.id).state is JobState.CANCELLED
        wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name == "ctadata-copy"])
