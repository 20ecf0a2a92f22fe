"""Sending a file's bytes: all of them, one range, or not quite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.door.serving import Handler

__all__ = ["send"]

_PORTION = 65_536
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def send(handler: Handler, data: bytes, headers: Mapping[str, str]) -> None:
    """Answer a GET or HEAD with *data*, obeying Range but not If-Range."""
    asked = handler.asked.headers.get("range", "") if handler.command == "GET" else ""
    found = _RANGE.match(asked)
    if not found or found.group(0) == "bytes=-":
        _pour(handler, 200, data, {"Accept-Ranges": "bytes", **headers})
        return
    first, last = found.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last) + 1, len(data)) if first and last else len(data)
    if start >= end:
        handler.reply(416, headers={"Content-Range": f"bytes */{len(data)}"})
        return
    _pour(handler, 206, data[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}", **headers})


def _pour(handler: Handler, status: int, data: bytes, headers: Mapping[str, str]) -> None:
    traps = handler.double.traps
    handler.send_head(status, {"Content-Length": str(len(data)), **headers})
    if handler.command == "HEAD":
        return
    if len(data) > traps.cut_after and traps.uses("cut_downloads"):
        handler.wfile.write(data[: traps.cut_after])
        handler.cut(traps.stall)
    portion = _PORTION if traps.rate else len(data)
    for start in range(0, len(data), portion or 1):
        handler.wfile.write(data[start : start + portion])
        traps.carry(portion)
