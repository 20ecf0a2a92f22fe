"""Transfers: `get`, `put`, `cp`, `sync`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ctadata_jlab.cli.remotepath import REMOTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.cli.progress import Show
    from ctadata_jlab.foreground import Selection, Summary

__all__ = ["copy", "get", "put", "sync"]

F = TypeVar("F", bound="Callable[..., Any]")

_CONFLICT = click.Choice(["fail", "skip", "replace", "rename", "newer"])
_ALL_OPTIONS = [
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
    click.option("--json", "as_json", is_flag=True, help="Events on stdout, one JSON object a line."),
    click.option("-n", "--dry-run", is_flag=True, help="Tell what would be done; change nothing."),
    click.option("-j", "--jobs", type=click.IntRange(1, 64), metavar="N", help="So many files at once."),
    click.option(
        "--include", multiple=True, metavar="GLOB", help="Only files like GLOB, as in .gitignore; repeatable."
    ),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Nothing that is like GLOB; repeatable."),
    click.option(
        "--conflict",
        type=_CONFLICT,
        default="fail",
        show_default=True,
        help="What to do with a file that exists already and is another one.",
    ),
]
_FOLDERS = [
    click.option(
        "--files-from",
        type=click.File("r", encoding="utf-8"),
        metavar="FILE",
        help="Only the paths that FILE (- for stdin) has, one a line, as seen from the folder.",
    ),
    click.option("-r", "--recursive", is_flag=True, help="A folder with all that is in it."),
]


def _with(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in options:
            command = option(command)
        return command

    return add


@dataclass(frozen=True)
class _How:
    """How a transfer is done and told: the options that all have in common."""

    conflict: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: int | None = None
    dry_run: bool = False
    as_json: bool = False
    quiet: bool = False
    recursive: bool = False
    files_from: Any = None

    def only(self, *, sync: bool = False) -> Selection:
        from ctadata_jlab.foreground import Selection  # noqa: PLC0415 - help needs no storage

        names = None if self.files_from is None else tuple(_lines(self.files_from))
        return Selection(self.include, self.exclude, names, sync=sync, rehearsal=self.dry_run)

    def run(self, choice: Choice, verb: str, work: Callable[[Any, Show], Summary]) -> None:
        """Let *work* do it with the policy for conflicts, tell it, and end with the code for what it has come to."""
        from ctadata_jlab.cli.progress import Show, conclude  # noqa: PLC0415 - help needs no storage

        if self.jobs is not None:
            config = choice.session.config
            choice.session.config = replace(config, transfers=replace(config.transfers, files_at_once=self.jobs))
        with Show(quiet=self.quiet, as_json=self.as_json, rehearsal=self.dry_run) as show:
            summary = work("ask" if self.conflict == "fail" else self.conflict, show)
        said = f"would be {verb}" if self.dry_run else verb
        sys.exit(conclude(summary, said, quiet=self.quiet, as_json=self.as_json))


def _lines(file: Any) -> list[str]:
    """Return the paths of a list: a line each, without empty ones and those that begin with ``#``."""
    try:
        lines = [line.rstrip("\r\n") for line in file]
    except UnicodeDecodeError as error:
        raise click.UsageError(f"The list of files is not UTF-8: {error.reason}.") from None
    return [line for line in lines if line.strip() and not line.startswith("#")]


