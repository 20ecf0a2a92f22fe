"""A user's machine for each kind of storage: two servers of the rig, and the double of a dCache."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING

import pytest

from tests.cli.settings import Desk, desk_for
from tests.door.double import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double
    from tests.rig.doors import Door


@dataclass(frozen=True)
class Doubled:
    """The double of a dCache with the interface of the rig's doors."""

    double: Double
    name: str = "double"

    @property
    def url(self) -> str:
        return self.double.door.url

    @property
    def ca(self) -> Path | None:
        return self.double.ca

    def token(self) -> str:
        return TOKEN

    def fresh(self) -> str:
        self.raw_folder("/case")
        return "/case"

    def raw_put(self, path: str, content: bytes) -> None:
        self.double.raw_put(normpath(path), content)

    def raw_get(self, path: str) -> bytes:
        return self.double.raw_get(normpath(path))

    def raw_folder(self, path: str) -> None:
        with self.double.names.lock:
            self.double.names.make_folder(normpath(path))

    def raw_exists(self, path: str) -> bool:
        return self.double.names.find(normpath(path)) is not None

    def raw_names(self, path: str) -> list[str]:
        return self.double.raw_names(path)


def desk_of(request: pytest.FixtureRequest, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a machine whose source `dcache` is the server called *name*."""
    if name == "double":
        door: Door = Doubled(request.getfixturevalue("double"))  # type: ignore[assignment]
        return desk_for(door, tmp_path, monkeypatch, kind="dcache")
    return desk_for(
        request.getfixturevalue(name), tmp_path, monkeypatch, kind="dcache" if name == "xrootd" else "webdav"
    )


@pytest.fixture(params=["wsgidav", "xrootd", "double"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine, once with each kind of storage."""
    return desk_of(request, request.param, tmp_path, monkeypatch)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave four of five of fsspec's pattern cases on the slower storages to `soak_filesystem.py`; the first has all of them."""
    cases = [
        item
        for item in items
        if "test_filesystem.py" in item.nodeid and "edge_cases" in item.name and "[wsgidav" not in item.name
    ]
    left = set(cases) - set(cases[::5])
    items[:] = [item for item in items if item not in left]
