"""What ``make soak`` has found, a section for each campaign, in ``benchmarks/SOAK.md``."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

__all__ = ["FILE", "record"]

FILE = Path(__file__).parents[2] / "benchmarks" / "SOAK.md"
HEAD = """\
# What `make soak` has found

Written by the campaigns; not to be edited. Each replaces its own section. Zero is the only acceptable number of exceptions:
a campaign that finds one fails and writes nothing.
"""


def record(title: str, text: str) -> None:
    """Write the section *title* anew."""
    before = FILE.read_text(encoding="utf-8") if FILE.exists() else HEAD
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    section = f"\n## {title}\n\nRun on {day}.\n\n{text.strip()}\n"
    old = re.compile(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", re.DOTALL)
    found = old.search(before)
    after = before[: found.start()] + section + before[found.end() :] if found else before + section
    FILE.write_text(after, encoding="utf-8")
