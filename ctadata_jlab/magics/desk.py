"""Where a notebook is in the storage: `%dcache cd` says it, and the paths of all other commands are seen from there."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ctadata_jlab import foreground, paths

if TYPE_CHECKING:
    import argparse

    from ctadata_jlab.session import Session, Source

__all__ = ["Desk"]


class Desk:
    """The folder that each source is looked at from."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    @property
    def session(self) -> Session:
        """Everything that is configured now."""
        return foreground.shared_session()

    def source(self, said: argparse.Namespace) -> Source:
        """Return the source that the options name."""
        return self.session.choose(said.source, dev=said.dev)

    def folder(self, source: Source) -> str:
        """Return the folder that *source* is looked at from; at first its home."""
        return self._folders.get(source.name, source.home)

    def path(self, source: Source, word: str) -> str:
        """Return the path that *word* means: as seen from the folder that was chosen by `cd`, or from the root."""
        return paths.remote(word) if word.startswith("/") else paths.join(self._folders.get(source.name, "/"), word)

    def enter(self, source: Source, word: str) -> str:
        """Look at *source* from the folder *word* (``..``: the one above) from now on; return it. Raises if it is none."""
        here = posixpath.join(self.folder(source), word)
        path = paths.remote(posixpath.normpath(here).lstrip("/"))
        next(iter(source.storage.list(path)), None)
        self._folders[source.name] = path
        return path
