"""What goes wrong between us, the clusters and their object store: cuts, refusals, and processes that are killed while a file is staged."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import CtaDataError, Unreachable
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.firecrest import FirecREST
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import JobState
from tests.clusters.double import TOKEN
from tests.clusters.test_firecrest import Signed, staged
from tests.objects.faulty import Fault, faulty
from tests.storage.suite import Bytes, content
from tests.transfer.kit import Bench, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.clusters.double import Clusters
    from tests.objects.faulty import Faulty

BIG = random.Random(5).randbytes(6_000_000)
"""Two parts; too large to go directly."""
ROOT = "/daint/users"

VICTIM = """
import sys
from pathlib import Path
from tests.clusters.test_faults import bench
way, url, ca, folder = sys.argv[1:]
with bench(Path(folder), url, ca) as queue:
    job = queue.run(*way.split())
    print(job.state.value, job.reason, flush=True)
    sys.stdin.read()
"""
UP, DOWN = "upload local /big.h5 alps", "download alps /big.h5 local"


@pytest.fixture
def proxy(clusters: Clusters) -> Iterator[Faulty]:
    """Let the presigned addresses lead through a proxy."""
    store = clusters.s3
    with faulty(store.url) as running:
        clusters.s3 = replace(store, url=running.url)
        yield running
        clusters.s3 = store


@pytest.fixture
def storage(clusters: Clusters, proxy: Faulty, tmp_path: Path) -> Iterator[FirecREST]:
    made = opened(clusters.url, str(clusters.ca), tmp_path)
    yield made
    made.close()


def opened(url: str, ca: str, folder: Path) -> FirecREST:
    return FirecREST("Alps", url, Trust(bundle=ca), folder / "state", root=ROOT, auth=Signed(TOKEN))


def bench(folder: Path, url: str, ca: str) -> Bench:
    """Return a queue between a cluster and a folder of this machine."""
    return Bench(folder / "queue", {"alps": opened(url, ca, folder), "local": Local(folder / "work")})


def once(wanted: Callable[[str, str], bool], fault: Fault) -> Callable[[str, str, dict[str, str]], Fault | None]:
    """Return a plan that spoils the first request that is *wanted* (method and path)."""
    left = [fault]
    return lambda method, path, _: left.pop() if left and wanted(method, path) else None


def is_part(number: int) -> Callable[[str, str], bool]:
    return lambda method, path: method == "PUT" and f"partNumber={number}&" in path


def test_a_staged_download_that_is_cut_goes_on(clusters: Clusters, proxy: Faulty, storage: FirecREST) -> None:
    """What came is right; what is missing is an error that may be tried again, from there, without staging anew."""
    clusters.raw_put("/users/big.h5", BIG)
    staged(storage, "/big.h5")
    proxy.plan = once(lambda method, _: method == "GET", Fault(cut=1_000_000))
    got = bytearray()
    with storage.open("/big.h5") as reader:
        with pytest.raises(Unreachable):
            reader.pour(0, None, got.extend)
        assert 0 < len(got) <= 1_000_000
        reader.pour(len(got), None, got.extend)
    assert bytes(got) == BIG
    assert clusters.count("POST", "/transfer/download") == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_store_that_fails_is_no_file(clusters: Clusters, proxy: Faulty, storage: FirecREST, status: int) -> None:
    """Neither is its answer taken for bytes, nor does an upload end without a part; the parts that are there stay."""
    clusters.raw_put("/users/big.h5", BIG)
    staged(storage, "/big.h5")
    proxy.plan = once(lambda method, _: method == "GET", Fault(status, b"<Error/>"))
    with pytest.raises(CtaDataError):
        content(storage, "/big.h5")
    proxy.plan = once(is_part(2), Fault(status, b"<Error/>"))
    with pytest.raises(CtaDataError):
        storage.put("/up.h5", Bytes(BIG), ticket="t")
    assert not clusters.file("/users/up.h5").exists()
    before = len(proxy.asked)
    storage.put("/up.h5", Bytes(BIG), ticket="t")
    assert clusters.file("/users/up.h5").read_bytes() == BIG
    assert clusters.count("POST", "/transfer/upload") == 1
    sent = [path for method, path in proxy.asked[before:] if method == "PUT"]
    assert [re.findall(r"partNumber=(\d)&", path) for path in sent] == [["2"]]


# -- processes that die


def start(way: str, clusters: Clusters, folder: Path) -> subprocess.Popen[bytes]:
    """Let another process do a transfer."""
    (folder / "work").mkdir(exist_ok=True)
    command = [sys.executable, "-c", VICTIM, way, clusters.url, str(clusters.ca), str(folder)]
    here = Path(__file__).parents[2]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=here)


def kill(victim: subprocess.Popen[bytes]) -> None:
    with victim:
        victim.send_signal(signal.SIGKILL)


def go_on(clusters: Clusters, folder: Path) -> None:
    """Let a queue of this process take over, and wait until all is done."""
    with bench(folder, clusters.url, str(clusters.ca)) as queue:
        (job,) = queue.engine.jobs()
        done = queue.until(job.id, lambda job: job.state in {JobState.DONE, JobState.FAILED}, 90)
        assert (done.state, done.files_done, done.error) == (JobState.DONE, 1, None)
    queue.storages["alps"].close()


def test_a_download_killed_while_it_is_staged_goes_on(clusters: Clusters, tmp_path: Path) -> None:
    """The next process waits for the very job of the cluster, and starts no other."""
    clusters.raw_put("/users/big.h5", BIG)
    clusters.traps.job_seconds = 600.0
    victim = start(DOWN, clusters, tmp_path)
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"blocked staging\n"
    kill(victim)
    clusters.traps.job_seconds = 0.0
    wait_for(lambda: all(job.state == "COMPLETED" for job in clusters.jobs.values()), 60)
    go_on(clusters, tmp_path)
    assert (tmp_path / "work" / "big.h5").read_bytes() == BIG
    assert os.listdir(tmp_path / "work") == ["big.h5"]  # noqa: PTH208 - quick
    assert clusters.count("POST", "/transfer/download") == 1


def test_an_upload_killed_between_its_parts_goes_on(clusters: Clusters, proxy: Faulty, tmp_path: Path) -> None:
    """Whole under its name, and no temporary is left on the cluster."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "big.h5").write_bytes(BIG)
    held = threading.Event()
    proxy.plan = lambda method, path, _: Fault(held=held) if is_part(2)(method, path) else None
    victim = start(UP, clusters, tmp_path)
    try:
        wait_for(lambda: victim.poll() is not None or proxy.of("PUT", "partNumber=2&"), 60)
        assert victim.poll() is None
    finally:
        kill(victim)
    proxy.plan = lambda *_: None
    held.set()
    assert not clusters.file("/users/big.h5").exists()
    go_on(clusters, tmp_path)
    assert clusters.file("/users/big.h5").read_bytes() == BIG
    names = [place.name for place in clusters.file("/users").iterdir() if not place.name.startswith(".f7t_")]
    assert names == ["big.h5"]
