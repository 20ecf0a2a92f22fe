"""A unix socket that answers as oidc-agent does, or as badly as a test wants."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Answer", "answering", "in_pieces", "padded"]

Answer = "Callable[[dict[str, Any], socket.socket], None]"


def in_pieces(data: bytes, size: int, connection: socket.socket) -> None:
    """Send *data* a few bytes at a time, each on its own."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    for start in range(0, len(data), size):
        connection.sendall(data[start : start + size])
        time.sleep(0 if size < 64 else 0.01)


def padded(answer: dict[str, Any], length: int) -> bytes:
    """Return *answer* as JSON of exactly *length* bytes."""
    bare = len(json.dumps({**answer, "pad": ""}))
    data = json.dumps({**answer, "pad": "x" * (length - bare)}).encode()
    assert len(data) == length
    return data


@contextmanager
def answering(path: Path, answer: Callable[[dict[str, Any], socket.socket], None]) -> Iterator[list[dict[str, Any]]]:
    """Listen at *path*; hand each question and the connection to *answer*; give the list of the questions. Not hanging up is up to the client."""
    asked: list[dict[str, Any]] = []
    done = threading.Event()

    def serve() -> None:
        open_ones = []
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                break
            open_ones.append(connection)
            question = json.loads(connection.recv(65536))
            asked.append(question)
            with suppress(OSError):
                answer(question, connection)
        for connection in open_ones:
            connection.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield asked
        finally:
            done.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
