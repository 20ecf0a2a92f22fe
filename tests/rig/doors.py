"""A storage door of the rig."""

from __future__ import annotations

import secrets
import shutil
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rig.process import User

__all__ = ["Door", "answers"]


@dataclass(frozen=True, slots=True)
class Door:
    """A running WebDAV server and the folder it serves; the `raw_` methods go behind its back.

    Paths are the storage's: absolute, `/` being the served folder. `token()` gives a bearer token the door accepts.
    """

    name: str
    url: str
    root: Path
    ca: Path | None
    token: Callable[[], str] | None
    owner: User | None = None

    def local(self, path: str) -> Path:
        """Return where *path* lies on the local disk."""
        return self.root / path.strip("/")

    def raw_put(self, path: str, content: bytes) -> None:
        """Put a file there, parents too."""
        file = self.local(path)
        self._make_folders(file.parent)
        file.write_bytes(content)
        self._own(file)

    def raw_get(self, path: str) -> bytes:
        """Return what the file holds."""
        return self.local(path).read_bytes()

    def raw_folder(self, path: str) -> None:
        """Make a folder, parents too; no error if it exists."""
        self._make_folders(self.local(path))

    def raw_remove(self, path: str) -> None:
        """Remove a file, or a folder with all that it holds; no error if there is none."""
        target = self.local(path)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def raw_exists(self, path: str) -> bool:
        """Say whether anything is there."""
        return self.local(path).exists()

    def raw_names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(entry.name for entry in self.local(path).iterdir())

    def fresh(self) -> str:
        """Make an empty folder that no other test knows, and return its path."""
        path = f"/t-{secrets.token_hex(4)}"
        self.raw_folder(path)
        return path

    def _make_folders(self, folder: Path) -> None:
        if not folder.exists():
            self._make_folders(folder.parent)
            folder.mkdir()
            self._own(folder)

    def _own(self, path: Path) -> None:
        if self.owner is not None:
            self.owner.own(path)


def answers(url: str, ca: Path | None) -> bool:
    """Say whether somebody answers there, no matter what."""
    verify = ssl.create_default_context(cafile=str(ca)) if ca else True
    try:
        httpx.get(url, verify=verify, timeout=5)
    except httpx.TransportError:
        return False
    return True
