"""Four users for ten minutes, with tokens of a minute, and a login server that goes away for a minute at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.record import record
from tests.login.crowd import AGENTS, BUILT_IN, all_do, are_in, are_out, went_right

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.login.seats import Seat
    from tests.rig.provider import Provider

ROUNDS = 4
MINUTE = 60


@pytest.mark.timeout(3600)
def test_minutes(seats: dict[str, Seat], folder: str, provider: Provider, approve: Callable[[str], object]) -> None:
    """Each token ends, each outage outlasts a token; when it is over, everybody goes on without a login."""
    are_in(seats, folder, approve)
    asked = told = 0
    for _ in range(ROUNDS):
        end = time.monotonic() + MINUTE
        while time.monotonic() < end:
            went_right(all_do(seats, lambda seat: seat.do(f"ls {folder}")), "a.txt")
            asked += len(seats)
            time.sleep(5)
        with provider.outage():
            end = time.monotonic() + MINUTE
            while time.monotonic() < end:
                said = all_do(seats, lambda seat: seat.do(f"ls {folder}"))
                assert all(one.ok or "login server" in one.text for one in said.values()), said
                told += sum(not one.ok for one in said.values())
                time.sleep(5)
        went_right(all_do(seats, lambda seat: seat.do(f"ls {folder}")), "a.txt")
    assert told
    for names in (BUILT_IN, AGENTS):
        are_out(seats, names, folder)
    record(
        "Logins",
        f"{len(seats)} users (terminal and notebook, built in and by oidc-agent), tokens of {MINUTE} s, {ROUNDS} outages of the login "
        f"server of {MINUTE} s: {asked} listings between the outages, all right; {told} during them told that the login server was "
        "away; nobody had to log in again.",
    )
