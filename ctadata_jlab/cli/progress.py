"""How a transfer is shown: one line that changes on a terminal, a line for each file elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from ctadata_jlab import paths
from ctadata_jlab.cli.program import exit_code, tell
from ctadata_jlab.errors import NotLoggedIn
from ctadata_jlab.foreground.places import quieten
from ctadata_jlab.foreground.standing import readable_size
from ctadata_jlab.transfer.job import ItemState

if TYPE_CHECKING:
    from types import TracebackType

    from ctadata_jlab.foreground.standing import Result, Standing, Summary

__all__ = ["Show", "conclude"]

_USUAL = 80


class Show:
    """Takes the reports of a transfer and writes them to stderr; a context manager that leaves the line clean."""

    def __init__(self, *, quiet: bool = False) -> None:
        quieten()
        self._quiet = quiet
        self._is_terminal = sys.stderr.isatty()
        self._width = 0
        self._hints: set[str] = set()

    def __call__(self, standing: Standing) -> None:
        """Show *standing*."""
        for result in standing.finished:
            self._ended(result)
        if self._is_terminal and not self._quiet and standing.files_total:
            text = str(standing)[: _columns() - 1]
            self._write("\r" + text + " " * max(0, self._width - len(text)))
            self._width = len(text)

    def _ended(self, result: Result) -> None:
        if result.error is not None:
            self._clear()
            known = result.error.hint in self._hints  # a thousand files of one fault need one hint
            self._hints.add(result.error.hint)
            tell(result.error, f"{paths.display(result.path)}: ", hint=not known)
        elif not self._is_terminal and not self._quiet:
            verb = "skipped" if result.state is ItemState.SKIPPED else "done"
            note = f" ({result.note})" if result.note else ""
            click.echo(f"{verb}: {paths.display(result.target, 1000)}, {readable_size(result.size)}{note}", err=True)

    def _clear(self) -> None:
        if self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        click.echo(text, nl=False, err=True)

    def __enter__(self) -> Show:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()


def _columns() -> int:
    """Return the width of the terminal that stderr is, also when stdout goes elsewhere."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def conclude(summary: Summary, verb: str, *, quiet: bool) -> int:
    """Say what it has come to; return the exit code: the error's own if nothing else was wanted, 1 if some failed."""
    if not quiet or summary.failed:
        files = f"{summary.files} {'file' if summary.files == 1 else 'files'}"
        to = f": {paths.display(summary.target, 1000)}" if summary.target else ""
        click.echo(f"{files} ({readable_size(summary.size)}) {verb}{to}", err=True)
    if not summary.failed:
        return 0
    left = f", {summary.left} not tried" if summary.left else ""
    click.echo(f"{len(summary.failed)} failed{left}. The same command tries these again.", err=True)
    errors = [result.error for result in summary.failed if result.error is not None]
    login = next((error for error in errors if isinstance(error, NotLoggedIn)), None)
    if login is not None:
        return exit_code(login)
    return exit_code(errors[0]) if len(summary.results) == 1 else 1
