"""Tokens: `print-token`, `token explain`, and the old agent's commands, which say what to do instead."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from ctadata_jlab.errors import Unsupported

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
        until = datetime.fromtimestamp(current.expires, timezone.utc).astimezone()
        click.echo(f"valid till {until:%Y-%m-%d %H:%M:%S %Z}", err=True)


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
    source.keeper.token()


_OLD = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command("start-agent", context_settings=_OLD)
@click.pass_obj
def start_agent(choice: Choice) -> None:
    """(Not part of this version.) Use `login`, oidc-agent, or a token file."""
    raise _not_here("start-agent", choice)


@click.command("stop-agent", context_settings=_OLD)
@click.pass_obj
def stop_agent(choice: Choice) -> None:
    """(Not part of this version.) Stop oidc-agent itself."""
    raise _not_here("stop-agent", choice)


@click.command("reset-config", context_settings=_OLD)
@click.pass_obj
def reset_config(choice: Choice) -> None:
    """(Not part of this version.) Use `logout`; `data` names other files."""
    raise _not_here("reset-config", choice)


def _not_here(command: str, choice: Choice) -> Unsupported:
    """Return the error for a command of the old client that this version does without, saying what does its work."""
    source = choice.source
    login = choice.session.config.sources[source.name].login
    agent = f"`oidc-add {login.account}`" if login.account else "oidc-agent"
    file = f", or put a token into {source.token_file}" if source.token_file else ""
    ways = {
        "start-agent": f"Use `login`; or load your account by {agent}: tokens are renewed by themselves{file}.",
        "stop-agent": "No agent of this program runs. An agent of the old client stops by `oidc-agent-service stop`.",
        "reset-config": f"Use `logout`, or remove what you want to be rid of: see `data`{'' if not file else f' and {source.token_file}'}.",
    }
    return Unsupported(f"{command} is not part of this version.", hint=ways[command])
