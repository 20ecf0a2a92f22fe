"""What a notebook has of an attached file or folder: a name for it, that asks nothing until it is used."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.remote import source

if TYPE_CHECKING:
    from os import PathLike

    from ctadata_jlab.foreground import Summary
    from ctadata_jlab.remote import Remote
    from ctadata_jlab.storage import Entry

__all__ = ["Handle"]


class Handle:
    """The file or folder *path* of the source called *name*: made without asking anybody, it looks when it is used.

    It is also a path for whatever reads by fsspec: ``pandas.read_csv(handle.url)``.
    """

    __slots__ = ("name", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = paths.remote(path)

    def __repr__(self) -> str:
        return f"Handle({self.name!r}, {self.path!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and (self.name, self.path) == (other.name, other.path)

    def __hash__(self) -> int:
        return hash((self.name, self.path))

    def __truediv__(self, name: str) -> Handle:
        return Handle(self.name, paths.join(self.path, name))

    @property
    def remote(self) -> Remote:
        """The source."""
        return source(self.name)

    @property
    def url(self) -> str:
        """The address for fsspec: ``ctadata://SOURCE/path``."""
        return f"ctadata://{self.name}{self.path}"

    @property
    def entry(self) -> Entry:
        """What is known of it now: kind, size, time."""
        return self.remote.stat(self.path)

    def list(self) -> list[Entry]:
        """Return what the folder holds."""
        return self.remote.list(self.path)

    def open(self, mode: str = "rb", *, encoding: str = "utf-8") -> IO[Any]:
        """Open the file for reading, by default as bytes; only what is read is fetched."""
        open_: Any = self.remote.open
        opened: IO[Any] = open_(self.path, mode, encoding=encoding)
        return opened

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return its bytes."""
        return self.remote.read(self.path, start, end)

    def get(self, to: str | PathLike[str] | None = None, **options: Any) -> Summary:
        """Download it; see `Remote.get`."""
        return self.remote.get(self.path, to, **options)
