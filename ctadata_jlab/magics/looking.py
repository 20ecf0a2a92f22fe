"""`%dcache ls`, `cd`, `stat`, `find`, `sources`: what is there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ctadata_jlab.magics.table import Facts, Listing, Sources
from ctadata_jlab.storage.looking import listed
from ctadata_jlab.transfer.compare import End, with_checksum
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    from ctadata_jlab.magics.desk import Desk
    from ctadata_jlab.magics.words import Words

__all__ = ["cd", "find", "ls", "sources", "stat"]


def ls(parser: Words, words: list[str], desk: Desk) -> Listing:
    """Return what is in a folder, or a file alone."""
    parser.add_argument("-l", "--long", action="store_true")
    parser.add_argument("path", nargs="?")
    said = parser.parse_args(words)
    source = desk.source(said)
    folder = desk.folder(source) if said.path is None else desk.path(source, said.path)
    return Listing(listed(source.storage, folder), long=said.long)


def cd(parser: Words, words: list[str], desk: Desk) -> str:
    """Change the folder that paths are seen from; return it."""
    parser.add_argument("path", nargs="?")
    said = parser.parse_args(words)
    source = desk.source(said)
    return desk.folder(source) if said.path is None else desk.enter(source, said.path)


def stat(parser: Words, words: list[str], desk: Desk) -> Facts:
    """Return what is known of one file or folder, with the stored checksum."""
    parser.add_argument("path")
    said = parser.parse_args(words)
    source = desk.source(said)
    path = desk.path(source, said.path)
    entry = source.storage.stat(path)
    return Facts(entry if entry.is_folder else with_checksum(End(source.name, source.storage, path), entry))


def find(parser: Words, words: list[str], desk: Desk) -> Listing:
    """Return what below a folder has a name like a pattern; sizes as `+2e9` (more) or `-1000` (less)."""
    parser.add_argument("path", nargs="?")
    parser.add_argument("--name", default="*")
    parser.add_argument("--type", choices=["f", "d"])
    parser.add_argument("--size", type=float)
    said = parser.parse_args(words)
    source = desk.source(said)
    top = source.storage.stat(desk.folder(source) if said.path is None else desk.path(source, said.path))
    found = []
    for entry in walk(source.storage, top.path) if top.is_folder else [top]:
        is_wanted = fnmatchcase(entry.name, said.name) and said.type in {None, "d" if entry.is_folder else "f"}
        if said.size is not None:
            size = entry.size or 0
            is_wanted = is_wanted and not entry.is_folder and (size > said.size if said.size > 0 else size < -said.size)
        if is_wanted:
            found.append(entry)
    return Listing(sorted(found, key=lambda entry: entry.path), long=True, whole=True)


def sources(parser: Words, words: list[str], desk: Desk) -> Sources:
    """Return the sources that are configured, and who is logged in."""
    parser.parse_args(words)
    session = desk.session
    return Sources([session.source(name) for name in session.config.sources])
