"""What the benchmarks ask for besides the rig's servers: how many rounds, and where results go."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.report import Report
from tests.conftest import pytest_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["aside", "pytest_addoption", "pytest_plugins", "pytest_sessionfinish", "report", "runs"]

_KEPT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of rounds."""
    parser.addoption("--runs", type=int, default=7, help="rounds of each benchmark (default: 7)")


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> int:
    """Return how often each contestant runs."""
    return int(request.config.getoption("--runs"))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest, runs: int) -> Report:
    """Return where results go."""
    return request.config.stash.setdefault(_KEPT, Report(runs))


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
            place.unlink()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Print the results; write them down only when everything ran and worked."""
    found = session.config.stash.get(_KEPT, None)
    if found is None:
        return
    text = found.text()
    sys.stdout.write("\n\n" + text)
    if exitstatus == 0 and not session.config.getoption("keyword"):
        (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")
