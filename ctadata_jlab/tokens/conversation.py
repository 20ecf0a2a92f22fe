"""One question to oidc-agent, and its answer: a JSON object each way over a unix socket.

The agent answers plain JSON to plain JSON (tried with 4.2.6; 5.3.3's source says the same). Nothing marks the end of an
answer, and it may come in any pieces, so reading goes on until the object is whole.
"""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["converse"]

_LARGEST = 1 << 20  # bytes
_PIECE = 4096


def converse(path: Path, request: Mapping[str, Any], deadline: float) -> dict[str, Any]:
    """Send *request* to the socket at *path* and return the answer, all before *deadline* on the monotonic clock.

    Raises OSError (TimeoutError among them) if the agent is gone or silent, ValueError if it says something else than an object.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        _allow(connection, deadline)
        connection.connect(str(path))
        connection.sendall(json.dumps(request).encode())
        return _whole_object(connection, deadline)


def _whole_object(connection: socket.socket, deadline: float) -> dict[str, Any]:
    data = bytearray()
    while len(data) < _LARGEST:
        _allow(connection, deadline)
        piece = connection.recv(_PIECE)
        if not piece:
            raise ConnectionAbortedError("it broke off")
        data += piece
        answer = _parsed(data) if b"}" in piece else None
        if answer is not None:
            return answer
    raise ValueError("its answer has no end")


def _parsed(data: bytearray) -> dict[str, Any] | None:
    try:
        answer = json.loads(data.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        raise ValueError("its answer is not an object")  # noqa: TRY004 - about the text, not about a caller's mistake
    return answer


def _allow(connection: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("it did not answer in time")
    connection.settimeout(left)
