"""What the benchmarks ask for besides the rig's servers: how many rounds, and where results go."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.report import Report
from tests import conftest as tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["aside", "pytest_addoption", "pytest_plugins", "pytest_sessionfinish", "report", "runs"]

pytest_plugins = [name for name in tests.pytest_plugins if name != "tests.hunt"]
"""The rig's servers; secrets are not hunted, since davix takes its token as an argument only."""
_KEPT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of rounds."""
    parser.addoption("--runs", type=int, default=7, help="rounds of each benchmark (default: 7)")


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> int:
    """Return how often each contestant runs."""
    return int(request.config.getoption("--runs"))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """Return where results go."""
    return request.config.stash.setdefault(_KEPT, Report())


@pytest.fixture
def aside() -> Iterator[Callable[[Path], None]]:
    """Return what puts a file or folder aside, on its own disk, until the race is over."""
    places: list[Path] = []

    def put(path: Path) -> None:
        if path.exists():
            place = path.with_name(f".{path.name}.{len(places)}.aside")
            path.rename(place)
            places.append(place)

    yield put
    for place in places:
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)  # gone with its folder, if that was the race's own


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Print the results; when everything worked, write them down, in place of earlier ones of the same name."""
    found = session.config.stash.get(_KEPT, None)
    if found is None:
        return
    sys.stdout.write("\n\n" + found.text())
    if exitstatus == 0:
        file = Path(__file__).parent / "RESULTS.md"
        file.write_text(found.merged(file.read_text(encoding="utf-8")), encoding="utf-8")
