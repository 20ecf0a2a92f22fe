"""How long a kernel's echo takes while the same server moves bytes at full speed, and while curl does so beside it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from benchmarks.contestants import Programs
from tests.e2e.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.report import Report
    from tests.e2e.server import Client
    from tests.rig.doors import Door

MEBIBYTES = 1024
FILES, SIZE = 1000, 100_000
PAUSE = 0.005


@pytest.fixture
def server(xrootd: Door, tmp_path: Path) -> Iterator[Client]:
    """Run a server that knows the door."""
    token = tmp_path / "server-token"
    token.touch(mode=0o600)
    token.write_text(Programs.token_of(xrootd) + "\n")
    login = f'[sources.xrootd.login]\nkind = "file"\nfile = "{token}"\n'
    settings = f'only = []\n[sources.xrootd]\nurl = "{xrootd.url}"\nca = "{xrootd.ca}"\n{login}'
    with serving(tmp_path / "server", settings) as client:
        yield client


def test_echo(server: Client, xrootd: Door, tmp_path: Path, report: Report, runs: int) -> None:
    """Ask a kernel all the time while one large file, and many small ones, come; in turn with curl."""
    folder = xrootd.fresh()
    block = os.urandom(1 << 20)
    xrootd.raw_put(f"{folder}/big/one.bin", b"")
    with xrootd.local(f"{folder}/big/one.bin").open("wb") as out:
        for _ in range(MEBIBYTES):
            out.write(block)
    for number in range(FILES):
        xrootd.raw_put(f"{folder}/many/file{number:04}.dat", block[:SIZE])
    programs = Programs.at(xrootd, tmp_path)
    rows = []
    for what in ("big", "many"):
        ours, theirs = _delays(server, xrootd, programs, f"{folder}/{what}", tmp_path, runs)
        more = _quantile(ours, 0.99) - _quantile(theirs, 0.99)
        rows.append((_NAMES[what], *_told(ours), *_told(theirs), f"{more:+.1f}"))
    xrootd.raw_remove(folder)
    report.tell(
        "A kernel's echo while bytes come at full speed",
        ("what comes", "ours: median (ms)", "99 % (ms)", "curl: median (ms)", "99 % (ms)", "99 %: ours less curl (ms)"),
        rows,
        "One kernel is asked for its info every 5 ms through the server's websocket; *ours*: the server downloads meanwhile, "
        f"*curl*: curl does, outside of it. {runs} turns each, taken together.",
    )


_NAMES = {"big": f"one file of {MEBIBYTES // 1024} GiB", "many": f"{FILES:,} files of 100 kB"}


def _told(delays: list[float]) -> tuple[str, str]:
    return f"{_quantile(delays, 0.5):.1f}", f"{_quantile(delays, 0.99):.1f}"


def _quantile(delays: list[float], part: float) -> float:
    """Return the delay, in milliseconds, that this part of them does not exceed."""
    return sorted(delays)[min(len(delays) - 1, int(len(delays) * part))] * 1000


def _delays(
    server: Client, door: Door, programs: Programs, path: str, folder: Path, runs: int
) -> tuple[list[float], list[float]]:
    """Return the echoes' delays with us and with curl."""
    ours: list[float] = []
    theirs: list[float] = []
    names = door.raw_names(path)
    for number in range(runs + 1):
        place = folder / f"curl-{path.rpartition('/')[2]}-{number}"
        place.mkdir()
        curl = programs.curl_many("curl", [(f"{path}/{name}", place / name) for name in names], up=False)
        seen = _echoes(server, lambda curl=curl: subprocess.run(curl.command, check=True, capture_output=True))
        other = _echoes(server, lambda number=number: _downloaded(server, path, f"/turn{number}"))
        if number:
            theirs += seen
            ours += other
    return ours, theirs


def _downloaded(server: Client, path: str, to: str) -> None:
    (server.workspace / to.strip("/")).mkdir(exist_ok=True)
    job = server.job("download", "xrootd", path, to=("local", to))
    if job["state"] != "done":
        raise RuntimeError(f"the download is {job['state']}: {job['error']}")


def _echoes(server: Client, work: Callable[[], object]) -> list[float]:
    """Return how long each echo took while *work* was done."""
    over, failed = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - a thread's top: raised again below
            failed.append(error)
        finally:
            over.set()

    thread = threading.Thread(target=run)

    def begin() -> None:
        thread.start()

    delays = asyncio.run(_asked(server, begin, over))
    thread.join()
    if failed:
        raise failed[0]
    return delays


async def _asked(server: Client, begin: Callable[[], None], over: threading.Event) -> list[float]:
    base, token = str(server.http.base_url), server.http.headers["Authorization"]
    kernel = server.http.post("api/kernels", json={}).raise_for_status().json()["id"]
    url = f"{base.replace('http', 'ws', 1)}api/kernels/{kernel}/channels"
    socket = await websocket_connect(HTTPRequest(url, headers={"Authorization": token}))
    delays: list[float] = []
    try:
        for _ in range(20):
            await _echo(socket)
        begin()
        while not over.is_set():
            delays.append(await _echo(socket))
            await asyncio.sleep(PAUSE)
    finally:
        socket.close()
        server.http.delete(f"api/kernels/{kernel}")
    return delays


async def _echo(socket: Any) -> float:
    """Ask the kernel who it is; return the seconds until it has said so."""
    number = uuid.uuid4().hex
    header = {
        "msg_id": number,
        "msg_type": "kernel_info_request",
        "username": "",
        "session": "s",
        "date": "",
        "version": "5.3",
    }
    began = time.perf_counter()
    await socket.write_message(
        json.dumps(
            {"header": header, "parent_header": {}, "metadata": {}, "content": {}, "channel": "shell", "buffers": []}
        )
    )
    while True:
        said = await socket.read_message()
        if said is None:
            raise RuntimeError("the kernel has hung up")
        if isinstance(said, bytes):
            continue
        message = json.loads(said)
        if message["parent_header"].get("msg_id") == number and message["msg_type"] == "kernel_info_reply":
            return time.perf_counter() - began
