from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ctadata_jlab.cli import main
from tests.cli.settings import Desk, desk_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.rig.doors import Door


@pytest.fixture
def desk(wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine that knows the wsgidav door."""
    return desk_for(wsgidav, tmp_path, monkeypatch)


@pytest.fixture
def run(desk: Desk) -> Callable[..., Result]:
    """Return what runs the program in this process."""

    def run(*words: str, stdin: str = "") -> Result:
        result = CliRunner().invoke(main, list(words), input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert desk.door.token is not None
        assert "print-token" in words or desk.door.token() not in result.output
        return result

    return run
