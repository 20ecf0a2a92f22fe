"""What runs as a process of its own for us, and for webdav4: does one thing, and prints how many seconds it took.

``python -m benchmarks.ours CONFIG ACT …``; *CONFIG* is a ctadata.toml with the one source ``door``.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab import config, foreground
from ctadata_jlab.remote import Remote
from ctadata_jlab.session import Session
from ctadata_jlab.storage import Checksum
from ctadata_jlab.transfer.body import FileBody
from ctadata_jlab.transfer.checksum import Digests

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ACTS", "main"]


def _list(session: Session, folder: str) -> int:
    return sum(1 for _ in session.storage("door").list(folder))


def _api(session: Session, folder: str) -> int:
    """List as a script does: all at once, by name."""
    return len(Remote(session, "door").list(folder))


def _panel(session: Session, folder: str) -> int:
    """List as the panel is told: through the memory of listings, as lines of JSON."""
    from ctadata_jlab.server.listing import lines  # noqa: PLC0415 - it loads a web server

    return sum(len(line) for line in lines(session.source("door").browse.list(folder)))


def _get(session: Session, path: str, target: str) -> int:
    summary = foreground.get(session, "door", path, Path(target), recursive=True)
    return _all_done(summary)


def _put(session: Session, local: str, path: str) -> int:
    return _all_done(foreground.put(session, "door", Path(local), path, recursive=True))


def _wire_down(session: Session, path: str, target: str) -> int:
    """Fetch and hash, and nothing else: neither the server's checksum nor the disk is waited for."""
    storage = session.storage("door")
    entry = storage.stat(path)
    digests, size = Digests(["adler32"]), entry.size or 0
    known = replace(entry, checksum=Checksum("adler32", "0"))  # so that nobody asks
    with storage.open(path, expect=known) as reader, Path(target).open("wb", buffering=0) as file:

        def sink(data: bytes) -> None:
            file.write(data)
            digests.update(data)

        reader.pour(0, size, sink)
    return size


def _wire_up(session: Session, local: str, path: str) -> int:
    """Send and hash, and nothing else."""
    door: Any = session.storage("door")
    while hasattr(door, "inner"):
        door = door.inner
    with FileBody(Path(local)) as body:
        door.curl.put(door.server.url(path), path, body)
        return body.size


def _all_done(summary: foreground.Summary) -> int:
    for result in summary.results:
        if result.error is not None:
            raise result.error
    return len(summary.results)


ACTS: dict[str, Callable[..., int]] = {
    "list": _list,
    "api": _api,
    "panel": _panel,
    "get": _get,
    "put": _put,
    "wire-down": _wire_down,
    "wire-up": _wire_up,
}


def main(file: str, act: str, *arguments: str) -> float:
    """Do *act* with its *arguments*; return the seconds."""
    if act == "webdav4":
        return _webdav4(*arguments)
    import ctadata_jlab.storage.gathering  # noqa: PLC0415 - not part of the work: a server that runs has loaded them
    import ctadata_jlab.storage.scattering  # noqa: PLC0415
    import ctadata_jlab.storage.webdav  # noqa: PLC0415

    if act == "panel":
        import ctadata_jlab.server.listing  # noqa: F401, PLC0415 - neither
    settings = config.load(places=[Path(file)])
    began = time.perf_counter()
    with Session(settings) as session:
        ACTS[act](session, *arguments)
    return time.perf_counter() - began


def _webdav4(url: str, folder: str, authority: str, token_file: str) -> float:
    from ssl import create_default_context  # noqa: PLC0415

    from webdav4.client import Client  # noqa: PLC0415

    token = Path(token_file).read_text(encoding="utf-8").strip()
    began = time.perf_counter()
    client = Client(
        url, headers={"Authorization": f"Bearer {token}"}, verify=create_default_context(cafile=authority), timeout=300
    )
    client.ls(folder, detail=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
