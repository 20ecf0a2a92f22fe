"""One large file, down and up."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from benchmarks.contestants import Programs
from benchmarks.race import Contestant, Race

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report import Report
    from tests.rig.doors import Door

MEBIBYTES = 1024


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file of 1 GiB."""
    file = tmp_path / "large.bin"
    block = os.urandom(1 << 20)
    with file.open("wb") as out:
        for number in range(MEBIBYTES):
            out.write(number.to_bytes(8, "big") + block[8:])
    return file


def test_large_down(xrootd: Door, large: Path, tmp_path: Path, report: Report, runs: int) -> None:
    """Fetch 1 GiB from XRootD over https."""
    folder = xrootd.fresh()
    shutil.copyfile(large, xrootd.local(f"{folder}/large.bin"))
    programs = Programs.at(xrootd, tmp_path)
    path, target = f"{folder}/large.bin", tmp_path / "down.bin"
    race = Race(
        "One file of 1 GiB down, from XRootD over https",
        MEBIBYTES,
        "MiB",
        [
            programs.ours("ours", "get", path, target),
            programs.curl("curl", "--output", target, programs.url(path)),
            programs.curl_and_sync("curl, then `sync` of the file", programs.url(path), target),
            programs.davix("davix-get", programs.url(path), target),
            programs.rclone("rclone copyto", "copyto", f"door:{path}", target),
            Contestant("limit: cp", ["cp", large, target]),
        ],
    )

    def check() -> None:
        same_size(target, large)

    race.go(tmp_path, runs, lambda: target.unlink(missing_ok=True), check)
    xrootd.raw_remove(folder)
    report.add(
        race,
        "XRootD sums the file up each time that it is asked for its checksum: most of our time here is waiting for that.",
    )


def test_large_up(xrootd: Door, large: Path, tmp_path: Path, report: Report, runs: int) -> None:
    """Send 1 GiB to XRootD over https."""
    folder = xrootd.fresh()
    programs = Programs.at(xrootd, tmp_path)
    path = f"{folder}/up.bin"
    race = Race(
        "One file of 1 GiB up, to XRootD over https",
        MEBIBYTES,
        "MiB",
        [
            programs.ours("ours", "put", large, path),
            programs.curl("curl -T", "--upload-file", large, programs.url(path)),
            programs.davix("davix-put", large, programs.url(path)),
            programs.rclone("rclone copyto", "copyto", large, f"door:{path}"),
        ],
    )

    def check() -> None:
        same_size(xrootd.local(path), large)

    race.go(tmp_path, runs, lambda: xrootd.raw_remove(path), check)
    xrootd.raw_remove(folder)
    report.add(race, "Ours sends to a temporary name, asks the server for the checksum of what it has, and renames.")


def same_size(one: Path, other: Path) -> None:
    """Raise unless a turn has really moved the file."""
    if one.stat().st_size != other.stat().st_size:
        raise RuntimeError(f"{one} is not whole")
