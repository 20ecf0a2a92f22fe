"""How a transfer is shown: on a terminal the whole and the files that move, elsewhere a line for each file; or as JSON for scripts."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ctadata_jlab import paths
from ctadata_jlab.cli.program import exit_code, tell
from ctadata_jlab.cli.text import line
from ctadata_jlab.errors import NotLoggedIn
from ctadata_jlab.foreground.places import quieten
from ctadata_jlab.foreground.standing import readable_size
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from types import TracebackType

    from ctadata_jlab.errors import CtaDataError
    from ctadata_jlab.foreground.standing import Result, Standing, Summary

__all__ = ["Show", "conclude"]

_USUAL = 80
_FILES = 8
"""So many of the files that move have a line; the rest is in the whole."""
_UP, _CLEAR = "\x1b[A", "\x1b[2K"


class Show:
    """Takes the reports of a transfer; a context manager that leaves the terminal clean.

    A *rehearsal* only tells what would be done: on stdout, a line for each file.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False, rehearsal: bool = False) -> None:
        quieten()
        self._quiet = quiet or as_json
        self._as_json = as_json
        self._rehearsal = rehearsal
        self._is_terminal = sys.stderr.isatty() and not rehearsal
        self._drawn = 0
        self._hints: set[str] = set()

    def __call__(self, standing: Standing) -> None:
        """Show *standing*."""
        for result in standing.finished:
            self._ended(result)
        if self._as_json:
            click.echo(line({"event": "progress", "time": time.time(), **_numbers(standing)}))
        elif self._is_terminal and not self._quiet and standing.files_total:
            self._draw(standing)

    def _ended(self, result: Result) -> None:
        if self._as_json:
            click.echo(line({"event": "file", **_facts(result)}))
        elif result.error is not None:
            self._clear()
            known = result.error.hint in self._hints  # a thousand files of one fault need one hint
            self._hints.add(result.error.hint)
            tell(result.error, f"{paths.display(result.path)}: ", hint=not known)
        elif self._rehearsal or (not self._is_terminal and not self._quiet):
            verb = {ItemState.SKIPPED: "skipped", ItemState.WAITING: "would be done"}.get(result.state, "done")
            note = f" ({result.note})" if result.note else ""
            said = f"{verb}: {paths.display(result.target, 1000)}, {readable_size(result.size)}{note}"
            click.echo(said, err=not self._rehearsal)

    def _draw(self, standing: Standing) -> None:
        """Write the files that move and the whole over what was written before; no line is wider than the terminal."""
        width = _columns() - 1
        lines = [_bar(done, size, paths.name(path), width) for path, done, size in standing.current[:_FILES]]
        lines.append(_bar(standing.bytes_done, standing.bytes_total, str(standing), width))
        if len(lines) < self._drawn:
            self._clear()
        up = _UP * (self._drawn - 1) if self._drawn else ""
        self._write("\r" + up + "\n".join(f"{_CLEAR}{text}" for text in lines))
        self._drawn = len(lines)

    def _clear(self) -> None:
        if self._drawn:
            self._write(f"\r{_CLEAR}" + f"{_UP}{_CLEAR}" * (self._drawn - 1))
            self._drawn = 0

    def _write(self, text: str) -> None:
        click.echo(text, nl=False, err=True, color=True)

    def __enter__(self) -> Show:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()


def _bar(done: int, total: int, text: str, width: int) -> str:
    """Return a bar and *text*, both within *width* columns."""
    inside = max(5, min(30, width // 5))
    part = min(1.0, done / total) if total else 1.0
    filled = int(inside * part)
    start = f"[{'#' * filled}{'.' * (inside - filled)}] {int(100 * part):3}% "
    words = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return (start + words)[:width]


def _columns() -> int:
    """Return the width of the terminal that stderr is, also when stdout goes elsewhere."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def _numbers(standing: Standing) -> dict[str, Any]:
    return {
        "files_done": standing.files_done,
        "files_total": standing.files_total,
        "bytes_done": standing.bytes_done,
        "bytes_total": standing.bytes_total,
        "speed": standing.speed,
    }


def _facts(result: Result) -> dict[str, Any]:
    return {
        "path": result.path,
        "target": result.target,
        "state": result.state.value,
        "size": result.size,
        "note": result.note,
        "error": None if result.error is None else _error(result.error),
    }


def _error(error: CtaDataError) -> dict[str, Any]:
    return {
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }


def conclude(summary: Summary, verb: str, *, quiet: bool, as_json: bool = False) -> int:
    """Say what it has come to; return the exit code: the error's own if nothing else was wanted, 1 if some failed."""
    code = _code(summary)
    if as_json:
        click.echo(line({"event": "end", "target": summary.target, **_sum(summary), "exit_code": code}))
        return code
    if not quiet or summary.failed:
        files = f"{summary.files} {'file' if summary.files == 1 else 'files'}"
        to = f": {paths.display(summary.target, 1000)}" if summary.target else ""
        click.echo(f"{files} ({readable_size(summary.size)}) {verb}{to}", err=True)
    if summary.failed:
        left = f", {summary.left} not tried" if summary.left else ""
        click.echo(f"{len(summary.failed)} failed{left}. The same command tries these again.", err=True)
    return code


def _sum(summary: Summary) -> dict[str, int]:
    return {
        "files": summary.files,
        "bytes": summary.size,
        "failed": len(summary.failed),
        "not_tried": summary.left,
    }


def _code(summary: Summary) -> int:
    errors = [result.error for result in summary.failed if result.error is not None]
    if not errors:
        return 0
    login = next((error for error in errors if isinstance(error, NotLoggedIn)), None)
    if login is not None:
        return exit_code(login)
    return exit_code(errors[0]) if len(summary.results) == 1 else 1
