"""Tokens: `print-token` and `token explain`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from ctadata_jlab.errors import Unsupported
from ctadata_jlab.tokens.attempt import when

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice

__all__ = ["print_token", "token"]


@click.command("print-token")
@click.pass_obj
def print_token(choice: Choice) -> None:
    """Print the access token for use in other tools; stderr says how long it is valid. Nothing else ever shows it."""
    source = choice.source
    if source.keeper is None:
        raise Unsupported(f"{source.title} is not logged in to with a token.", hint="It needs none.")
    current = source.keeper.token()
    click.echo(current.value)
    if current.expires is not None:
        click.echo(f"valid till {_local(current.expires)}", err=True)


def _local(seconds: float) -> str:
    """Return a time as the user's clock shows it."""
    try:
        return f"{datetime.fromtimestamp(seconds, timezone.utc).astimezone():%Y-%m-%d %H:%M:%S %Z}"
    except (ValueError, OverflowError, OSError):
        return when(seconds)


@click.group()
def token() -> None:
    """Tell where tokens come from."""


@token.command()
@click.pass_obj
def explain(choice: Choice) -> None:
    """Look in every place for tokens of the source, and tell what is there. Shows no token."""
    source = choice.source
    if source.keeper is None:
        click.echo(f"{source.title} is not logged in to with a token.")
        return
    for attempt in source.keeper.explain():
        click.echo(f"{'yes' if attempt.ok else 'no':4} {attempt}")
    state = source.keeper.state()
    for what, said in (
        ("Who", state.subject), ("Issuer", state.issuer), ("For", ", ".join(state.audience)), ("Scopes", state.may or ""),
        ("Until", None if state.until is None else _local(state.until)), ("Token from", state.source),
    ):  # fmt: skip
        if said:
            click.echo(f"{what + ':':12}{said}")
    source.keeper.token()
