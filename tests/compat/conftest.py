from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.settings import Desk, desk_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["wsgidav", "xrootd"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine, once with each kind of door."""
    return desk_for(request.getfixturevalue(request.param), tmp_path, monkeypatch)
