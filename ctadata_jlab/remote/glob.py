"""Paths by pattern: ``*`` and ``?`` within a name, ``[…]`` a choice, ``**`` any number of folders."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import NotFound
from ctadata_jlab.transfer.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage import Entry, Storage

__all__ = ["glob", "is_pattern"]

_MAGIC = re.compile(r"[*?\[]")


def is_pattern(path: str) -> bool:
    """Whether *path* has characters that mean others."""
    return _MAGIC.search(path) is not None


def glob(storage: Storage, pattern: str) -> Iterator[Entry]:
    """Yield what *pattern* means, each once. Only the folders that it can mean are listed; nothing there is no error."""
    parts = paths.remote(pattern).strip("/").split("/")
    plain = 0
    while plain < len(parts) and not is_pattern(parts[plain]):
        plain += 1
    top = "/" + "/".join(parts[:plain])
    try:
        entry = storage.stat(top)
        yield from _matches(storage, entry, parts[plain:])
    except NotFound:
        return


def _matches(storage: Storage, entry: Entry, parts: list[str]) -> Iterator[Entry]:
    if not parts:
        yield entry
    elif not entry.is_folder:
        return
    elif "**" in parts:
        yield from _deep(storage, entry, parts)
    else:
        for child in sorted(storage.list(entry.path), key=lambda child: child.path):
            if fnmatchcase(child.name, parts[0]):
                yield from _matches(storage, child, parts[1:])


def _deep(storage: Storage, entry: Entry, parts: list[str]) -> Iterator[Entry]:
    for found in walk(storage, entry.path):
        if _fits(parts, paths.relative(found.path, entry.path).split("/")):
            yield found


def _fits(parts: list[str], names: list[str]) -> bool:
    """Whether the path of *names* is one that *parts* mean."""
    if not parts:
        return not names
    if parts[0] == "**":
        ends = range(1, len(names) + 1) if len(parts) == 1 else range(len(names) + 1)
        return any(_fits(parts[1:], names[end:]) for end in ends)
    return bool(names) and fnmatchcase(names[0], parts[0]) and _fits(parts[1:], names[1:])
