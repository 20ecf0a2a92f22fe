# ruff: noqa: INP001  # no package: a program
"""A line to a door whose speed can be changed: ``python line.py http://127.0.0.1:PORT FILE``.

*FILE* holds how many bytes a second pass on each connection and way, 0 for as fast as can be; it is read again all the time.
Prints its own address, and ends when its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

BLOCK = 1 << 16


class Line:
    """Passes bytes on between whoever connects and the door."""

    def __init__(self, door: str, speed: Path) -> None:
        parts = urlsplit(door)
        self._host, self._port = parts.hostname, parts.port
        self._speed = speed

    async def serve(self) -> None:
        """Listen, say where, and end with the parent process."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201  # for who started it
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_door, to_door = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(self._pump(reader, to_door), self._pump(from_door, writer), return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(BLOCK):
                writer.write(block)
                await writer.drain()
                if speed := self._wanted():
                    await asyncio.sleep(len(block) / speed)
        finally:
            writer.close()

    def _wanted(self) -> int:
        try:
            return int(self._speed.read_text() or 0)
        except (OSError, ValueError):
            return 0


if __name__ == "__main__":
    asyncio.run(Line(sys.argv[1], Path(sys.argv[2])).serve())
