"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Level"]

Level = Literal["ok", "note", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what is so, in words, and what to do if that is not well."""

    level: Level
    about: str
    text: str
    hint: str = ""
