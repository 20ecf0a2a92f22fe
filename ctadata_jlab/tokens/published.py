"""Which tokens a storage refused, for all processes of the user: hashes in a file beside the tokens' lock."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ctadata_jlab.tokens import private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Published"]

_COUNTS = 600.0  # seconds; a storage whose own settings were wrong for a while must not spoil a token for good
_MOST = 64
_REMEMBERED = 1.0  # seconds that the file is not read again: every request asks


class Published:
    """The fingerprints that were refused lately, one a line with its time. A file that cannot be used is as good as none."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path.expanduser()
        self._clock = clock
        self._seen: tuple[float, list[str]] = (-math.inf, [])

    def add(self, fingerprint: str) -> None:
        """Tell all processes that the token of *fingerprint* was refused."""
        lines = [line for line in self._lines() if not line.endswith(fingerprint)][-_MOST + 1 :]
        with suppress(OSError):
            private.write(self._path, "".join(f"{line}\n" for line in [*lines, f"{self._clock():.0f} {fingerprint}"]))
        self._seen = (-math.inf, [])

    def knows(self, fingerprint: str) -> bool:
        """Whether some process was refused that token within the last minutes."""
        at, lines = self._seen
        if time.monotonic() - at > _REMEMBERED:
            lines = self._lines()
            self._seen = time.monotonic(), lines
        return any(line.endswith(f" {fingerprint}") and self._counts(line) for line in lines)

    def _counts(self, line: str) -> bool:
        with suppress(ValueError):
            return abs(self._clock() - float(line.partition(" ")[0])) < _COUNTS  # nodes' clocks differ
        return False

    def _lines(self) -> list[str]:
        with suppress(OSError, UnicodeDecodeError):
            return self._path.read_text(encoding="utf-8").splitlines()
        return []
