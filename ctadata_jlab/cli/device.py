"""`login` and `logout`: a short code that is confirmed in any browser, on any machine."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli.text import styled

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.oauth import NeedsSecret

__all__ = ["entered", "log_in", "log_out"]

_dev = click.option("-d", "--dev", is_flag=True, help="Use the dev instance (the twin) of the source.")
_source = click.option("--source", metavar="NAME", help="Use this source.")


_password = click.option(
    "--pw-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Where oidc-agent finds the password of the account; else it asks.",
)


@click.command("login")
@_dev
@_source
@click.option(
    "--agent/--built-in",
    default=None,
    help="Through oidc-agent, or without it. Default: through it where it runs and the source names an account.",
)
@_password
@click.pass_obj
def log_in(choice: Choice, source: str | None, *, dev: bool, agent: bool | None, pw_file: Path | None) -> None:
    """Log in: confirm a code in a browser. Stays for long, and holds for kernels and JupyterLab, too."""
    meant = _meant(choice, source, dev=dev)
    who = entered(choice, meant, agent=agent, password_file=pw_file)
    click.echo(f"Logged in to {meant.title}{f' as {who}' if who else ''}; renewed by itself from now on.")
    if meant.login is not None and meant.login.kept.at_rest:
        click.echo(f"The login is kept in {meant.login.kept.place}, {meant.login.kept.at_rest}.")


@click.command("logout")
@_dev
@_source
@click.option("--agent", is_flag=True, help="Delete the source's account of oidc-agent, whose login is revoked, too.")
@_password
@click.pass_obj
def log_out(choice: Choice, source: str | None, *, dev: bool, agent: bool, pw_file: Path | None) -> None:
    """Log out: revoke the login at the login server, and remove it and its token here."""
    from ctadata_jlab.foreground import login  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.foreground.agent_login import Way  # noqa: PLC0415

    meant = _meant(choice, source, dev=dev)
    ask = partial(_agents_password, meant.title)
    way = Way.of(choice.session, meant, wanted=agent or None, password_file=pw_file, ask_password=ask)
    if way is not None and agent:
        way.log_out()
    else:
        login.log_out(meant)
    click.echo(f"Logged out of {meant.title}.")
    if way is not None and not agent and way.agent.file.exists():
        click.echo(f"oidc-agent still has the account {way.login.account}; `logout --agent` deletes it.", err=True)


def entered(
    choice: Choice,
    source: Source,
    *,
    agent: bool | None = None,
    password_file: Path | None = None,
    secret: str | None = None,
) -> str | None:
    """Log in to *source* in whichever way fits, and return who that is."""
    from ctadata_jlab.foreground import login  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.foreground.agent_login import Way  # noqa: PLC0415
    from ctadata_jlab.tokens.agent_sockets import is_alive  # noqa: PLC0415

    ask = partial(_agents_password, source.title)
    way = Way.of(choice.session, source, wanted=agent, password_file=password_file, ask_password=ask)
    if way is not None:
        who = way.log_in(_show, _secret, secret).subject
        click.echo(f"The login is kept {way.login.place}.")
        return who
    if agent is None and os.environ.get("OIDC_SOCK") and not is_alive(Path(os.environ["OIDC_SOCK"])):
        click.echo("The oidc-agent of OIDC_SOCK is not running: this login goes without it.", err=True)
    return login.log_in(choice.session, source, _show, _secret, secret).subject


def _meant(choice: Choice, source: str | None, *, dev: bool) -> Source:
    choice.name, choice.dev = source or choice.name, dev or choice.dev
    return choice.source


def _secret(error: NeedsSecret) -> str:
    """Ask for the client's secret, unseen."""
    click.echo(error.message, err=True)
    try:
        secret: str = click.prompt("Client secret (not shown)", hide_input=True, err=True)
    except click.Abort:
        raise error from None
    return secret


def _agents_password(title: str, new: bool) -> str:
    """Ask for the password of oidc-agent's account, unseen; twice for a *new* one."""
    words = f"{'New p' if new else 'P'}assword with which oidc-agent encrypts the login to {title} (not shown)"
    password: str = click.prompt(
        words, default="", show_default=False, hide_input=True, confirmation_prompt=new, err=True
    )
    return password


def _show(show: Show) -> None:
    whole = show.verification_uri_complete
    click.echo(f"Open {show.verification_uri}")
    click.echo(f"and enter the code  {styled(show.user_code, bold=True)}")
    if whole:
        click.echo(f"or open this, which has it filled in:  {whole}")
    _show_picture(whole or show.verification_uri)
    click.echo(
        f"Waiting for you to confirm it, for at most {max(1, round(show.expires_in / 60))} min; Ctrl-C gives up."
    )


def _show_picture(address: str) -> None:
    """Draw the address as a QR code for a telephone, on terminals."""
    if sys.stdout.isatty():
        import segno  # noqa: PLC0415 - rarely needed

        segno.make(address, error="l").terminal(compact=True)
