"""The process that owns the queue is killed in the middle of a transfer with an object store: the next one goes on, and nothing is left."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.http import Trust
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.s3 import ObjectStore, sending
from ctadata_jlab.storage.s3.signing import Keys, Signer
from ctadata_jlab.transfer.job import JobState
from tests.objects.faulty import Fault, faulty
from tests.objects.test_s3 import uploads
from tests.objects.test_s3_faults import SIZE
from tests.transfer.kit import Bench, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.objects.faulty import Faulty
    from tests.rig.seaweed import S3

DATA = random.Random(3).randbytes(2 * SIZE + 1000)

VICTIM = """
import os, sys
from pathlib import Path
from tests.objects.test_s3_kills import SIZE, bench, sending
sending.PART = SIZE
way, url, key, root, folder = sys.argv[1:]
with bench(Path(folder), url, key, os.environ["SECRET"], root, rate=SIZE) as queue:
    queue.run(*way.split())
"""
UP, DOWN = "upload local /f s3", "download s3 /f local"


def bench(folder: Path, url: str, key: str, secret: str, root: str, **options: int) -> Bench:
    """Return a queue between a bucket's folder and a folder of this machine."""
    signer = Signer(lambda: Keys(key, secret), "us-east-1")
    store = ObjectStore("S3", url, Trust.of(), signer, folder / "state", root=root)
    return Bench(folder / "queue", {"s3": store, "local": Local(folder / "work")}, **options)


@pytest.fixture
def proxy(seaweed: S3) -> Iterator[Faulty]:
    with faulty(seaweed.url) as running:
        yield running


def kill(way: str, proxy: Faulty, seaweed: S3, root: str, folder: Path, when: Callable[[], object]) -> None:
    """Let another process do a transfer, and kill it at the moment *when*."""
    command = [sys.executable, "-c", VICTIM, way, proxy.url, seaweed.key, root, str(folder)]
    environment = {**os.environ, "SECRET": seaweed.secret}
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]) as victim:
        try:
            wait_for(lambda: victim.poll() is not None or when(), 90)
            assert victim.poll() is None, "it ended before it was killed"
        finally:
            victim.send_signal(signal.SIGKILL)


def go_on(proxy: Faulty, seaweed: S3, root: str, folder: Path) -> None:
    """Let a queue of this process take over, and wait until all is done."""
    with bench(folder, proxy.url, seaweed.key, seaweed.secret, root) as queue:
        (job,) = queue.engine.jobs()
        done = queue.until(job.id, lambda job: job.state in {JobState.DONE, JobState.FAILED}, 90)
        assert (done.state, done.files_done, done.error) == (JobState.DONE, 1, None)
    queue.storages["s3"].close()


def test_an_upload_goes_on_with_the_next_process(
    proxy: Faulty, seaweed: S3, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, and without parts that somebody pays for: what the dead one has begun is thrown away, or gone on with."""
    monkeypatch.setattr(sending, "PART", SIZE)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "f").write_bytes(DATA)
    held = threading.Event()

    def plan(method: str, path: str, _headers: dict[str, str]) -> Fault | None:
        return Fault(held=held) if method == "PUT" and "partNumber=2&" in path else None

    proxy.plan = plan
    kill(UP, proxy, seaweed, root, tmp_path, lambda: proxy.of("PUT", "partNumber=2&"))
    proxy.plan = lambda *_: None
    held.set()
    assert uploads(seaweed, root) == [f"{root.split('/')[2]}/f"]
    go_on(proxy, seaweed, root, tmp_path)
    assert seaweed.ask("GET", f"{root}/f") == DATA
    assert uploads(seaweed, root) == []


def test_a_download_goes_on_with_the_next_process(proxy: Faulty, seaweed: S3, root: str, tmp_path: Path) -> None:
    """From what is there already; the file has its name when it is whole, and no part is left beside it."""
    seaweed.ask("PUT", f"{root}/f", DATA)
    work = tmp_path / "work"
    work.mkdir()
    starts: list[int] = []

    def plan(method: str, path: str, headers: dict[str, str]) -> Fault | None:
        if method == "GET" and path.partition("?")[0] == f"{root}/f":
            starts.append(int((re.findall(r"bytes=(\d+)-", headers.get("range", "")) or ["0"])[0]))
        return None

    proxy.plan = plan
    kill(DOWN, proxy, seaweed, root, tmp_path, lambda: sum(_sizes(work)) > SIZE)
    assert not (work / "f").exists()
    assert starts.pop() == 0
    go_on(proxy, seaweed, root, tmp_path)
    assert (work / "f").read_bytes() == DATA
    assert starts
    assert min(starts) >= SIZE // 2
    assert [place.name for place in work.iterdir()] == ["f"]


def _sizes(folder: Path) -> list[int]:
    sizes = []
    for place in folder.iterdir():
        with suppress(FileNotFoundError):  # what the other process has only tried out is gone again
            sizes.append(place.stat().st_size)
    return sizes
