"""Looking: `list` (also `ls`) and `stat`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli.remotepath import REMOTE

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.storage import Entry, Storage

__all__ = ["list_", "stat"]


@click.command("list")
@click.argument("path", default="", type=REMOTE)
@click.option("-l", "--long", is_flag=True, help="Size, time and name; folders end with a slash.")
@click.option("-H", "--human", is_flag=True, help="With -l: sizes as people read them.")
@click.option("-R", "--recursive", is_flag=True, help="Everything below the folder, as paths relative to it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of objects.")
@click.pass_obj
def list_(choice: Choice, path: str, *, long: bool, human: bool, recursive: bool, as_json: bool) -> None:
    """List the folder PATH, one name a line, sorted. A file is listed alone.

    \b
    Examples:
      ls lst/DL1
      ls -l /
      ls --json lst/DL1 | jq -r '.[].path'
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import emit, facts, row, safe  # noqa: PLC0415
    from ctadata_jlab.storage.looking import listed  # noqa: PLC0415

    source = choice.source
    folder = paths.remote(path or source.home)
    found = _below(source.storage, folder) if recursive else listed(source.storage, folder)
    if as_json:
        emit([facts(entry) for entry in found])
        return
    for entry in found:
        name = paths.relative(entry.path, folder) if recursive and entry.path != folder else entry.name
        click.echo(row(entry, name, human=human) if long else safe(name))


def _below(storage: Storage, folder: str) -> list[Entry]:
    from ctadata_jlab.foreground.places import entries  # noqa: PLC0415 - walking needs more than a listing

    return entries(storage, folder, recursive=True)


@click.command()
@click.argument("files", metavar="PATH...", nargs=-1, required=True, type=REMOTE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a path.")
@click.pass_obj
def stat(choice: Choice, files: tuple[str, ...], *, as_json: bool) -> None:
    """Tell what is known of each PATH: kind, size, time, version, checksum, whether it is on disk."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import emit, facts, safe  # noqa: PLC0415
    from ctadata_jlab.transfer.compare import End, with_checksum  # noqa: PLC0415

    source = choice.source
    for number, path in enumerate(files):
        where = paths.remote(path)
        entry = source.storage.stat(where)
        known = facts(entry if entry.is_folder else with_checksum(End(source.name, source.storage, where), entry))
        if as_json:
            emit(known)
            continue
        if number:
            click.echo()
        for name, value in known.items():
            if value is not None:
                click.echo(f"{name + ':':10} {safe(str(value))}")
