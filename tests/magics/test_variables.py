"""The names that the panel may give to a notebook's variables."""

from __future__ import annotations

import keyword
import re
from pathlib import Path


def test_no_variable_is_called_like_a_word_of_python() -> None:
    """The panel, which has no Python to ask, knows all keywords of this one."""
    text = (Path(__file__).parents[2] / "src" / "attach.ts").read_text(encoding="utf-8")
    taken = text.partition("const TAKEN")[2].partition(".split(")[0]
    words = set(" ".join(re.findall(r"'([^']*)'", taken)).split())
    assert not [word for word in [*keyword.kwlist, *keyword.softkwlist] if word not in words and word != "_"]
