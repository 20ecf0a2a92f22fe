"""Many small files, down and up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from benchmarks.contestants import Programs
from benchmarks.race import Contestant, Race

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.report import Report
    from tests.rig.doors import Door

FILES, SIZE = 2000, 100_000


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Return a folder of 2 000 files of 100 kB."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"file{number:04}.dat").write_bytes(os.urandom(SIZE))
    return folder


def test_many_down(
    xrootd: Door, many: Path, tmp_path: Path, report: Report, runs: int, aside: Callable[[Path], None]
) -> None:
    """Fetch 2 000 files of 100 kB from XRootD over https."""
    source, target = xrootd.fresh(), tmp_path / "down"
    for file in many.iterdir():
        xrootd.raw_put(f"{source}/{file.name}", file.read_bytes())
    programs = Programs.at(xrootd, tmp_path)
    pairs = [(f"{source}/{file.name}", target / file.name) for file in sorted(many.iterdir())]
    copied = ("copy", "--no-traverse", "--ignore-times", f"door:{source}", target)
    race = Race(
        "2 000 files of 100 kB down, from XRootD over https",
        FILES,
        "files",
        [
            programs.ours("ours, 4 at once (default)", "get", source, target, at_once=4),
            programs.ours("ours, 8 at once", "get", source, target, at_once=8),
            programs.curl_many("curl -Z --parallel-max 8", pairs, up=False),
            programs.curl_many("curl -Z --parallel-max 8, then `sync`", pairs, up=False, sync=target),
            programs.rclone("rclone copy (default)", *copied),
            programs.curl_twice("limit: two curl -Z, half the files each", pairs, up=False),
            programs.python_down("limit: pycurl in one thread, nothing checked", pairs),
            Contestant("limit: cp -r", ["cp", "-r", f"{many}/.", target]),
        ],
    )

    def sweep() -> None:
        aside(target)
        target.mkdir()

    race.go(tmp_path, runs, sweep, lambda: _complete(target))
    xrootd.raw_remove(source)
    report.add(
        race,
        "rclone's WebDAV paces itself to 100 requests a second; curl is given the names, ours and rclone list first.",
    )


def test_many_up(
    xrootd: Door, many: Path, tmp_path: Path, report: Report, runs: int, aside: Callable[[Path], None]
) -> None:
    """Send 2 000 files of 100 kB to XRootD over https."""
    folder = xrootd.fresh()
    programs = Programs.at(xrootd, tmp_path)
    target = f"{folder}/up"
    pairs = [(f"{target}/{file.name}", file) for file in sorted(many.iterdir())]
    race = Race(
        "2 000 files of 100 kB up, to XRootD over https",
        FILES,
        "files",
        [
            programs.ours("ours, 4 at once (default)", "put", many, target, at_once=4),
            programs.ours("ours, 8 at once", "put", many, target, at_once=8),
            programs.curl_many("curl -Z --parallel-max 8", pairs, up=True),
            programs.curl_twice("limit: two curl -Z, half the files each", pairs, up=True),
            programs.curl_kept("limit: curl -Z without Expect", pairs),
        ],
    )
    beside = Race(
        "2 000 files of 100 kB up, beside rclone",
        FILES,
        "files",
        [race.contestants[0], programs.rclone("rclone copy (default)", "copy", many, f"door:{target}")],
    )

    def sweep() -> None:
        aside(xrootd.local(target))
        xrootd.raw_folder(target)

    race.go(tmp_path, runs, sweep, lambda: _complete(xrootd.local(target)))
    report.add(race, "Ours sends to a temporary name, asks the server for the checksum of what it has, and renames.")
    beside.go(tmp_path, max(1, runs // 7), sweep, lambda: _complete(xrootd.local(target)))
    report.add(beside, "rclone takes more than a minute each time, so there are fewer rounds.")
    xrootd.raw_remove(folder)


def _complete(folder: Path) -> None:
    sizes = [file.stat().st_size for file in folder.iterdir()]
    if sizes != [SIZE] * FILES:
        raise RuntimeError(f"{folder} is not whole")
