"""What holds the commands together: the choice of source, and errors told in words and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from ctadata_jlab.cli.table import HIDDEN, TABLE
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    BadPath,
    Busy,
    Changed,
    Corrupted,
    CtaDataError,
    Forbidden,
    Misconfigured,
    NoSpace,
    NotFound,
    NotLoggedIn,
    Unreachable,
)

if TYPE_CHECKING:
    from ctadata_jlab.session import Session, Source

__all__ = ["INTERRUPTED", "UNREAD", "Choice", "Program", "exit_code", "tell"]

INTERRUPTED = 130
UNREAD = 141
"""As the shell says of a program that SIGPIPE ended."""
_CODES: dict[type[CtaDataError], int] = {
    BadPath: 2,
    Misconfigured: 2,
    NotLoggedIn: 3,
    NotFound: 4,
    Forbidden: 5,
    Unreachable: 6,
    Busy: 6,
    AlreadyExists: 7,
    Changed: 7,
    NoSpace: 8,
    Corrupted: 9,
    BadAnswer: 9,
}


class Choice:
    """Which source the user means; the session behind it is opened when a command asks."""

    def __init__(self, name: str | None = None, *, dev: bool = False) -> None:
        self.name = name
        self.dev = dev
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """Everything that is configured."""
        if self._session is None:
            from ctadata_jlab import config  # noqa: PLC0415 - help needs no settings
            from ctadata_jlab.session import Session  # noqa: PLC0415

            self._session = Session(config.load())
        return self._session

    def close(self) -> None:
        """Close the connections, if any were made."""
        if self._session is not None:
            self._session.close()

    @property
    def source(self) -> Source:
        """The source that the options name."""
        return self.session.choose(self.name, dev=self.dev)


class Program(click.Group):
    """The commands of `TABLE`, each loaded when it is called. Never shows a traceback for what the user can do something about."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return list(TABLE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load the command *cmd_name*."""
        row = TABLE.get(cmd_name)
        if row is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"ctadata_jlab.cli.{row.module}"), row.function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands by section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, row in TABLE.items():
            if row.section == HIDDEN:
                continue
            sections.setdefault(row.section, []).append((name, row.help))
        width = max(map(len, TABLE))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell its error and end with the code for it."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except CtaDataError as error:
            tell(error)
            ctx.exit(exit_code(error))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
            ctx.exit(UNREAD)
        except KeyboardInterrupt:
            click.echo("\nStopped. The same command goes on from here.", err=True)
            ctx.exit(INTERRUPTED)
        return done


def exit_code(error: CtaDataError) -> int:
    """Return the code that the program ends with after *error*."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), 1)


def tell(error: CtaDataError, about: str = "", *, hint: bool = True) -> None:
    """Say on stderr what went wrong and what to do."""
    click.echo(f"error: {about}{error.message}", err=True)
    if error.hint and hint:
        click.echo(f"hint: {error.hint}", err=True)
