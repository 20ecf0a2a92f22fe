"""The table of dCache's traps names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_each_test_that_the_table_names_exists() -> None:
    """A row without its test would be a claim."""
    text = (REPOSITORY / "docs/reference/dcache.md").read_text(encoding="utf-8")
    named: set[tuple[str, str]] = set()
    for section in text.split("\n## ")[1:]:
        heading = re.search(r"\(`(tests/[\w/]+\.py)`\)", section)
        assert heading is not None
        for line in re.findall(r"^\|.*\|$", section, re.MULTILINE):
            names = re.findall(r"`(?:(tests/[\w/]+\.py)::)?(\w+)`", line.rsplit("|", 2)[1])
            named |= {(file or heading.group(1), name) for file, name in names}
    assert len(named) > 40
    missing = [
        (file, name)
        for file, name in named
        if f"def test_{name}(" not in (REPOSITORY / file).read_text(encoding="utf-8")
    ]
    assert missing == []
