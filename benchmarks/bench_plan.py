"""Planning, and a job of a million files: how fast, and how much memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.report import Report

SIZES = ((20, 1000), (1000, 1000))
SECONDS = 20


def test_planning(report: Report, runs: int) -> None:
    """Plan twenty thousand files and a million, and let the queue work at them for a while."""
    rows = []
    for folders, files in SIZES:
        rounds = runs if folders < 100 else 1
        seen = [_run(folders, files) for _ in range(rounds)]
        rates = [one["files"] / one["planned"] for one in seen]
        rate, memory = statistics.median(rates), max(one["memory"] for one in seen)
        spread = f"{rate:,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        rows.append((f"{folders * files:,}", str(rounds), spread, f"{memory:.0f}"))
    report.tell(
        "A job of many files: planned, and begun",
        ("files", "rounds", "planned files/s", "memory (MB)"),
        rows,
        f"From a made-up storage into the journal on disk; then the queue works at it for {SECONDS} s. Memory is the most it had.",
    )


def _run(folders: int, files: int) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.million",
        str(folders),
        str(files),
        str(SECONDS if folders > 100 else 2),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seen: dict[str, float] = json.loads(done.stdout)
    if seen["files"] != folders * files:
        raise RuntimeError(f"{seen['files']} files were planned")
    return seen
