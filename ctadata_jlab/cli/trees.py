"""Whole trees: `tree`, `du`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ctadata_jlab.cli.remotepath import REMOTE, RemotePath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.storage import Entry, Storage

__all__ = ["du", "tree"]


@click.command()
@click.argument("path", default="", type=RemotePath(folders_only=True))
@click.option("-L", "--depth", type=click.IntRange(min=1), metavar="N", help="Not deeper than N folders.")
@click.option("--folders", is_flag=True, help="Folders only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; what a folder holds is in `entries`.")
@click.pass_obj
def tree(choice: Choice, path: str, depth: int | None, *, folders: bool, as_json: bool) -> None:
    """Draw the folder PATH and what is below it, as it is found.

    \b
    Examples:
      tree lst/DL1
      tree -L 2 --folders /
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import emit, safe  # noqa: PLC0415

    source = choice.source
    top = source.storage.stat(paths.remote(path or source.home))
    drawing = _Drawing(source.storage, depth, folders=folders)
    if as_json:
        emit(drawing.facts(top))
        return
    click.echo(safe(top.path))
    for line in drawing.lines(top, ""):
        click.echo(line)
    click.echo(f"\n{drawing.sum()}")


class _Drawing:
    """A tree that is read depth first, a folder in memory at a time for each level, and counted on the way."""

    def __init__(self, storage: Storage, depth: int | None, *, folders: bool) -> None:
        self._storage = storage
        self._depth = depth
        self._folders_only = folders
        self._folders = self._files = self._bytes = 0

    def lines(self, folder: Entry, indent: str, level: int = 1) -> Iterator[str]:
        from ctadata_jlab.cli.text import safe  # noqa: PLC0415 - help needs no text
        from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415

        entries = self._entries(folder)
        for number, entry in enumerate(entries, 1):
            branch, below = ("└── ", "    ") if number == len(entries) else ("├── ", "│   ")
            size = "" if entry.is_folder or entry.size is None else f"  ({readable_size(entry.size)})"
            yield f"{indent}{branch}{safe(entry.name)}{'/' if entry.is_folder else ''}{size}"
            if entry.is_folder and (self._depth is None or level < self._depth):
                yield from self.lines(entry, indent + below, level + 1)

    def facts(self, entry: Entry, level: int = 0) -> dict[str, Any]:
        from ctadata_jlab.cli.text import facts  # noqa: PLC0415 - help needs no text

        known = facts(entry)
        if entry.is_folder and (self._depth is None or level < self._depth):
            known["entries"] = [self.facts(below, level + 1) for below in self._entries(entry)]
        return known

    def sum(self) -> str:
        from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415 - help needs no sizes

        folders = f"{self._folders} {'folder' if self._folders == 1 else 'folders'}"
        files = f"{self._files} {'file' if self._files == 1 else 'files'}"
        return folders if self._folders_only else f"{folders}, {files}, {readable_size(self._bytes)}"

    def _entries(self, folder: Entry) -> list[Entry]:
        if not folder.is_folder:
            return []
        found = sorted(self._storage.list(folder.path), key=lambda entry: entry.path)
        files = [entry for entry in found if not entry.is_folder]
        self._folders += len(found) - len(files)
        self._files += len(files)
        self._bytes += sum(entry.size or 0 for entry in files)
        return [entry for entry in found if entry.is_folder] if self._folders_only else found


@click.command()
@click.argument("path", default="", type=REMOTE)
@click.option("--depth", type=click.IntRange(min=0), default=1, show_default=True, help="Tell folders down to so deep.")
@click.option("-b", "--bytes", "in_bytes", is_flag=True, help="Sizes in bytes, for other programs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of objects.")
@click.pass_obj
def du(choice: Choice, path: str, depth: int, *, in_bytes: bool, as_json: bool) -> None:
    """Add up the sizes of what is below PATH: size, number of files, folder; PATH itself last.

    \b
    Examples:
      du lst
      du --depth 0 lst/DL1
      du -b lst | sort -n
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import emit, safe  # noqa: PLC0415
    from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415

    source = choice.source
    sums = _sums(source.storage, paths.remote(path or source.home), depth)
    if as_json:
        emit([{"path": folder, "bytes": size, "files": files} for folder, (size, files) in sums])
        return
    for folder, (size, files) in sums:
        click.echo(f"{size if in_bytes else readable_size(size):>12}  {files:>9}  {safe(folder)}")


def _sums(storage: Storage, top: str, depth: int) -> list[tuple[str, tuple[int, int]]]:
    """Return bytes and files below *top* and its folders to *depth*, each folder before the one that it is in."""
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.transfer.walk import walk  # noqa: PLC0415

    first = storage.stat(top)
    found: dict[str, tuple[int, int]] = {first.path: (0, 0)}
    for entry in walk(storage, first.path) if first.is_folder else [first]:
        names = [] if entry.path == first.path else paths.relative(entry.path, first.path).split("/")
        folders = names if entry.is_folder else names[:-1]
        for level in range(min(len(folders), depth) + 1):
            place = paths.join(first.path, *folders[:level]) if level else first.path
            size, files = found.get(place, (0, 0))
            found[place] = (size, files) if entry.is_folder else (size + (entry.size or 0), files + 1)
    return sorted(found.items(), key=lambda item: (*item[0].rstrip("/").split("/"), "\U0010ffff"))
