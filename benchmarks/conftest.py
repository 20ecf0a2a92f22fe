"""What the benchmarks ask for besides the rig's servers: how many rounds, and where results go."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.report import Report
from tests.conftest import pytest_plugins

__all__ = ["pytest_addoption", "pytest_plugins", "pytest_sessionfinish", "report", "runs"]

_KEPT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of rounds."""
    parser.addoption("--runs", type=int, default=5, help="rounds of each benchmark (default: 5)")


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> int:
    """Return how often each contestant runs."""
    return int(request.config.getoption("--runs"))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest, runs: int) -> Report:
    """Return where results go."""
    return request.config.stash.setdefault(_KEPT, Report(runs))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Print the results; write them down only when everything ran and worked."""
    found = session.config.stash.get(_KEPT, None)
    if found is None:
        return
    text = found.text()
    sys.stdout.write("\n\n" + text)
    if exitstatus == 0 and not session.config.getoption("keyword"):
        (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")
