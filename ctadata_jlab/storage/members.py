"""What a folder holds, told by the responses of a multistatus: many at once where they are plain and alike, else one by one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, NotFound
from ctadata_jlab.storage.columns import entries
from ctadata_jlab.storage.hrefs import child, is_self
from ctadata_jlab.storage.shapes import Alike
from ctadata_jlab.storage.temporary import is_temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.storage import Entry
    from ctadata_jlab.storage.propfind import Found

__all__ = ["Members"]

_SURELY_SHORT = paths.MAX_NAME_BYTES // 4
"""A name with fewer characters is not too long, whatever they are in UTF-8."""


class Members:
    """The members of *folder*, which was asked for as the path *base*; *what* names it in errors.

    *read* tells which path an href means, *entry* what a response says of a path.
    """

    def __init__(
        self, folder: str, base: str, what: str, read: Callable[[str], str], entry: Callable[[str, Found], Entry]
    ) -> None:
        self._folder, self._base, self._what = folder, base, what
        self._read, self._entry = read, entry
        self._here = folder.rstrip("/") + "/"
        self._seen_self = False
        self.is_empty = True
        """Whether there was nothing but the folder itself so far."""

    def told_by(self, responses: Found | Alike) -> Sequence[Entry]:
        """Return the entries that *responses* are about, without unfinished uploads; raises `NotFound` if the folder is a file."""
        if not isinstance(responses, Alike):
            return self._one(responses)
        alike = entries(responses, self._base.rstrip("/") + "/", self._here) if self._seen_self else None
        if alike:
            self.is_empty = False
        return alike if alike is not None else [one for each in responses.one_by_one() for one in self._one(each)]

    def check(self) -> None:
        """Raise unless the folder itself was among them, as it must be."""
        if not self._seen_self:
            raise BadAnswer(f"The listing does not contain the folder itself: {self._what}.")

    def _one(self, found: Found) -> Sequence[Entry]:
        path = self._read(found.href)
        if not self._seen_self and is_self(path, self._base, self._folder):
            self._seen_self, self._base = True, path
            if not found.is_folder:
                raise NotFound(f"{self._what} is a file, not a folder.")
            return ()
        name = child(path, self._base, self._what)
        self.is_empty = False
        if is_temporary(name):
            return ()
        return (self._entry(self._here + name if len(name) < _SURELY_SHORT else paths.join(self._folder, name), found),)
