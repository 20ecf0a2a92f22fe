"""Looking: `list` (also `ls`) and `stat`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice

__all__ = ["COMMANDS", "list_", "stat"]


@click.command("list")
@click.argument("path", default="")
@click.option("-l", "--long", is_flag=True, help="Size, time and name; folders end with a slash.")
@click.option("-R", "--recursive", is_flag=True, help="Everything below the folder, as paths relative to it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of objects.")
@click.pass_obj
def list_(choice: Choice, path: str, *, long: bool, recursive: bool, as_json: bool) -> None:
    """List the folder PATH, one name a line, sorted. A file is listed alone.

    \b
    Examples:
      list lst/DL1
      list -l /
      list --json lst/DL1 | jq -r '.[].path'
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import facts, row, safe  # noqa: PLC0415
    from ctadata_jlab.foreground.places import entries  # noqa: PLC0415

    source = choice.source
    folder = paths.remote(path or source.home)
    found = entries(source.storage, folder, recursive=recursive)
    if as_json:
        click.echo(json.dumps([facts(entry) for entry in found], indent=1, ensure_ascii=False))
        return
    for entry in found:
        name = paths.relative(entry.path, folder) if recursive and entry.path != folder else entry.name
        click.echo(row(entry, name) if long else safe(name))


@click.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def stat(choice: Choice, path: str, *, as_json: bool) -> None:
    """Tell what is known of PATH: kind, size, time, version, checksum, whether it is on disk."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import facts, safe  # noqa: PLC0415
    from ctadata_jlab.transfer.compare import End, with_checksum  # noqa: PLC0415

    source, where = choice.source, paths.remote(path)
    entry = source.storage.stat(where)
    known = facts(entry if entry.is_folder else with_checksum(End(source.name, source.storage, where), entry))
    if as_json:
        click.echo(json.dumps(known, indent=1, ensure_ascii=False))
        return
    for name, value in known.items():
        if value is not None:
            click.echo(f"{name + ':':10} {safe(str(value))}")


COMMANDS = [list_, stat]
