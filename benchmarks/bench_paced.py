"""Many small files from a door that is paced, as dCache is: five milliseconds between two requests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, cast

from benchmarks.contestants import Programs
from benchmarks.race import Race
from tests.door.double import TOKEN
from tests.rig.doors import Door

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report import Report
    from tests.door.double import Double

FILES, SIZE = 400, 100_000


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
