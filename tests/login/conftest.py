from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.login.crowd import AGENTS, BUILT_IN
from tests.login.seats import Machine, Notebook, Seat, Terminal
from tests.rig.agent import agent_running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.doors import Door
    from tests.rig.provider import Provider


@pytest.fixture(scope="module")
def folder(xrootd: Door) -> str:
    """A folder of the grid with one file."""
    path = xrootd.fresh()
    xrootd.raw_put(f"{path}/a.txt", b"alpha")
    return path


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory, xrootd: Door, provider: Provider) -> Iterator[dict[str, Seat]]:
    """Four users with nothing set up but their source; two have an oidc-agent that knows nobody."""
    client = provider.as_client("users-short")
    with ExitStack() as stack:
        seats: dict[str, Seat] = {}
        for name in (*BUILT_IN, *AGENTS):
            place = tmp_path_factory.mktemp("user")
            agent = stack.enter_context(agent_running(place)) if name in AGENTS else None
            machine = Machine(place, client, agent)
            machine.settle(xrootd.url)
            is_terminal = name.startswith("terminal")
            seats[name] = Terminal(machine) if is_terminal else stack.enter_context(Notebook(machine).open())
        yield seats


@pytest.fixture
def approve(provider: Provider) -> Callable[[str], object]:
    """The person who confirms, in another browser."""
    return lambda code: threading.Thread(target=provider.approve, args=(code,), daemon=True).start()
