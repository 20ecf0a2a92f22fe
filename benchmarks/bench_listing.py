"""A folder of many entries, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contestants import Programs
from benchmarks.race import Race
from ctadata_jlab.storage.propfind import question

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.report import Report
    from tests.rig.doors import Door

ENTRIES = 50_000


def test_listing(apache: Door, tmp_path: Path, report: Report, runs: int) -> None:
    """List 50 000 entries of Apache's mod_dav."""
    folder = apache.fresh()
    for number in range(ENTRIES):
        apache.local(f"{folder}/dl1_LST-1.Run{number:05}.0000.h5").touch()
    programs = Programs.at(apache, tmp_path)
    (tmp_path / "question").write_bytes(question())
    ask = ("--request", "PROPFIND", "--header", "Depth: 1", "--data-binary", f"@{tmp_path / 'question'}")
    race = Race(
        f"Listing {ENTRIES:,} entries from Apache",
        ENTRIES,
        "entries",
        [
            programs.ours("ours, the Python API", "api", folder),
            programs.ours("ours, one by one", "list", folder),
            programs.ours("ours, as JSON for the panel", "panel", folder),
            programs.curl(
                "limit: curl, the same question, nothing read",
                *ask,
                "--output",
                "/dev/null",
                programs.url(folder + "/"),
            ),
            programs.davix("davix-ls", "-l", programs.url(folder)),
            programs.rclone("rclone lsf", "lsf", "--format", "pst", f"door:{folder}"),
            programs.webdav4(folder),
        ],
    )
    race.go(tmp_path, runs, lambda: None, lambda: None)
    apache.raw_remove(folder)
    report.add(race)
