"""Which files are meant: patterns as in gitignore, for what to take and what to leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pathspec

from ctadata_jlab import paths
from ctadata_jlab.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ctadata_jlab.storage import Entry

__all__ = ["EVERYTHING", "Patterns"]


class Patterns:
    """Only what *include* names (empty: everything), without what *exclude* names; seen from the folder that was chosen."""

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._include, self._exclude = _spec(include), _spec(exclude)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self._include is None and self._exclude is None

    def takes(self, entry: Entry, top: str) -> bool:
        """Whether *entry*, at or below *top*, is meant; of folders only those that are wanted for themselves, as empty ones are."""
        if entry.path == top and entry.is_folder:
            return True
        name = _seen_from(entry, top)
        if self._exclude is not None and self._exclude.match_file(name):
            return False
        return self._include is None or (not entry.is_folder and self._include.match_file(name))

    def enters(self, entry: Entry, top: str) -> bool:
        """Whether anything below the folder *entry* may be meant."""
        return self._exclude is None or not self._exclude.match_file(_seen_from(entry, top))


def _seen_from(entry: Entry, top: str) -> str:
    name = paths.relative(entry.path, top) or entry.name
    return f"{name}/" if entry.is_folder else name


def _spec(lines: Sequence[str]) -> pathspec.GitIgnoreSpec | None:
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines) if any(line.strip() for line in lines) else None
    except ValueError as error:
        raise Misconfigured(
            f"A pattern cannot be understood: {paths.display(str(error))}",
            hint="Write patterns as in a .gitignore file.",
        ) from None


EVERYTHING = Patterns()
"""Leaves nothing out."""
