"""Transfers: `get` and `put`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.cli.program import Choice

__all__ = ["get", "put"]

F = TypeVar("F", bound="Callable[..., Any]")


def _transfer_options(command: F) -> F:
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
        click.option(
            "--conflict",
            type=click.Choice(["fail", "skip", "replace", "rename", "newer"]),
            default="fail",
            show_default=True,
            help="What to do with a file that exists already and is another one.",
        ),
        click.option("-r", "--recursive", is_flag=True, help="A folder with all that is in it."),
    ):
        command = option(command)
    return command


@click.command()
@_transfer_options
@click.argument("path")
@click.argument("destination", metavar="[DEST]", required=False)
@click.pass_obj
def get(choice: Choice, path: str, destination: str | None, conflict: str, *, recursive: bool, quiet: bool) -> None:
    """Download PATH to the current folder, or to DEST.

    A folder lands in DEST under its own name. A file does if DEST is a folder or ends with a slash; else DEST is its new name.

    \b
    Examples:
      get lst/run.h5
      get lst/run.h5 first.h5
      get -r lst/DL1/20241114 /scratch/me
    """  # noqa: D301
    from ctadata_jlab import foreground, paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.progress import Show, conclude  # noqa: PLC0415

    source = choice.source
    target = foreground.landing(path, destination, is_folder=recursive and _is_folder(choice, paths.remote(path)))
    with Show(quiet=quiet) as show:
        summary = foreground.get(
            choice.session, source.name, path, target, recursive=recursive, conflict=_policy(conflict), report=show
        )
    sys.exit(conclude(summary, "downloaded", quiet=quiet))


@click.command()
@_transfer_options
@click.argument("local_path", type=click.Path(exists=True, path_type=Path))
@click.argument("path")
@click.pass_obj
def put(choice: Choice, local_path: Path, path: str, conflict: str, *, recursive: bool, quiet: bool) -> None:
    """Upload LOCAL_PATH as PATH; missing folders are made.

    A PATH that ends with a slash is completed by the file's name. A folder (-r) becomes PATH itself: its files go to PATH/…

    \b
    Examples:
      put notes.txt your-folder/
      put notes.txt your-folder/other-name.txt
      put -r results your-folder/results
    """  # noqa: D301
    from ctadata_jlab import foreground  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.progress import Show, conclude  # noqa: PLC0415

    source, target = choice.source, foreground.upload_path(local_path, path)
    with Show(quiet=quiet) as show:
        summary = foreground.put(
            choice.session,
            source.name,
            local_path,
            target,
            recursive=recursive,
            conflict=_policy(conflict),
            report=show,
        )
    sys.exit(conclude(summary, "uploaded", quiet=quiet))


def _policy(conflict: str) -> Any:
    return "ask" if conflict == "fail" else conflict


def _is_folder(choice: Choice, path: str) -> bool:
    return choice.source.storage.stat(path).is_folder
