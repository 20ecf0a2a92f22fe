"""The table of results."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING

from tests.rig.process import need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.race import Race

__all__ = ["Report"]

HEAD = """\
# Results of `make bench`

Written by the benchmarks; not to be edited. Loopback, {cores} cores, Python {python}, {day}.
{peers}.

**How to read it.** All contestants of a table take turns, as many times as is said there, the first of them changing; a further
round at the start is not counted. *ratio* is a contestant's time divided by ours in the same round, median (lowest to highest): above 1 we
are faster. Times are medians; memory is the most that a process had. Our and webdav4's times are without the start of
Python ({start:.1f} s), as inside a server that runs already; the others are programs of their own and start in a few
milliseconds. Servers and contestants share the cores. Ours checks the server's checksum, keeps a journal of parts and waits
until the bytes are on disk (`fsync`); of the others none does, unless their name says so. Only the ratios mean anything.
What a turn has written is put aside and removed at the end of its race: ext4 makes new files slowly for minutes where many
were removed, and whoever is next would pay for it.

The command is `make bench`; `make bench ROUNDS=3 ARGS="-k many"` for a quick look at some.

What hours of faults have found stands in [SOAK.md](SOAK.md).

Tokens are given by files and environment; `davix` takes them as an argument only, so all tokens here are of the rig's own
provider and die with it.
"""


class Report:
    """Collects races and tells them as Markdown."""

    def __init__(self) -> None:
        self._tables: list[str] = []

    def add(self, race: Race, note: str = "") -> None:
        """Take a finished race; *note* says what is unequal in it."""
        rounds = len(next(iter(race.turns.values())))
        self._tables.append(_table(race, f"{rounds} rounds, {_day()}. {note}".strip()))

    def tell(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> None:
        """Take figures that are no race, as a table with *heads*."""
        lines = [f"\n## {title}\n\n", f"{_day()}. {note}\n\n", f"| {' | '.join(heads)} |\n"]
        lines.append("|---|" + "--:|" * (len(heads) - 1) + "\n")
        self._tables.append("".join([*lines, *(f"| {' | '.join(row)} |\n" for row in rows)]))

    def text(self) -> str:
        """Return all of it."""
        return self._head() + "".join(self._tables)

    def merged(self, old: str) -> str:
        """Return all of it, and of the *old* text the tables that were not made anew; in the old order, new ones last."""
        tables = {_title(table): f"\n{table}" for table in re.split(r"\n(?=## )", old)[1:]}
        tables.update({_title(table.strip("\n")): table for table in self._tables})
        return self._head() + "".join(table if table.endswith("\n") else table + "\n" for table in tables.values())

    def _head(self) -> str:
        return HEAD.format(
            cores=os.cpu_count(),
            python=platform.python_version(),
            day=_day(),
            peers=", ".join(_peers()),
            start=_start(),
        )


def _day() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")


def _title(table: str) -> str:
    return table.partition("\n")[0]


def _table(race: Race, note: str) -> str:
    lines = [
        f"\n## {race.title}\n\n",
        f"{note}\n\n" if note else "",
        f"| contestant | ratio | time (s) | {race.unit}/s | processor (s) | memory (MB) |\n",
        "|---|--:|--:|--:|--:|--:|\n",
    ]
    for contestant in race.contestants:
        name, runs = contestant.name, race.turns[contestant.name]
        times, ratios = race.seconds(name), race.ratios(name)
        lines.append(
            f"| {name} | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) "
            f"| {statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f}) | {race.rate(name):,.0f} "
            f"| {statistics.median(run.processor for run in runs):.2f} | {max(run.memory for run in runs):.0f} |\n"
        )
    return "".join(lines)


def _peers() -> Iterator[str]:
    for program, option in (("curl", "--version"), ("davix-get", "--version"), ("rclone", "version"), ("xrootd", "-v")):
        done = subprocess.run([need(program), option], check=False, capture_output=True, text=True)
        found = re.search(r"v?(\d+\.\d+[.\d]*)", done.stdout + done.stderr)
        yield f"{program.removesuffix('-get')} {found.group(1) if found else '?'}"
    for package in ("webdav4", "pycurl", "httpx", "ctadata_jlab"):
        yield f"{package} {version(package)}"


def _start() -> float:
    """Return the seconds that Python and our imports take, once they are in the cache."""
    code = "import time; t = time.perf_counter(); import ctadata_jlab.foreground; print(time.perf_counter() - t)"
    done = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True) for _ in range(2)]
    return float(done[-1].stdout)
