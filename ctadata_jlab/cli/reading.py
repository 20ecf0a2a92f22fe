"""The bytes of a file on stdout: `cat`, `head`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli.remotepath import REMOTE

if TYPE_CHECKING:
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.storage import Reader, Storage

__all__ = ["cat", "head"]

_BLOCK = 64 * 1024


@click.command()
@click.argument("files", metavar="PATH...", nargs=-1, required=True, type=REMOTE)
@click.pass_obj
def cat(choice: Choice, files: tuple[str, ...]) -> None:
    """Write the files PATH to stdout, one after another.

    What is wrong with the bytes is only known at their end: exit code 9 says that they do not fit the stored checksum.

    \b
    Examples:
      cat lst/notes.txt
      cat lst/events.csv.gz | gunzip | head
    """  # noqa: D301
    storage = choice.source.storage
    for path in files:
        _pour_checked(storage, path)


def _pour_checked(storage: Storage, path: str) -> None:
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.errors import Corrupted  # noqa: PLC0415
    from ctadata_jlab.transfer.checksum import Digests  # noqa: PLC0415

    with storage.open(paths.remote(path)) as reader:
        stored = reader.entry.checksum
        digests = Digests([stored.algorithm] if stored else [])

        def sink(data: bytes) -> None:
            digests.update(data)
            sys.stdout.buffer.write(data)

        reader.pour(0, None, sink)
        got = digests.checksum(stored.algorithm) if stored else None
        if stored and got and not got.matches(stored):
            raise Corrupted(
                f"{paths.display(path)}: these are not the stored bytes ({stored}, got {got}).",
                hint="Do it again; if it stays so, tell the storage's administrators.",
            )


@click.command()
@click.argument("path", type=REMOTE)
@click.option("-n", "--lines", type=click.IntRange(min=0), default=10, show_default=True, help="So many lines.")
@click.option("-c", "--bytes", "count", type=click.IntRange(min=0), help="So many bytes, instead of lines.")
@click.pass_obj
def head(choice: Choice, path: str, lines: int, count: int | None) -> None:
    """Write the beginning of the file PATH to stdout; no more of it is fetched than is needed.

    \b
    Examples:
      head lst/events.csv
      head -c 2880 lst/image.fits
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage

    with choice.source.storage.open(paths.remote(path)) as reader:
        size = reader.entry.size
        if count is None:
            _pour_lines(reader, lines)
        elif count:
            reader.pour(0, count if size is None else min(count, size), _out)


def _pour_lines(reader: Reader, lines: int) -> None:
    """Write so many lines, fetching a block at a time."""
    size, start, left = reader.entry.size, 0, lines
    while left > 0 and (size is None or start < size):
        end = start + _BLOCK if size is None else min(start + _BLOCK, size)
        block = bytearray()
        reader.pour(start, end, block.extend)
        if not block:
            return
        for piece in bytes(block).splitlines(keepends=True):
            _out(piece)
            left -= piece.endswith(b"\n")
            if left == 0:
                return
        start += len(block)


def _out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
