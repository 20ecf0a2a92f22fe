"""Memory for portions of bytes that come and go."""

from __future__ import annotations

__all__ = ["keep"]

_BLOCK = 4 * 1024 * 1024


def keep() -> None:
    """Let the allocator keep what a portion leaves behind for the next one, up to twice 4 MiB.

    At first glibc gives every 128 KiB that become free at its end back to the system, and takes them again a moment later, a page fault
    for each 4 KiB: half as much processor time again as a transfer needs. It learns from the largest block that was ever given back
    (``mallopt(3)``, "dynamic mmap threshold"), so it is shown one; its pages are never touched. Other allocators do not mind.
    """
    bytes(_BLOCK)
