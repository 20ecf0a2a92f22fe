"""The old agent's commands: `start-agent`, `stop-agent` and `reset-config`. Only scripts that read the token file need an agent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctadata_jlab.errors import CtaDataError, NotLoggedIn

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.session import Source

__all__ = ["be_agent", "reset_config", "start_agent", "stop_agent"]

_ANEW = "\0"  # what no secret is: the option without a value


@click.command("start-agent")
@click.option(
    "-s",
    "--secret",
    is_flag=False,
    flag_value=_ANEW,
    metavar="[SECRET]",
    help="Enter the client secret anew; alone, it is asked for. Do not give it here: others see it in the list of processes.",
)
@click.option("--reset_secret", "--reset-secret", "reset", is_flag=True, help="Ask for the client secret anew.")
@click.pass_obj
def start_agent(choice: Choice, secret: str | None, *, reset: bool) -> None:
    """Log in if need be, and keep the token file fresh in the background, for scripts that only read that."""
    from ctadata_jlab.cli.device import entered  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.foreground.agent import Agent  # noqa: PLC0415

    source = choice.source
    agent = Agent(source)
    if secret not in {None, _ANEW}:
        click.echo(
            "warning: others on this machine can see a secret that is given on the command line, and the shell keeps it. "
            "Use `-s` alone, which asks for it.",
            err=True,
        )
    elif reset or secret == _ANEW:
        secret = click.prompt("Client secret (not shown)", hide_input=True, err=True)
    if secret is not None or not _is_in(source):
        entered(choice, source, secret=secret)
    if not agent.is_running():
        agent.start()
    click.echo(f"The token of {source.title} is kept fresh in {source.token_file}; `stop-agent` ends that.")


@click.command("stop-agent")
def stop_agent() -> None:
    """End the agents that keep token files fresh, also those of the older client. You stay logged in."""
    from ctadata_jlab.foreground.agent import stop_all  # noqa: PLC0415 - help needs no network

    count = stop_all()
    click.echo(f"{count} {'agent has' if count == 1 else 'agents have'} ended." if count else "No agent was running.")


@click.command("reset-config")
@click.option(
    "--pw-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Where the password of oidc-agent's account is, so that its login can be revoked, too.",
)
@click.pass_obj
def reset_config(choice: Choice, pw_file: Path | None) -> None:
    """Log out and forget everything about the login: agents, token, client secret, and the account of oidc-agent."""
    from ctadata_jlab.foreground.agent import stop_all  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.tokens.agent_account import AgentAccount, running_agent  # noqa: PLC0415
    from ctadata_jlab.tokens.chain import secret_of  # noqa: PLC0415

    source, settings = choice.source, choice.session.config.sources[choice.source.name]
    stop_all()
    problem = _logged_out(source)
    removed = [path for path in (source.token_file, secret_of(settings).path) if path is not None and path.exists()]
    for path in removed:
        path.unlink(missing_ok=True)
        click.echo(f"Removed {path}.")
    socket = running_agent()
    if settings.login.account and socket is not None:
        account = AgentAccount(settings.login.account, socket, password_file=pw_file)
        if account.remove():
            click.echo(f"Removed oidc-agent's account {settings.login.account}.")
    if problem is not None:
        raise problem
    click.echo(f"Nothing is kept for {source.title} any more.")


@click.command("agent")
@click.pass_obj
def be_agent(choice: Choice) -> None:
    """Be the agent, until it is stopped."""
    from ctadata_jlab.foreground.agent import Agent  # noqa: PLC0415 - help needs no network

    Agent(choice.source).run(lambda text: click.echo(text, err=True))


def _is_in(source: Source) -> bool:
    try:
        return source.keeper is not None and bool(source.keeper.token())
    except NotLoggedIn:
        return False


def _logged_out(source: Source) -> CtaDataError | None:
    """Log out as far as there is a login; return what stood in the way of revoking it."""
    if source.login is None:
        return None
    try:
        source.login.kept.log_out()
    except CtaDataError as error:
        return error
    return None
