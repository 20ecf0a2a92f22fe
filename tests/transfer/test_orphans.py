"""What a process that died in the middle of uploads leaves at the storage, and who removes it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Forbidden
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.temporary import temporary
from ctadata_jlab.transfer.job import ItemState, Job, JobState
from ctadata_jlab.transfer.orphans import ticket_of
from ctadata_jlab.transfer.plan import plan_copy
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.storage.test_dcache import dcache
from tests.storage.test_dcache_limits import jwt
from tests.transfer.kit import Bench, Faulty, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ctadata_jlab.storage.dcache import DCache
    from tests.door.double import Double

DATA = {f"{n}.h5": os.urandom(1000 + n) for n in range(3)}


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    (tmp_path / "work/up").mkdir(parents=True)
    for name, data in DATA.items():
        (tmp_path / "work/up" / name).write_bytes(data)
    return tmp_path / "work"


@pytest.fixture(name="door")
def _door(double: Double) -> Iterator[DCache]:
    double.reset(Traps(leftovers=True))
    door = dcache(double, frontend=True)
    yield door
    door.close()


def _killed(folder: Path, double: Double, door: DCache, work: Path) -> Job:
    """Leave what a process leaves that is killed while it uploads all three files: a plan, items on their way, temporaries."""
    with Bench(folder, {"dcache": door, "local": Local(work)}, jobs_at_once=0) as bench:
        job = bench.submit("upload", "local", "/up", "dcache", "/", "replace")
        board, journal = bench.engine._board, bench.engine._journal
        board.change(job.id, JobState.PLANNING)
        for item in plan_copy(Local(work), ["/up"], "/"):
            kept = item if item.kind == "folder" else replace(item, state=ItemState.COPYING)
            journal.mark(job.id, [kept], wait=True)
            if item.kind == "file":
                double.raw_put(temporary(item.target or "", ticket_of(job.id, item.n)), b"half a file")
        board.change(job.id, JobState.PLANNING, planned=True)
        board.change(job.id, JobState.RUNNING)
    double.raw_put("/up/.0.h5.SOMEBODY-0.ctapart", b"another one's")
    return job


def test_whoever_goes_on_sweeps_first(tmp_path: Path, double: Double, door: DCache, work: Path) -> None:
    """The files are sent again under their names; nothing of before is left but what is not ours."""
    job = _killed(tmp_path / "q", double, door, work)
    assert len(double.raw_names("/up")) == 4
    with Bench(tmp_path / "q", {"dcache": door, "local": Local(work)}) as bench:
        assert bench.until(job.id, lambda job: job.state is JobState.DONE).files_done == 3
        assert "swept 3 unfinished uploads" in bench.engine.log(job.id)
    assert double.raw_names("/up") == [".0.h5.SOMEBODY-0.ctapart", *sorted(DATA)]
    assert all(double.raw_get(f"/up/{name}") == data for name, data in DATA.items())


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_job_that_is_given_up_leaves_nothing(
    tmp_path: Path, double: Double, door: DCache, work: Path, forgotten: bool
) -> None:
    """Cancelled before it went on: its temporaries are swept, and those only."""
    job = _killed(tmp_path / "q", double, door, work)
    with Bench(tmp_path / "q", {"dcache": door, "local": Local(work)}, jobs_at_once=0) as bench:
        bench.until(job.id, lambda job: job.state is JobState.WAITING)
        bench.engine.cancel(job.id)
        if forgotten:
            bench.engine.forget(job.id)
        wait_for(lambda: double.raw_names("/up") == [".0.h5.SOMEBODY-0.ctapart"])


def test_what_may_be_all_there_is_stays(tmp_path: Path, double: Double, door: DCache, work: Path) -> None:
    """A door that died after it had deleted the old file and before it renamed the new one: the new one is whole, and kept."""
    job = _killed(tmp_path / "q", double, door, work)
    whole = temporary("/up/1.h5", ticket_of(job.id, _number(double, job, "1.h5")))
    double.raw_put(whole, DATA["1.h5"])
    with Bench(tmp_path / "q", {"dcache": door, "local": Local(work)}, jobs_at_once=0) as bench:
        bench.until(job.id, lambda job: job.state is JobState.WAITING)
        bench.engine.cancel(job.id)
        wait_for(lambda: len(double.raw_names("/up")) == 2)
    assert double.raw_get(whole) == DATA["1.h5"]


def _number(double: Double, job: Job, name: str) -> int:
    (found,) = [one for one in double.raw_names("/up") if one.startswith(f".{name}.{job.id}-")]
    return int(found.removeprefix(f".{name}.{job.id}-").removesuffix(".ctapart"))


def test_the_job_says_how_files_got_their_names(tmp_path: Path, double: Double, work: Path) -> None:
    """Straight under its name by a token that may only create; in two steps where the server cannot replace in one."""
    token = jwt("storage.create:/ storage.read:/")
    double.tokens = {token: {"storage.create", "storage.read"}, TOKEN: {"storage.read", "storage.modify"}}
    creating, plain, rest = dcache(double, token=token), dcache(double), dcache(double, frontend=True)
    ends = {"creating": creating, "plain": plain, "rest": rest, "local": Local(work)}
    try:
        with Bench(tmp_path / "q", ends) as bench:
            notes = []
            for target in ("creating", "plain", "rest"):
                (work / "up/0.h5").write_bytes(target.encode())
                notes.append(bench.run("upload", "local", "/up/0.h5", target, "/", "replace").note)
            assert notes == [
                "adler32 checked, written straight under its name",
                "adler32 checked, replaced in two steps",
                "adler32 checked",
            ]
    finally:
        for door in (creating, plain, rest):
            door.close()


def test_a_file_that_gets_another_name_is_known_by_that(tmp_path: Path, work: Path) -> None:
    """Before its first byte is sent: whoever goes on after a crash looks for the temporary of that name."""
    there = Faulty({"/up/0.h5": b"another one's"})
    with Bench(tmp_path / "q", {"there": there, "local": Local(work)}) as bench:
        seen: list[str | None] = []

        def before(verb: str, path: str) -> None:
            if verb == "put" and "(1)" in path:
                seen.extend(item.target for item in bench.engine.items(bench.told[0].id) if item.path == "/up/0.h5")

        there.before = before
        assert bench.run("upload", "local", "/up", "there", "/", "rename").state is JobState.DONE
    assert seen == ["/up/0 (1).h5"]


def test_a_file_that_failed_under_another_name_is_still_known_by_it(tmp_path: Path, work: Path) -> None:
    """What its upload could not sweep is looked for under that name."""
    there = Faulty({"/up/0.h5": b"another one's"})

    def before(verb: str, path: str) -> None:
        if verb == "put" and "(1)" in path:
            raise Forbidden("no")

    there.before = before
    with Bench(tmp_path / "q", {"there": there, "local": Local(work)}) as bench:
        job = bench.run("upload", "local", "/up", "there", "/", "rename")
        (failed,) = bench.engine.items(job.id, ItemState.FAILED)
    assert failed.target == "/up/0 (1).h5"
