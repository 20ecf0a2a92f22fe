"""What ``make soak`` has found, a section for each campaign, in ``benchmarks/SOAK.md``."""

from __future__ import annotations

import re
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import filelock

__all__ = ["FILE", "record"]

FILE = Path(__file__).parents[2] / "benchmarks" / "SOAK.md"
HEAD = """\
# What `make soak` has found

Written by the campaigns; not to be edited. Each replaces its own section. Zero is the only acceptable number of exceptions:
a campaign that finds one fails and writes nothing.
"""


def record(title: str, text: str) -> None:
    """Write the section *title* anew; sections stand in the order of their titles."""
    with filelock.FileLock(f"{tempfile.gettempdir()}/ctadata-soak.lock"):
        _write(title, text)


def _write(title: str, text: str) -> None:
    before = FILE.read_text(encoding="utf-8") if FILE.exists() else HEAD
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    head, *found = re.split(r"\n(?=## )", before)
    sections = {section.splitlines()[0]: section.strip() for section in found}
    sections[f"## {title}"] = f"## {title}\n\nRun on {day}.\n\n{text.strip()}"
    FILE.write_text(
        "\n\n".join([head.strip(), *(sections[name] for name in sorted(sections))]) + "\n", encoding="utf-8"
    )
