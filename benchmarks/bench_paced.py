"""From a door that is paced, as dCache is: many small files, five milliseconds apart, and a large one, each connection at a pace."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, cast

from benchmarks.contestants import Programs
from benchmarks.race import Race
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.rig.doors import Door

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report import Report
    from tests.door.double import Double

FILES, SIZE = 400, 100_000
MEBIBYTES, RATE = 512, 40


def test_paced(double: Double, tmp_path: Path, report: Report, runs: int) -> None:
    """Fetch 400 files of 100 kB from dCache's double."""
    double.reset()
    for number in range(FILES):
        double.raw_put(f"/lst/file{number:04}.dat", number.to_bytes(2, "big") * (SIZE // 2))
    door = Door("dcache", double.door.url, tmp_path, double.ca, lambda: TOKEN)
    programs, target = Programs.at(door, tmp_path), tmp_path / "down"
    race = Race(
        "400 files of 100 kB down, from dCache's double, paced",
        FILES,
        "files",
        [programs.ours("ours (200 requests/s at most)", "get", "/lst", target)],
    )

    def check() -> None:
        if sum(1 for _ in cast("Path", target).iterdir()) != FILES:
            raise RuntimeError("not all came")

    race.go(tmp_path, runs, lambda: shutil.rmtree(target, ignore_errors=True), check)
    report.add(
        race,
        "One request to the door for each file, five milliseconds apart, and one to a pool: 200 files a second is the limit.",
    )


def test_strands(double: Double, tmp_path: Path, report: Report, runs: int) -> None:
    """Fetch one file of 512 MiB, of which each connection carries 40 MiB a second."""
    double.reset(Traps(rate=RATE << 20))
    double.raw_put("/lst/large.bin", os.urandom(1 << 20) * MEBIBYTES)
    door = Door("dcache", double.door.url, tmp_path, double.ca, lambda: TOKEN)
    programs, target = Programs.at(door, tmp_path), tmp_path / "down.bin"
    race = Race(
        f"One file of {MEBIBYTES} MiB down, from dCache's double, {RATE} MiB/s a connection",
        MEBIBYTES,
        "MiB",
        [
            programs.ours("ours", "get", "/lst/large.bin", target),
            programs.curl("curl", "--location", "--output", target, programs.url("/lst/large.bin")),
        ],
    )

    def check() -> None:
        if target.stat().st_size != MEBIBYTES << 20:
            raise RuntimeError("it is not whole")

    race.go(tmp_path, runs, lambda: target.unlink(missing_ok=True), check)
    report.add(
        race, "Ours fetches up to four ranges at once where one connection is slow and nobody else wants the turns."
    )
