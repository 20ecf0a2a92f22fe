"""What was intended and what became of it: jobs and items in SQLite. The bytes on disk are the journal of the bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import NotFound
from ctadata_jlab.transfer.job import FINAL, Item, ItemState, Job, JobState, require
from ctadata_jlab.transfer.rows import ITEM_COLUMNS, item_of, item_row, job_facts, job_of
from ctadata_jlab.transfer.scribe import Scribe

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Journal"]

_MIGRATIONS = (
    """
    CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY, state TEXT NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS item (
        job TEXT NOT NULL REFERENCES job(id), n INTEGER NOT NULL, path TEXT NOT NULL, target TEXT, kind TEXT NOT NULL,
        size INTEGER, version TEXT, state TEXT NOT NULL, error TEXT, note TEXT, attempts INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (job, n)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS item_state ON item (job, state, n);
    CREATE TABLE IF NOT EXISTS log (job TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS log_job ON log (job);
    """,
    """
    CREATE TABLE IF NOT EXISTS listed (job TEXT NOT NULL REFERENCES job(id), n INTEGER NOT NULL, path TEXT NOT NULL,
        PRIMARY KEY (job, n)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE item ADD COLUMN modified REAL;
    ALTER TABLE item ADD COLUMN checksum TEXT;
    ALTER TABLE item ADD COLUMN online INTEGER;
    """,
)
_INSERT = f"INSERT OR REPLACE INTO item (job, {ITEM_COLUMNS}) VALUES ({', '.join('?' * 14)})"  # noqa: S608 — constants
_PAGE = 200
_LOG_LINES = 5000


class Journal:
    """The journal in *folder*. Jobs are on disk when a call returns; items at most a quarter of a second later. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._scribe = Scribe(folder / "transfers.sqlite", _MIGRATIONS)

    def close(self) -> None:
        """Write what is left, and end."""
        self._scribe.close()

    def add(self, job: Job, items: Sequence[Item] = (), listed: Sequence[str] = ()) -> None:
        """Keep a new job, with its items if they are known already, and its *listed* paths if they are many."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO job VALUES (?, ?, ?)", (job.id, job.state.value, job_facts(job)))
            db.executemany(_INSERT, ((job.id, *item_row(item)) for item in items))
            db.executemany("INSERT INTO listed VALUES (?, ?, ?)", ((job.id, n, path) for n, path in enumerate(listed)))

        self._scribe.ask(work, durable=True)

    def listed(self, job_id: str) -> tuple[str, ...]:
        """Return the paths that were listed for a job."""
        sql = "SELECT path FROM listed WHERE job = ? ORDER BY n"
        return self._scribe.ask(lambda db: tuple(path for (path,) in db.execute(sql, (job_id,))))

    def setting(self, name: str, default: Any = None) -> Any:
        """Return what was last `set`."""
        found = self._scribe.ask(lambda db: db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone())
        return default if found is None else json.loads(found[0])

    def set(self, name: str, value: Any) -> None:
        """Remember a setting of the queue."""
        sql, row = "INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value))
        self._scribe.ask(lambda db: db.execute(sql, row) and None, durable=True)

    def save(self, job: Job) -> None:
        """Keep what *job* is now; its state must be the one it had, or one that may follow it."""

        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT state FROM job WHERE id = ?", (job.id,)).fetchone()
            if row is None:
                raise NotFound(f"There is no transfer {job.id}.")
            if row[0] != job.state.value:
                require(JobState(row[0]), job.state)
            db.execute("UPDATE job SET state = ?, facts = ? WHERE id = ?", (job.state.value, job_facts(job), job.id))

        self._scribe.ask(work, durable=True)

    def jobs(self) -> list[Job]:
        """Return all jobs, oldest first; their counts are zero (see `tally`)."""
        return self._scribe.ask(
            lambda db: [job_of(*row) for row in db.execute("SELECT state, facts FROM job ORDER BY id")]
        )

    def forget(self, job_id: str) -> None:
        """Remove a job that has ended, with its items and its log."""

        def work(db: sqlite3.Connection) -> None:
            ended = [state.value for state in FINAL]
            marks = ", ".join("?" * len(ended))
            gone = db.execute(f"DELETE FROM job WHERE id = ? AND state IN ({marks})", (job_id, *ended))  # noqa: S608
            if gone.rowcount:
                db.execute("DELETE FROM item WHERE job = ?", (job_id,))
                db.execute("DELETE FROM log WHERE job = ?", (job_id,))
                db.execute("DELETE FROM listed WHERE job = ?", (job_id,))

        self._scribe.ask(work, durable=True)

    def mark(self, job_id: str, items: Iterable[Item], *, wait: bool = False) -> None:
        """Keep what *items* are now; *wait* until that is done (so that a plan cannot run ahead), though not yet on disk."""
        rows = [(job_id, *item_row(item)) for item in items]
        if wait:
            self._scribe.ask(lambda db: db.executemany(_INSERT, rows) and None)
        else:
            self._scribe.tell(lambda db: db.executemany(_INSERT, rows))

    def clear(self, job_id: str) -> None:
        """Forget the items of a job: its plan was not finished."""
        self._scribe.ask(lambda db: db.execute("DELETE FROM item WHERE job = ?", (job_id,)) and None)

    def reset(self, job_id: str, old: Collection[ItemState], new: ItemState) -> None:
        """Put all items that are *old* into the state *new*, errors forgotten."""
        marks = ", ".join("?" * len(old))
        sql = f"UPDATE item SET state = ?, error = NULL WHERE job = ? AND state IN ({marks})"  # noqa: S608 — only marks
        values = (new.value, job_id, *(state.value for state in old))
        self._scribe.ask(lambda db: db.execute(sql, values) and None)

    def page(
        self,
        job_id: str,
        state: ItemState | Collection[ItemState] | None = None,
        *,
        kind: str | None = None,
        after: int = -1,
        limit: int = _PAGE,
        last_first: bool = False,
    ) -> list[Item]:
        """Return the next items after number *after*, at most *limit*; with *last_first* those before it, downwards (-1: all).

        *state* is one or several; None: any.
        """
        sql = f"SELECT {ITEM_COLUMNS} FROM item WHERE job = ?"  # noqa: S608 — constants
        values: list[str | int] = [job_id]
        if state is not None:
            states = (state,) if isinstance(state, ItemState) else state
            sql += f" AND state IN ({', '.join('?' * len(states))})"
            values += [one.value for one in states]
        if kind is not None:
            sql += " AND kind = ?"
            values.append(kind)
        if not (last_first and after < 0):
            sql += " AND n < ?" if last_first else " AND n > ?"
            values.append(after)
        sql += f" ORDER BY n {'DESC' if last_first else 'ASC'} LIMIT ?"
        return self._scribe.ask(lambda db: [item_of(row) for row in db.execute(sql, (*values, limit))])

    def items(
        self,
        job_id: str,
        state: ItemState | Collection[ItemState] | None = None,
        *,
        kind: str | None = None,
        last_first: bool = False,
    ) -> Iterator[Item]:
        """Yield all such items, read a page at a time."""
        after = -1
        while page := self.page(job_id, state, kind=kind, after=after, last_first=last_first):
            yield from page
            after = page[-1].n
            if last_first and after == 0:
                return

    def item(self, job_id: str, n: int) -> Item:
        """Return one item."""
        found = self.page(job_id, after=n - 1, limit=1)
        if not found or found[0].n != n:
            raise NotFound(f"This transfer has no file number {n}.")
        return found[0]

    def tally(self, job_id: str) -> dict[tuple[ItemState, str], tuple[int, int]]:
        """Return how many items there are and how many bytes they have, by state and kind."""
        sql = "SELECT state, kind, COUNT(*), COALESCE(SUM(size), 0) FROM item WHERE job = ? GROUP BY state, kind"
        rows = self._scribe.ask(lambda db: db.execute(sql, (job_id,)).fetchall())
        return {(ItemState(state), kind): (count, size) for state, kind, count, size in rows}

    def notes(self, job_id: str) -> dict[str, int]:
        """Return how many files bear which note."""
        sql = "SELECT note, COUNT(*) FROM item WHERE job = ? AND note IS NOT NULL AND kind = 'file' GROUP BY note"
        return dict(self._scribe.ask(lambda db: db.execute(sql, (job_id,)).fetchall()))

    def note(self, job_id: str, at: float, text: str) -> None:
        """Add a line to the job's log."""
        self._scribe.tell(lambda db: db.execute("INSERT INTO log VALUES (?, ?, ?)", (job_id, at, text)))

    def log(self, job_id: str) -> list[tuple[float, str]]:
        """Return the last lines of the job's log."""
        sql = "SELECT at, text FROM log WHERE job = ? ORDER BY rowid DESC LIMIT ?"
        return self._scribe.ask(lambda db: db.execute(sql, (job_id, _LOG_LINES)).fetchall())[::-1]
