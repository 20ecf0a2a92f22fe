"""Storage that is away for a minute, and tokens that end every minute of ten."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.record import record
from tests.faults.test_outages import lose_dcache, lose_xrootd
from tests.faults.test_tokens import carry
from tests.rig import xrootd as rig_xrootd

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double
    from tests.rig.agent import Agent
    from tests.rig.certificate import Certificate
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

AWAY = 60.0
TEN_MINUTES = 600.0


@pytest.mark.timeout(900)
def test_dcache_is_away_for_a_minute(double: Double, tmp_path: Path) -> None:
    """As in `test_outages`."""
    began = time.monotonic()
    lose_dcache(double, tmp_path, AWAY)
    _note("the double of dCache", began)


@pytest.mark.timeout(900)
def test_xrootd_is_stopped_for_a_minute(
    rig_folder: Path, certificate: Certificate, provider: Provider, tmp_path: Path
) -> None:
    """As in `test_outages`."""
    began = time.monotonic()
    lose_xrootd(rig_xrootd.prepared(rig_folder / "xrootd-for-long", certificate, provider), tmp_path, AWAY)
    _note("XRootD, stopped and started", began)


def _note(what: str, began: float) -> None:
    seconds = time.monotonic() - began
    text = f"{what} was away for {AWAY:.0f} s in the middle of a folder down and a folder up: both done by themselves, after {seconds:.0f} s."
    record(f"Outage of {what}", text[0].upper() + text[1:])


@pytest.mark.timeout(3600)
def test_tokens_end_every_minute(xrootd: Door, provider: Provider, agent: Agent, tmp_path: Path) -> None:
    """As in `test_tokens`, with the agent's usual account."""
    began = time.monotonic()
    ends = carry(xrootd, provider, agent, agent.account, tmp_path, TEN_MINUTES)
    seconds = time.monotonic() - began
    assert seconds >= TEN_MINUTES
    assert len(ends) >= 10
    record(
        "Tokens of 60 s, from a real provider by oidc-agent",
        f"A folder down from XRootD and a folder up to it took {seconds:.0f} s and {len(ends)} tokens; both done by themselves.",
    )
