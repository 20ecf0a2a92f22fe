"""What `list_dir` returns: names, as strings, that know what they name."""

from __future__ import annotations

from datetime import timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, overload

from ctadata_jlab import paths

if TYPE_CHECKING:
    from datetime import datetime
    from typing import SupportsIndex

    from ctadata_jlab.storage import Entry, Kind

__all__ = ["RemoteName", "remote_path"]


class RemoteName(str):
    """The name of a file or folder (a path, in a recursive listing): a string that also knows `.path`, `.size`, `.kind`, `.modified`.

    Functions that take a path take it and use `.path`. It also answers as the dictionaries of older versions did:
    ``entry["href"]``, ``"type"`` (``file`` or ``directory``), ``"size"`` (text), ``"mtime"``, ``"url"``.
    """

    __slots__ = ("_url", "entry")
    entry: Entry
    _url: str

    def __new__(cls, text: str, entry: Entry, url: str = "") -> RemoteName:
        """Make *text* the name of *entry*, which is found at *url*."""
        name = super().__new__(cls, text)
        name.entry = entry
        name._url = url
        return name

    def __reduce__(self) -> tuple[type[RemoteName], tuple[str, Entry, str]]:
        return RemoteName, (str(self), self.entry, self._url)

    @property
    def path(self) -> str:
        """The absolute path in the storage."""
        return self.entry.path

    @property
    def kind(self) -> Kind:
        """`file` or `folder`."""
        return self.entry.kind

    @property
    def size(self) -> int | None:
        """The size in bytes; None for a folder."""
        return None if self.entry.is_folder else self.entry.size

    @property
    def modified(self) -> datetime | None:
        """When it was last changed, with time zone."""
        return self.entry.modified

    @overload
    def __getitem__(self, key: SupportsIndex | slice) -> str: ...

    @overload
    def __getitem__(self, key: str) -> Any: ...

    def __getitem__(self, key: Any) -> Any:
        return self._facts()[key] if isinstance(key, str) else super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return what the dictionaries of older versions had under *key*."""
        return self._facts().get(key, default)

    def keys(self) -> list[str]:
        """Return the keys that there are."""
        return list(self._facts())

    def _facts(self) -> dict[str, str]:
        entry = self.entry
        slash = "/" if entry.is_folder else ""
        facts = {
            "href": paths.relative(entry.path, "/") + slash,
            "type": "directory" if entry.is_folder else "file",
            "url": self._url,
        }
        if entry.modified is not None:
            facts["mtime"] = format_datetime(entry.modified.astimezone(timezone.utc), usegmt=True)
        if not entry.is_folder and entry.size is not None:
            facts["size"] = str(entry.size)
        return facts


def remote_path(given: object) -> str:
    """Return the path that the user means: a `RemoteName`'s own, or the text itself."""
    return given.path if isinstance(given, RemoteName) else paths.remote(str(given))
