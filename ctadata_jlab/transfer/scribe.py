"""The one thread that touches the journal's database: work is done in order, and committed soon or at once."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ctadata_jlab.errors import Busy, CtaDataError, Misconfigured, NoSpace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Scribe"]

_LATEST = 0.25
"""Seconds that a change may wait to be committed together with others."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Task:
    """Something to be done with the database, on disk when it is done if *durable*; *awaited* if somebody wants to hear of it."""

    work: Callable[[sqlite3.Connection], Any]
    durable: bool = False
    awaited: bool = True
    future: Future[Any] = field(default_factory=Future)


class Scribe:
    """Owns the connection to *file*. Reads see every earlier write; a durable write is on disk when `ask` returns.

    When changes that nobody waited for could not be committed, the next durable one raises that.
    """

    def __init__(self, file: Path, migrations: tuple[str, ...]) -> None:
        self._file = file
        self._work: queue.Queue[_Task | None] = queue.Queue()
        self._opened: Future[None] = Future()
        self._due: float | None = None
        self._lost: CtaDataError | None = None
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, args=(migrations,), name="ctadata-journal", daemon=True)
        self._thread.start()
        self._opened.result()

    def ask(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = False) -> T:
        """Return what *work* returns, given the connection; with *durable*, after it has reached the disk."""
        return cast("T", self._enqueue(_Task(work, durable=durable)).result())

    def tell(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Let *work* be done, and committed within a quarter of a second."""
        self._enqueue(_Task(work, awaited=False))

    def close(self) -> None:
        """Commit and end."""
        with self._gate:
            self._closed = True
            self._work.put(None)
        self._thread.join()

    def _enqueue(self, task: _Task) -> Future[Any]:
        with self._gate:
            if self._closed:
                raise Misconfigured("The journal of transfers is closed.", hint="Restart the server.")
            self._work.put(task)
        return task.future

    def _run(self, migrations: tuple[str, ...]) -> None:
        try:
            connection = _open(self._file, migrations)
        except (sqlite3.Error, CtaDataError) as error:
            self._opened.set_exception(_translated(error, self._file))
            return
        self._opened.set_result(None)
        while (task := self._next(connection)) is not None:
            self._do(connection, task)
        self._commit(connection)
        connection.close()

    def _next(self, connection: sqlite3.Connection) -> _Task | None:
        while True:
            timeout = None if self._due is None else max(0.0, self._due - time.monotonic())
            try:
                return self._work.get(timeout=timeout)
            except queue.Empty:
                self._commit(connection)

    def _do(self, connection: sqlite3.Connection, task: _Task) -> None:
        durable, future, others = task.durable, task.future, connection.in_transaction
        try:
            if durable:
                self._raise_lost()
            result = task.work(connection)
        except (sqlite3.Error, CtaDataError) as error:
            future.set_exception(self._undone(connection, error, is_told=task.awaited and not others))
            return
        if connection.in_transaction and self._due is None:
            self._due = time.monotonic() + _LATEST
        if durable or (self._due is not None and self._due < time.monotonic()):
            self._commit(connection)
        if durable and self._lost is not None:
            lost, self._lost = self._lost, None
            future.set_exception(lost)
        else:
            future.set_result(result)

    def _undone(self, connection: sqlite3.Connection, error: Exception, *, is_told: bool) -> CtaDataError:
        """Return *error* as ours; one of the database undoes what was not yet committed, so that is lost too.

        It is kept for the next durable change, unless whoever is told it now (*is_told*) is the only one who has lost something.
        """
        ours = _translated(error, self._file)
        if isinstance(error, sqlite3.Error):
            connection.rollback()
            self._due = None
            self._lost = self._lost if is_told else ours
        return ours

    def _raise_lost(self) -> None:
        """Raise what befell earlier changes that nobody waited for: nothing may be built on them."""
        if self._lost is not None:
            lost, self._lost = self._lost, None
            raise lost

    def _commit(self, connection: sqlite3.Connection) -> None:
        self._due = None
        try:
            connection.commit()
        except sqlite3.Error as error:
            connection.rollback()
            self._lost = _translated(error, self._file)


def _open(file: Path, migrations: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=5.0, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=TRUNCATE")  # a write-ahead log breaks on network homes
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-8192")
    known: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if known > len(migrations):
        raise Misconfigured(f"{file} was written by a newer version of this package.", hint="Install that version.")
    for version, script in enumerate(migrations[known:], start=known + 1):
        _migrate(connection, version, script)
    file.chmod(0o600)
    return connection


def _migrate(connection: sqlite3.Connection, version: int, script: str) -> None:
    """Bring the database to *version*, unless another process that starts at the same moment has done so."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] < version:
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={version}")


def _translated(error: Exception, file: Path) -> CtaDataError:
    if isinstance(error, CtaDataError):
        return error
    text = str(error)
    if "full" in text or "disk I/O" in text:
        return NoSpace(f"The journal of transfers cannot be written: {text} ({file}).")
    if "locked" in text:
        return Busy(f"The journal of transfers is in use by another process ({file}).")
    return Misconfigured(f"The journal of transfers cannot be used: {text} ({file}).", hint="Move that file away.")
