"""Small files for this user's eyes only, written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["write"]


def write(path: Path, text: str) -> None:
    """Write *text* to *path* (0600): readers see the old text or the new one. Raises OSError if that cannot be done."""
    import tempfile  # noqa: PLC0415 - slow to load, and most who read tokens write none

    target = Path(os.path.realpath(path.expanduser()))  # a link keeps being one
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600 from the start
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open takes no descriptor
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