@click.command()
@_with(*_ALL_OPTIONS, *_FOLDERS)
@click.argument("words", metavar="PATH... [DEST]", nargs=-1, required=True, type=REMOTE)
@click.pass_obj
def get(choice: Choice, /, words: tuple[str, ...], **how: Any) -> None:
    """Download each PATH, a file, a folder (-r) or a pattern, to the current folder, or to DEST.

    A folder lands in DEST under its own name. A file does if DEST is a folder or ends with a slash; else DEST is its new name.
    What a pattern means lands as it is seen from its first folder without wildcards. With --files-from, PATH is the folder that
    the list is seen from. Doing it again goes on where it stopped.

    \b
    Examples:
      get lst/run.h5
      get lst/run.h5 first.h5
      get -r lst/DL1/20241114 /scratch/me
      get 'lst/DL1/*/dl1_*.h5' /scratch/me/
      get --files-from runs.txt lst/DL1 /scratch/me
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.remote.gathering import download  # noqa: PLC0415

    said = _How(**how)
    sources, destination = (words[:-1], words[-1]) if len(words) > 1 else (words, None)
    source = choice.source

    def work(conflict: Any, show: Show) -> Summary:
        return download(
            choice.session,
            source.name,
            [paths.remote(word) for word in sources],
            destination,
            recursive=said.recursive,
            conflict=conflict,
            only=said.only(),
            report=show,
        )

    said.run(choice, "downloaded", work)


@click.command()
@_with(*_ALL_OPTIONS, *_FOLDERS)
@click.argument("files", metavar="LOCAL_PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("path", type=REMOTE)
@click.pass_obj
def put(choice: Choice, /, files: tuple[Path, ...], path: str, **how: Any) -> None:
    """Upload LOCAL_PATH as PATH, or several into the folder PATH; missing folders are made.

    A PATH that ends with a slash is completed by the file's name. A folder (-r) becomes PATH itself: its files go to PATH/…
    With --files-from, LOCAL_PATH is the folder that the list is seen from. Doing it again leaves alone what is there.

    \b
    Examples:
      put notes.txt your-folder/
      put notes.txt your-folder/other-name.txt
      put *.h5 your-folder/
      put -r results your-folder/results
    """  # noqa: D301
    from ctadata_jlab.remote.gathering import upload  # noqa: PLC0415 - help needs no storage

    said = _How(**how)
    missing = next((file for file in files if not file.exists()), None)
    if missing is not None:
        raise click.UsageError(f"There is no {missing} here.")
    source = choice.source

    def work(conflict: Any, show: Show) -> Summary:
        return upload(
            choice.session,
            source.name,
            files,
            path,
            recursive=said.recursive,
            conflict=conflict,
            only=said.only(),
            report=show,
        )

    said.run(choice, "uploaded", work)


@click.command("cp")
@_with(*_ALL_OPTIONS, *_FOLDERS)
@click.argument("start", metavar="FROM", type=REMOTE)
@click.argument("end", metavar="TO", type=REMOTE)
@click.pass_obj
def copy(choice: Choice, /, start: str, end: str, **how: Any) -> None:
    """Copy FROM to TO within the storage, or from one source to another: SOURCE:PATH. The bytes come through this machine.

    TO/ is completed by the name; a folder (-r) becomes TO itself.

    \b
    Examples:
      cp lst/run.h5 your-folder/
      cp -r dcache:lst/DL1/20241114 dcache-dev:lst/DL1/20241114
    """  # noqa: D301
    from ctadata_jlab.foreground import copy_between  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.transfer.job import Place  # noqa: PLC0415

    said = _How(**how)
    (source, path), (goal, to) = _place(choice, start), _place(choice, end)
    target = f"{to}{path.rpartition('/')[2]}" if to.endswith("/") else to

    def work(conflict: Any, show: Show) -> Summary:
        ends = Place(source, path), Place(goal, target)
        recursive = said.recursive or said.files_from is not None
        return copy_between(
            choice.session, *ends, recursive=recursive, conflict=conflict, only=said.only(), report=show
        )

    said.run(choice, "copied", work)


@click.command()
@_with(*_ALL_OPTIONS)
@click.option("--delete", is_flag=True, help="Remove what is in TO only, after all else has succeeded.")
@click.option("-y", "--yes", is_flag=True, help="With --delete: do not ask.")
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.pass_obj
def sync(choice: Choice, /, start: str, end: str, *, delete: bool, yes: bool, **how: Any) -> None:
    """Make the folder TO like the folder FROM: one is here, the other is SOURCE:PATH, or :PATH for the chosen source.

    What is the same is found by one listing a folder, and left alone; what differs is replaced (see --conflict); nothing is
    removed without --delete.

    \b
    Examples:
      sync :lst/DL1/20241114 /scratch/me/20241114
      sync results dcache:your-folder/results
      sync --dry-run --exclude '*.tmp' results :your-folder/results
    """  # noqa: D301
    from ctadata_jlab.remote.mirror import Way, mirror  # noqa: PLC0415 - help needs no storage

    said = _How(**how)
    if (":" in start) == (":" in end):
        raise click.UsageError("One of FROM and TO is a folder here, the other SOURCE:PATH (or :PATH).")
    is_down = ":" in start
    source, path = _place(choice, start if is_down else end)
    ends = (path, Path(end)) if is_down else (Path(start), path)
    if delete and not yes and not said.dry_run:
        click.confirm(f"Remove from {end} what {start} does not have?", abort=True, err=True)

    def work(conflict: Any, show: Show) -> Summary:
        way = Way.between(choice.session, source, *ends)
        return mirror(
            choice.session, way, said.only(sync=True), delete=delete, conflict=conflict, report=show, stop=None
        )

    said.run(choice, "in step", work)


def _place(choice: Choice, word: str) -> tuple[str, str]:
    """Return the source and the path that *word* means: SOURCE:PATH, :PATH, or a path of the chosen source."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage

    name, colon, path = word.partition(":")
    is_named = colon and (not name or name in choice.session.sources)
    source = choice.session.source(name) if is_named and name else choice.source
    path = path if is_named else word
    slash = "/" if path.endswith("/") else ""
    return source.name, paths.remote(path).rstrip("/") + slash or "/"
