"""The table of what can happen to a login names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_each_test_that_the_table_names_exists() -> None:
    """A row without its test would be a claim."""
    text = (REPOSITORY / "docs/reference/logins.md").read_text(encoding="utf-8")
    rows = [line.rsplit("|", 2)[1] for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)[2:]]
    names = [re.findall(r"`(?:(tests/[\w/]+\.py)::)?(\w+)`", row) for row in rows]
    assert len(rows) > 10
    assert all(names)
    missing = [
        (file, name)
        for row in names
        for file, name in row
        if f"def test_{name}(" not in (REPOSITORY / (file or "tests/login/test_matrix.py")).read_text(encoding="utf-8")
    ]
    assert missing == []
