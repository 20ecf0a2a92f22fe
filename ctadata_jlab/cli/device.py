"""`login` and `logout`: a short code that is confirmed in any browser, on any machine."""

from __future__ import annotations

import importlib
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ctadata_jlab.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.device import Show
    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.oauth import Client
    from ctadata_jlab.tokens.pending import Pending

__all__ = ["log_in", "log_out"]

_dev = click.option("-d", "--dev", is_flag=True, help="Use the dev instance (the twin) of the source.")
_source = click.option("--source", metavar="NAME", help="Use this source.")


@click.command("login")
@_dev
@_source
@click.pass_obj
def log_in(choice: Choice, source: str | None, *, dev: bool) -> None:
    """Log in: confirm a code in a browser. Stays for long, and holds for kernels and JupyterLab, too."""
    meant = _meant(choice, source, dev=dev)
    login = _login(meant)
    login.kept.keep(_granted(choice, meant, login))
    if meant.keeper is not None:
        meant.keeper.look_again()
        who = meant.keeper.token().subject
        click.echo(f"Logged in to {meant.title}{f' as {who}' if who else ''}; renewed by itself from now on.")


@click.command("logout")
@_dev
@_source
@click.pass_obj
def log_out(choice: Choice, source: str | None, *, dev: bool) -> None:
    """Log out: revoke the login at the login server, and remove it and its token here."""
    meant = _meant(choice, source, dev=dev)
    login = _login(meant)
    if not login.kept.place.exists() and not login.kept.shared.path.exists():
        raise NotFound(f"No login to {meant.title} is kept here.", hint="`token explain` tells where tokens come from.")
    login.kept.log_out()
    click.echo(f"Logged out of {meant.title}.")


def _meant(choice: Choice, source: str | None, *, dev: bool) -> Source:
    choice.name, choice.dev = source or choice.name, dev or choice.dev
    return choice.source


def _login(source: Source) -> Pending:
    if source.login is None:
        raise Unsupported(
            f"{source.title} has no login by code.",
            hint="Set `issuer` and `client_id` of its login, or use oidc-agent.",
        )
    return source.login


def _granted(choice: Choice, source: Source, login: Pending) -> Grant:
    """Return what the login grants; asks for the client's secret if the provider wants one, and keeps it if it is right."""
    from ctadata_jlab.tokens.chain import secret_of  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.tokens.oauth import NeedsSecret  # noqa: PLC0415

    client = login.kept.client()
    try:
        return _confirmed(login, client)
    except NeedsSecret as error:
        click.echo(error.message, err=True)
        try:
            secret = click.prompt("Client secret (not shown)", hide_input=True, err=True)
        except click.Abort:
            raise error from None
    grant = _confirmed(login, replace(client, secret=secret.strip()))
    secret_of(choice.session.config.sources[source.name]).keep(secret)
    return grant


def _confirmed(login: Pending, client: Client) -> Grant:
    from ctadata_jlab.tokens.asking import drive  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.tokens.device import log_in as steps  # noqa: PLC0415

    return drive(steps(client), login.kept.ask, time.sleep, _show)


def _show(show: Show) -> None:
    whole = show.verification_uri_complete
    click.echo(f"Open {show.verification_uri}")
    click.echo(f"and enter the code  {click.style(show.user_code, bold=True)}")
    if whole:
        click.echo(f"or open this, which has it filled in:  {whole}")
    _show_picture(whole or show.verification_uri)
    click.echo(
        f"Waiting for you to confirm it, for at most {max(1, round(show.expires_in / 60))} min; Ctrl-C gives up."
    )


def _show_picture(address: str) -> None:
    """Draw the address as a QR code for a telephone, on terminals and where the package `segno` is installed."""
    if not sys.stdout.isatty():
        return
    try:
        segno = importlib.import_module("segno")
    except ImportError:
        return
    segno.make(address, error="l").terminal(compact=True)
