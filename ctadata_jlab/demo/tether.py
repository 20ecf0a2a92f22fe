"""A child process that ends with its parent, however the parent ends.

The parent keeps the writing end of the child's standard input. When it exits, is killed or crashes, the kernel
closes that end, and the child ends itself the way SIGTERM would.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

__all__ = ["end_with_parent"]


def end_with_parent() -> None:
    """Watch standard input in a thread; its end is the parent's end."""
    threading.Thread(target=_watch, name="tether", daemon=True).start()


def _watch() -> None:
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
