"""What there is: `sources`, `data`, `demo`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice

__all__ = ["data", "demo", "sources"]


@click.command()
@click.pass_obj
def sources(choice: Choice) -> None:
    """List the configured sources: name, title, address, and who is logged in."""
    session = choice.session
    for name, settings in session.config.sources.items():
        keeper = session.source(name).keeper
        state = None if keeper is None else keeper.state()
        login = "no login" if state is None else f"{state.state} {state.subject or ''}".strip()
        click.echo(f"{name:16} {settings.title:20} {settings.url:44} {login}")


@click.command()
def data() -> None:
    """Name your data that stays when this program is uninstalled, its size, and how to remove it."""
    from ctadata_jlab import config  # noqa: PLC0415 - help needs no settings
    from ctadata_jlab.demo.folder import default_folder  # noqa: PLC0415
    from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415

    places = [
        ("tokens and logins", config.profile_folder()),
        ("queue of transfers", config.load().state),
        ("the demo", default_folder()),
        *(("settings", file) for file in config.files()),
    ]
    for what, place in places:
        size = readable_size(_size(place)) if place.exists() else "nothing there"
        click.echo(f"{what:20} {size:>14}  {place}")
    click.echo("\nUninstalling keeps all of this. To remove some of it: rm -r PATH (stop Jupyter and agents before).")
    click.echo("Tokens and logins are shared with the older ctadata clients. Downloads are wherever you put them.")


def _size(place: Path) -> int:
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Where the demo keeps its files.")
@click.option("--port", type=int, help="JupyterLab's port.")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
def demo(folder: Path | None, port: int | None, *, no_browser: bool) -> None:
    """Start two storage doors with sample data and a JupyterLab on them; Ctrl-C stops all of it."""
    from ctadata_jlab.demo.run import run  # noqa: PLC0415 - needs the extra packages of the demo

    sys.exit(run(folder, port, open_browser=not no_browser))
