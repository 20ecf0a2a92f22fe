"""Changes in the storage: `mkdir`, `mv` and `rm`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice

__all__ = ["mkdir", "mv", "rm"]


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.pass_obj
def mkdir(choice: Choice, paths: tuple[str, ...]) -> None:
    """Make the folders PATH, and those above them; one that exists is no error."""
    storage = choice.source.storage
    for path in paths:
        storage.make_folder(path)


@click.command()
@click.argument("source")
@click.argument("target")
@click.pass_obj
def mv(choice: Choice, source: str, target: str) -> None:
    """Rename SOURCE to TARGET, or move it into the folder TARGET/. Nothing is ever replaced."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage

    storage, start = choice.source.storage, paths.remote(source)
    end = paths.join(target, paths.name(start)) if target.endswith("/") else paths.remote(target)
    storage.move(start, end)


@click.command()
@click.argument("path")
@click.option("-r", "--recursive", is_flag=True, help="A folder with all that is in it.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before a folder is removed.")
@click.pass_obj
def rm(choice: Choice, path: str, *, recursive: bool, yes: bool) -> None:
    """Remove the file PATH for good; with -r a folder and all that is in it, after saying how much that is."""
    from ctadata_jlab import foreground  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.progress import Show, conclude  # noqa: PLC0415
    from ctadata_jlab.errors import Unsupported  # noqa: PLC0415

    source = choice.source
    if source.storage.stat(path).is_folder and not recursive:
        raise Unsupported(f"{path} is a folder.", hint="Remove it with all that is in it by rm -r.")
    items = foreground.doomed(choice.session, source.name, path)
    files = [item for item in items if item.kind == "file"]
    if recursive and not yes:
        size = foreground.readable_size(sum(item.size or 0 for item in files))
        click.confirm(
            f"Remove {len(files)} files ({size}) and {len(items) - len(files)} folders from {source.title} for good?",
            abort=True,
            err=True,
        )
    with Show(quiet=True) as show:
        summary = foreground.remove(choice.session, source.name, items, show)
    sys.exit(conclude(summary, "removed", quiet=True))
