"""A user's machine for the doors of the rig: a home of its own, and a `ctadata.toml` with both sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.rig.doors import Door

__all__ = ["Desk", "desk_for", "names"]

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Desk:
    """Where a test works: a folder of its own on *door* (shown as the source's root), a working folder, a token file."""

    door: Door
    root: str
    cwd: Path
    token_file: Path
    config: Path

    def raw_put(self, path: str, content: bytes) -> None:
        """Put a file on the door, behind its back."""
        self.door.raw_put(self.root + "/" + path.lstrip("/"), content)

    def raw_get(self, path: str) -> bytes:
        """Return what the door's file holds."""
        return self.door.raw_get(self.root + "/" + path.lstrip("/"))

    def raw_exists(self, path: str) -> bool:
        """Say whether the door has it."""
        return self.door.raw_exists(self.root + "/" + path.lstrip("/"))


def desk_for(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str = "webdav") -> Desk:
    """Make the user's machine: sources `dcache` (twin `dcache-dev`) on *door*, of which dev is another folder."""
    root = door.fresh()
    door.raw_folder(root + "/prod")
    door.raw_folder(root + "/dev")
    home, cwd = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    cwd.mkdir()
    token = home / "token"
    token.touch(mode=0o600)
    token.write_text((door.token() if door.token else "none") + "\n")
    config = home / "ctadata.toml"
    config.write_text("".join(_source(door, kind, root, name, token) for name in ("dcache", "dcache-dev")))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CTADATA_CONFIG", str(config))
    for name in (
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
        "SCRATCH",
        "BEARER_TOKEN",
        "BEARER_TOKEN_FILE",
        "JUPYTER_CONFIG_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))  # for processes of their own
    monkeypatch.chdir(cwd)
    return Desk(door, root + "/prod", cwd, token, config)


def _source(door: Door, kind: str, root: str, name: str, token: Path) -> str:
    folder, twin = ("dev", "dcache") if name.endswith("dev") else ("prod", "dcache-dev")
    return f"""
[sources.{name}]
title = "{"dCache dev" if folder == "dev" else "dCache"}"
kind = "{kind}"
url = "{door.url}"
root = "{root}/{folder}"
twin = "{twin}"
ca = "{door.ca}"
login = {{ kind = "file", file = "{token}" }}
"""


def names(folder: Path) -> list[str]:
    """Return the names in *folder* that a user sees."""
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
