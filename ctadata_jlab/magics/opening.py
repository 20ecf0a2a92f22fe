"""`%dcache open`: a file of the storage as a Python file, of which only what is read is fetched."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from ctadata_jlab.remote import Remote

if TYPE_CHECKING:
    from ctadata_jlab.magics.desk import Desk
    from ctadata_jlab.magics.words import Words

__all__ = ["open_"]


def open_(parser: Words, words: list[str], desk: Desk) -> IO[Any]:
    """Return the file opened for reading: bytes, or with *text* its lines."""
    parser.add_argument("path")
    parser.add_argument("--text", action="store_true")
    said = parser.parse_args(words)
    source = desk.source(said)
    remote, path = Remote(desk.session, source.name), desk.path(source, said.path)
    remote.stat(path)  # a wrong path is an error of this cell, not of the first read
    return remote.open(path, "r") if said.text else remote.open(path)
