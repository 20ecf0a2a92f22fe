"""What others say, made fit for messages: one line of printable characters, and nothing in it that could be a secret."""

from __future__ import annotations

import re

__all__ = ["redacted"]

_SECRETIVE = re.compile(r"[\w\-.~+/=]{24,}", re.ASCII)
_LONGEST = 300


def redacted(text: str) -> str:
    """Return *text* as one short line; long words, as tokens and secrets are, are left out."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return _SECRETIVE.sub("…", " ".join(plain.split()))[:_LONGEST]
