"""A terminal that the program believes in, and what a person would see on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Seen", "on_a_terminal"]


@dataclass
class Seen:
    """What was on the screen: its last state, and every line that was ever on it; `code` is the program's exit code."""

    code: int = -1
    screen: list[str] = field(default_factory=list)
    ever: set[str] = field(default_factory=set)


def on_a_terminal(command: Sequence[str | Path], columns: int, *, stdout: bool = False, lines: int = 40) -> Seen:
    """Run *command* with its stderr (and *stdout*) on a terminal of so many *columns*; raises if it does not end within 60 s."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    out = theirs if stdout else subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=theirs)
    os.close(theirs)
    screen, seen = pyte.Screen(columns, lines), Seen()
    stream = pyte.ByteStream(screen)
    with contextlib.suppress(OSError):  # Linux ends a terminal by an error
        while data := os.read(ours, 512):
            stream.feed(data)
            seen.ever.update(line.rstrip() for line in screen.display)
    os.close(ours)
    seen.code = process.wait(60)
    seen.screen = [line.rstrip() for line in screen.display if line.strip()]
    return seen
