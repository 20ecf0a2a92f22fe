"""The journal: what was intended survives everything."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

from ctadata_jlab.errors import Misconfigured, NoSpace, NotFound
from ctadata_jlab.transfer.board import Board, Herald
from ctadata_jlab.transfer.job import (
    ErrorNote,
    Item,
    ItemState,
    Job,
    JobRequest,
    JobState,
    Manifest,
    Place,
    Question,
    may_follow,
    new_id,
)
from ctadata_jlab.transfer.journal import Journal

JOB = Job("01A", JobRequest("download", "dcache", ("/a",), Place("local", "/"), "ask"), "a", 1.5)
ITEM = Item(
    0, "/a/é%", "/é%", "file", 5, "v1", ItemState.FAILED, ErrorNote("NotFound", "no", "look", retryable=True), "note", 3
)


@pytest.fixture(name="journal")
def _journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def test_what_is_kept_comes_back_the_same(journal: Journal, tmp_path: Path) -> None:
    """Every fact of a job and an item, through a restart; the manifest has become items and is not kept twice."""
    full = replace(
        JOB, seq=4, error=ErrorNote("Busy", "later", "wait", retryable=True), question=Question(2, ("/x",)), note="n", planned=True,
        files_total=3, bytes_total=9, request=replace(JOB.request, manifest=(Manifest("x", 1),)),
    )  # fmt: skip
    journal.add(full, [ITEM])
    journal.close()
    again = Journal(tmp_path)
    assert again.jobs() == [replace(full, request=replace(full.request, manifest=()))]
    assert again.page("01A") == [ITEM]


def test_states_follow_only_those_they_may(journal: Journal) -> None:
    """Whoever asks: a job that is done stays done."""
    journal.add(JOB)
    for old in JobState:
        for new in JobState:
            with sqlite3.connect(journal._scribe._file) as db:
                db.execute("UPDATE job SET state = ?", (old.value,))
            if old is new or may_follow(old, new):
                journal.save(replace(JOB, state=new))
            else:
                with pytest.raises(Misconfigured):
                    journal.save(replace(JOB, state=new))


def test_a_job_is_on_disk_before_add_returns(tmp_path: Path) -> None:
    """Killed right after: it is still there."""
    script = (
        "import os, sys; from pathlib import Path; from tests.transfer.test_journal import JOB, Journal;"
        "Journal(Path(sys.argv[1])).add(JOB); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    assert Journal(tmp_path).jobs() == [JOB]


def test_reads_see_what_was_written_before(journal: Journal) -> None:
    """Also what is not committed yet."""
    journal.add(JOB)
    journal.mark("01A", [ITEM])
    assert journal.item("01A", 0) == ITEM
    with pytest.raises(NotFound):
        journal.item("01A", 1)


def test_items_are_committed_soon(journal: Journal) -> None:
    """Within a quarter of a second, without anybody asking."""
    import time

    journal.add(JOB)
    journal.mark("01A", [ITEM])
    time.sleep(0.6)
    with sqlite3.connect(journal._scribe._file) as db:
        assert db.execute("SELECT COUNT(*) FROM item").fetchone() == (1,)


def test_nothing_is_built_on_items_that_were_lost(journal: Journal) -> None:
    """When items could not be written, the next durable step fails instead of believing in them."""
    journal.add(JOB)
    journal._scribe.ask(lambda db: db.execute("PRAGMA max_page_count=20") and None)
    _fill(journal)
    journal._scribe.ask(lambda db: db.execute("PRAGMA max_page_count=100000") and None)
    with pytest.raises(NoSpace):
        journal.save(replace(JOB, state=JobState.PLANNING, planned=True))
    assert journal.jobs() == [JOB]


def test_who_was_told_of_a_full_disk_is_told_once(journal: Journal) -> None:
    """When there is room again, the next job is taken: nothing that it is built on was lost."""
    journal._scribe.ask(lambda db: db.execute("PRAGMA max_page_count=1") and None)
    pages = journal._scribe.ask(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    journal._scribe.ask(lambda db: db.execute(f"PRAGMA max_page_count={pages}") and None)
    large = replace(JOB, title="x" * 100_000)
    with pytest.raises(NoSpace):
        journal.add(large)
    journal._scribe.ask(lambda db: db.execute("PRAGMA max_page_count=100000") and None)
    journal.add(large)
    assert journal.jobs() == [large]


def _fill(journal: Journal) -> None:
    for n in range(0, 20_000, 500):
        journal.mark("01A", [replace(ITEM, n=n + k, path="x" * 200) for k in range(500)])


def test_pages_follow_each_other(journal: Journal) -> None:
    """By number, by state and kind, forwards and backwards."""
    journal.add(JOB, [Item(n, f"/{n}", None, "folder" if n % 3 == 0 else "file") for n in range(1000)])
    assert [item.n for item in journal.page("01A", after=10, limit=3)] == [11, 12, 13]
    assert [item.n for item in journal.items("01A")] == list(range(1000))
    assert [item.n for item in journal.items("01A", kind="folder", last_first=True)] == list(range(999, -1, -3))
    assert [item.n for item in journal.items("01A", ItemState.DONE)] == []


def test_100_000_items_do_not_fill_the_memory(journal: Journal) -> None:
    """They are read a page at a time."""
    journal.add(JOB)
    for start in range(0, 100_000, 5000):
        journal.mark(
            "01A", (Item(n, f"/some/path/{n}", f"/t/{n}", size=1) for n in range(start, start + 5000)), wait=True
        )
    tracemalloc.start()
    try:
        assert sum(1 for _ in journal.items("01A")) == 100_000
        assert journal.tally("01A") == {(ItemState.WAITING, "file"): (100_000, 100_000)}
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_newer_journal_is_not_touched(tmp_path: Path) -> None:
    """An old version of this package would not understand it."""
    with sqlite3.connect(tmp_path / "transfers.sqlite") as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(Misconfigured, match="newer"):
        Journal(tmp_path)


def test_two_that_start_at_once_make_one_journal(tmp_path: Path) -> None:
    """Servers of one user that start at the same moment, here while a third is at the same file, all find it as it should be."""
    third = sqlite3.connect(tmp_path / "transfers.sqlite", isolation_level=None)
    third.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(2) as threads:
        opening = [threads.submit(Journal, tmp_path) for _ in range(2)]
        wait(opening, timeout=0.5)  # until both have looked which version it is
        third.execute("COMMIT")
        journals = [one.result(timeout=30) for one in opening]
    for number, journal in enumerate(journals):
        journal.add(replace(JOB, id=f"0{number}"))
    assert [job.id for job in journals[0].jobs()] == ["00", "01"]
    for journal in journals:
        journal.close()
    third.close()


def test_a_broken_journal_says_so(tmp_path: Path) -> None:
    """By name, and it is left for inspection."""
    (tmp_path / "transfers.sqlite").write_bytes(b"this is not a database, whatever it is" * 100)
    with pytest.raises(Misconfigured, match=r"transfers\.sqlite"):
        Journal(tmp_path)


def test_the_journal_is_private_and_needs_no_shared_memory(journal: Journal) -> None:
    """0600; a rollback journal, since a write-ahead log breaks on network homes."""
    file = journal._scribe._file
    assert file.stat().st_mode & 0o777 == 0o600
    assert journal._scribe.ask(lambda db: db.execute("PRAGMA journal_mode").fetchone()) == ("truncate",)


def test_a_closed_journal_answers() -> None:
    """Rather than wait for ever."""
    import tempfile

    journal = Journal(Path(tempfile.mkdtemp()))
    journal.close()
    with pytest.raises(Misconfigured):
        journal.jobs()


def test_only_ended_jobs_are_forgotten(journal: Journal) -> None:
    """With their items and log."""
    journal.add(JOB, [ITEM])
    journal.note("01A", 1.0, "x")
    journal.forget("01A")
    assert journal.jobs()
    journal.save(replace(JOB, state=JobState.CANCELLED))
    journal.forget("01A")
    assert (journal.jobs(), journal.page("01A"), journal.log("01A")) == ([], [], [])


def test_identifiers_sort_by_time() -> None:
    """Also within a millisecond."""
    ids = [new_id(1790000000.0) for _ in range(50)] + [new_id(1790000000.001)]
    assert ids == sorted(set(ids))
    assert all(len(id_) == 26 for id_ in ids)


def test_seq_grows_even_after_a_crash(journal: Journal) -> None:
    """Reports of progress are not written down; whoever hears of the job again must not take it for old news."""
    herald = Herald()
    board = Board(journal, herald, lambda: 1.0)
    board.add(JOB, [])
    for done in range(100):
        board.report("01A", bytes_done=done)
    told = board.get("01A").seq
    successor = Board(journal, herald, lambda: 1.0)
    successor.load(bump=True)
    assert successor.get("01A").seq > told
    herald.close()
