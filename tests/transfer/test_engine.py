"""The main job: a folder from a storage to the workspace, and back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.job import JobState
from tests.transfer.kit import Bench, Faulty

if TYPE_CHECKING:
    from pathlib import Path


def _tree(count: int) -> dict[str, bytes]:
    return {f"/lst/DL1/night{n % 7}/run {n} é%#.h5": os.urandom(n * 13 % 5000) for n in range(count)}


def test_a_folder_of_500_files_arrives_whole(tmp_path: Path) -> None:
    """Every file, byte by byte, under its own name; empty folders too; no part file is left."""
    dcache = Faulty(_tree(500))
    dcache.make_folder("/lst/DL1/empty")
    work = tmp_path / "work"
    work.mkdir()
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(work)}) as bench:
        job = bench.run("download", "dcache", "/lst/DL1", "local", "/data")
        assert (job.state, job.error) == (JobState.DONE, None)
        assert (job.files_total, job.files_done, job.bytes_done) == (500, 500, job.bytes_total)
        assert job.note == "adler32 checked"
    found = {str(file.relative_to(work / "data")): file.read_bytes() for file in work.rglob("*") if file.is_file()}
    assert found == {path.removeprefix("/lst/"): data for path, data in _tree_of(dcache).items()}
    assert (work / "data/DL1/empty").is_dir()


def _tree_of(storage: Faulty) -> dict[str, bytes]:
    return {path: node.data for path, node in storage._nodes.items() if node.data is not None}


def test_a_folder_goes_up_whole(tmp_path: Path) -> None:
    """An upload stores every file, and makes the folders."""
    work = tmp_path / "work"
    (work / "new/deep/empty").mkdir(parents=True)
    for n in range(30):
        (work / f"new/deep/{n}.h5").write_bytes(os.urandom(n * 1000))
    dcache = Faulty()
    with Bench(tmp_path / "queue", {"dcache": dcache, "local": Local(work)}) as bench:
        job = bench.run("upload", "local", "/new", "dcache", "/users/me")
        assert (job.state, job.files_done) == (JobState.DONE, 30)
    assert _tree_of(dcache) == {
        f"/users/me/new/deep/{n}.h5": (work / f"new/deep/{n}.h5").read_bytes() for n in range(30)
    }
    assert dcache.stat("/users/me/new/deep/empty").is_folder
