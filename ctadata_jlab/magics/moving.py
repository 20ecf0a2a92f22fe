"""`%dcache get`, `put`, `sync`, and `%%dcache put`: bytes from there to here, and the other way round."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.foreground import Selection
from ctadata_jlab.magics.shown import Shown
from ctadata_jlab.remote import Remote
from ctadata_jlab.remote.gathering import download, upload
from ctadata_jlab.remote.glob import is_pattern

if TYPE_CHECKING:
    import argparse

    from ctadata_jlab.foreground import Summary
    from ctadata_jlab.magics.desk import Desk
    from ctadata_jlab.magics.words import Words

__all__ = ["get", "put", "put_text", "sync"]


def get(parser: Words, words: list[str], desk: Desk) -> Path | list[Path]:
    """Download; return where it is here: a path, or of a pattern the paths of its files."""
    parser.add_argument("remote")
    parser.add_argument("local", nargs="?")
    said = _transfer(parser, words)
    source = desk.source(said)
    path = desk.path(source, said.remote)
    with Shown() as shown:
        done = download(
            desk.session,
            source.name,
            [path],
            said.local,
            recursive=said.recursive,
            conflict=said.conflict,
            report=shown,
        )
    _conclude(done, "downloaded")
    files = [Path(result.target) for result in done.results]
    if [result.path for result in done.results] == [path]:
        return files[0]  # which may have got another name
    return files if is_pattern(path) else Path(done.target)


def put(parser: Words, words: list[str], desk: Desk) -> str:
    """Upload; return where it is there."""
    parser.add_argument("local", type=Path)
    parser.add_argument("remote")
    said = _transfer(parser, words)
    source = desk.source(said)
    slash = "/" if said.remote.endswith("/") else ""
    with Shown() as shown:
        done = upload(
            desk.session,
            source.name,
            [said.local],
            desk.path(source, said.remote) + slash,
            recursive=said.recursive,
            conflict=said.conflict,
            report=shown,
        )
    _conclude(done, "uploaded")
    return done.results[0].target if said.local.is_file() else done.target


def put_text(parser: Words, words: list[str], desk: Desk, text: str) -> str:
    """Store the cell's text; return where it is there."""
    parser.add_argument("remote")
    parser.add_argument("--replace", action="store_true")
    said = parser.parse_args(words)
    source = desk.source(said)
    path = desk.path(source, said.remote)
    if said.remote.endswith("/"):
        raise Misconfigured("A cell's text has no name of its own.", hint="Write the whole path, with the file's name.")
    receipt = Remote(desk.session, source.name).write(path, text.encode(), replace=said.replace)
    print(f"{len(text.encode())} bytes stored: {paths.display(receipt.entry.path, 1000)}")
    return receipt.entry.path


def sync(parser: Words, words: list[str], desk: Desk) -> Path | str:
    """Make a folder here like one there, or with *up* the other way round; nothing is ever removed. Return the folder that was made."""
    parser.add_argument("remote")
    parser.add_argument("local", type=Path)
    parser.add_argument("--up", action="store_true")
    said = parser.parse_args(words)
    source = desk.source(said)
    path, only = desk.path(source, said.remote), Selection(sync=True)
    with Shown() as shown:
        done = (
            foreground.put(desk.session, source.name, said.local, path, recursive=True, only=only, report=shown)
            if said.up
            else foreground.get(desk.session, source.name, path, said.local, recursive=True, only=only, report=shown)
        )
    _conclude(done, "in step")
    return path if said.up else Path(done.target)


def _transfer(parser: Words, words: list[str]) -> argparse.Namespace:
    parser.add_argument("-r", "--recursive", action="store_true")
    parser.add_argument("--conflict", choices=["skip", "replace", "rename", "newer"], default="ask")
    return parser.parse_args(words)


def _conclude(done: Summary, verb: str) -> None:
    """Say what it has come to, each failure by name; raises if anything failed."""
    for result in done.failed if len(done.failed) > 1 else ():
        print(f"error: {paths.display(result.path)}: {result.error}", file=sys.stderr)
    done.require()
    files = f"{done.files} {'file' if done.files == 1 else 'files'}"
    print(f"{files} ({foreground.readable_size(done.size)}) {verb}: {paths.display(done.target, 1000)}")
