"""What others leave out and we do.

``after.py FILE COUNT COMMAND… DIGEST…`` runs the *COUNT* words of COMMAND, waits for FILE to be on disk, sums it up, and compares that
with what the command DIGEST is told by the server. It imports next to nothing, so that its own start does not count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zlib

__all__ = ["main"]


def main(file: str, count: int, words: list[str]) -> None:
    """Do it; raises if the checksums differ."""
    subprocess.run(words[:count], check=True)
    with open(file, "rb", buffering=0) as stream:  # noqa: PTH123 - pathlib takes its time to load
        os.fsync(stream.fileno())
        value, block = 1, bytearray(1 << 20)
        while read := stream.readinto(block):
            value = zlib.adler32(memoryview(block)[:read], value)
    answer = subprocess.run(words[count:], check=True, capture_output=True, text=True).stdout.lower()
    if f"adler32={value:08x}" not in answer:
        raise RuntimeError(f"{file} has {value:08x}; the server says {answer}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
