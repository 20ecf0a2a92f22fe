"""A folder of many entries, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.contestants import Programs
from benchmarks.race import Race
from ctadata_jlab.storage.propfind import question

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.race import Contestant
    from benchmarks.report import Report
    from tests.rig.doors import Door

ENTRIES = 50_000
NOTE = "Curl reads nothing of what comes; ours makes an entry of each."


def test_listing(apache: Door, tmp_path: Path, report: Report, runs: int) -> None:
    """List 50 000 entries of Apache's mod_dav, the quickest of them all."""
    folder = _filled(apache)
    programs = Programs.at(apache, tmp_path)
    race = Race(
        f"Listing {ENTRIES:,} entries from Apache",
        ENTRIES,
        "entries",
        [
            programs.ours("ours, the Python API", "api", folder),
            programs.ours("ours, one by one", "list", folder),
            programs.ours("ours, as JSON for the panel", "panel", folder),
            _curl(programs, folder),
            programs.davix("davix-ls", "-l", programs.url(folder)),
            programs.rclone("rclone lsf", "lsf", "--format", "pst", f"door:{folder}"),
            programs.webdav4(folder),
        ],
    )
    race.go(tmp_path, runs, lambda: None, lambda: None)
    apache.raw_remove(folder)
    report.add(race, NOTE)


@pytest.mark.parametrize("door", ["xrootd", "wsgidav"])
def test_listing_of_others(
    door: str, tmp_path: Path, report: Report, runs: int, request: pytest.FixtureRequest
) -> None:
    """List 50 000 entries of servers that take longer to tell them, as those with a name space in a database do."""
    server: Door = request.getfixturevalue(door)
    folder = _filled(server)
    programs = Programs.at(server, tmp_path)
    contestants = [programs.ours("ours, the Python API", "api", folder), _curl(programs, folder)]
    race = Race(f"Listing {ENTRIES:,} entries from {server.name}", ENTRIES, "entries", contestants)
    race.go(tmp_path, max(2, runs // 2), lambda: None, lambda: None)
    server.raw_remove(folder)
    report.add(race, NOTE)


def _filled(door: Door) -> str:
    folder = door.fresh()
    for number in range(ENTRIES):
        door.local(f"{folder}/dl1_LST-1.Run{number:05}.0000.h5").touch()
    return folder


def _curl(programs: Programs, folder: str) -> Contestant:
    asked = programs.folder / "question"
    asked.write_bytes(question())
    return programs.curl(
        "limit: curl, the same question, nothing read",
        *("--request", "PROPFIND", "--header", "Depth: 1", "--data-binary", f"@{asked}"),
        *("--output", "/dev/null", programs.url(folder + "/")),
    )
