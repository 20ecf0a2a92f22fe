# ruff: noqa: INP001  # no package: a program of the browser's tests
"""A dCache with files on tape for the browser's tests: ``tape.py FOLDER`` prints the settings of its source, and ends when its input does.

What was asked for comes once a line is read, at the next look. The token is in a file of FOLDER.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.door.double import TOKEN, doubled

ON_TAPE = ("/a.txt", "/b.txt", "/run/c.txt")


def main(folder: Path) -> None:
    """Fill it, say where it is, and wait."""
    folder.mkdir(parents=True)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    with doubled(None) as double:
        double.traps.tape_seconds = math.inf
        double.raw_put("/disk.txt", b"disk")
        for path in ON_TAPE:
            double.raw_put(path, path.encode()).locality = "NEARLINE"
        print(json.dumps({"url": double.door.url, "frontend": double.frontend.url, "token": str(token)}), flush=True)  # noqa: T201  # for who started it
        sys.stdin.readline()
        double.traps.tape_seconds = 0.0
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
