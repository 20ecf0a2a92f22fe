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

MEBIBYTES = 2048


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file of 2 GiB."""
    file = tmp_path / "large.bin"
    block = os.urandom(1 << 20)
    with file.open("wb") as out:
        for number in range(MEBIBYTES):
            out.write(number.to_bytes(8, "big") + block[8:])
    return file


def test_large_down(xrootd: Door, large: Path, tmp_path: Path, report: Report, runs: int) -> None:
    """Fetch 2 GiB from XRootD over https."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/large.bin", b"")  # the server's own, so that it may keep the checksum with it
    shutil.copyfile(large, xrootd.local(f"{folder}/large.bin"))
    programs = Programs.at(xrootd, tmp_path)
    path, target = f"{folder}/large.bin", tmp_path / "down.bin"
    curl = programs.curl("curl", "--output", target, programs.url(path))
    davix = programs.davix("davix-get", programs.url(path), target)
    race = Race(
        "One file of 2 GiB down, from XRootD over https",
        MEBIBYTES,
        "MiB",
        [
            programs.ours("ours", "get", path, target),
            programs.ours("ours, the bytes alone", "wire-down", path, target),
            curl,
            davix,
            programs.proven(curl, target, programs.url(path)),
            programs.proven(davix, target, programs.url(path)),
            programs.rclone("rclone copyto", "copyto", f"door:{path}", target),
            Contestant("limit: cp", ["cp", large, target]),
        ],
    )

    def check() -> None:
        same_size(target, large)

    race.go(tmp_path, runs, lambda: target.unlink(missing_ok=True), check)
    xrootd.raw_remove(folder)
    report.add(
        race, "The server keeps the file's checksum; *the bytes alone* are fetched and hashed, and nothing else."
    )


def test_large_wire(xrootd: Door, large: Path, tmp_path: Path, report: Report, runs: int) -> None:
    """Fetch 2 GiB from XRootD over https, and keep nothing of it: neither disk nor page cache has a say."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/large.bin", b"")
    shutil.copyfile(large, xrootd.local(f"{folder}/large.bin"))
    programs, path = Programs.at(xrootd, tmp_path), f"{folder}/large.bin"
    race = Race(
        "The bytes of 2 GiB down, from XRootD over https, written nowhere",
        MEBIBYTES,
        "MiB",
        [
            programs.ours("ours, hashed", "wire-down", path, os.devnull),
            programs.curl("curl", "--output", os.devnull, programs.url(path)),
            programs.davix("davix-get", programs.url(path), os.devnull),
        ],
    )
    race.go(tmp_path, runs, lambda: None, lambda: None)
    xrootd.raw_remove(folder)
    report.add(race, "Ours computes adler32 of what comes.")


def test_large_up(xrootd: Door, large: Path, tmp_path: Path, report: Report, runs: int) -> None:
    """Send 2 GiB to XRootD over https."""
    folder = xrootd.fresh()
    programs = Programs.at(xrootd, tmp_path)
    path = f"{folder}/up.bin"
    curl = programs.curl("curl -T", "--upload-file", large, programs.url(path))
    davix = programs.davix("davix-put", large, programs.url(path))
    race = Race(
        "One file of 2 GiB up, to XRootD over https",
        MEBIBYTES,
        "MiB",
        [
            programs.ours("ours", "put", large, path),
            programs.ours("ours, the bytes alone", "wire-up", large, path),
            curl,
            davix,
            programs.proven(curl, large, programs.url(path)),
            programs.proven(davix, large, programs.url(path)),
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
