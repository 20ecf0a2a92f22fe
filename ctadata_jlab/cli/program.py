"""What holds the commands together: the choice of source, and errors told in words and exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

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

__all__ = ["INTERRUPTED", "Choice", "Program", "exit_code", "tell"]

INTERRUPTED = 130
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
            from ctadata_jlab.foreground.places import quieten  # noqa: PLC0415
            from ctadata_jlab.session import Session  # noqa: PLC0415

            quieten()
            self._session = Session(config.load())
        return self._session

    def close(self) -> None:
        """Close the connections, if any were made."""
        if self._session is not None:
            self._session.close()

    @property
    def source(self) -> Source:
        """The source that the options name."""
        from ctadata_jlab.foreground.places import chosen  # noqa: PLC0415 - help needs no storage

        return chosen(self.session, self.name, dev=self.dev)


class Program(click.Group):
    """A group of commands that never shows a traceback for an error which the user can do something about."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell its error and end with the code for it."""
        try:
            return super().invoke(ctx)
        except CtaDataError as error:
            tell(error)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            click.echo("\nStopped. The same command goes on from here.", err=True)
            ctx.exit(INTERRUPTED)


def exit_code(error: CtaDataError) -> int:
    """Return the code that the program ends with after *error*."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), 1)


def tell(error: CtaDataError, about: str = "", *, hint: bool = True) -> None:
    """Say on stderr what went wrong and what to do."""
    click.echo(f"error: {about}{error.message}", err=True)
    if error.hint and hint:
        click.echo(f"hint: {error.hint}", err=True)
