"""Tokens that end while a job works, from a real provider by a real agent; ``make soak`` does it for ten minutes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.e2e.server import serving
from tests.faults.outage import SIZES, Carrying, files_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig.agent import Agent
    from tests.rig.doors import Door
    from tests.rig.provider import Provider

SECONDS = 35.0


def test_tokens_that_end_in_the_middle_are_renewed(
    xrootd: Door, provider: Provider, agent: Agent, brief_account: str, tmp_path: Path
) -> None:
    """They live for fifteen seconds, and nobody notices."""
    ends = carry(xrootd, provider, agent, brief_account, tmp_path, SECONDS)
    assert len(ends) >= 3


def carry(door: Door, provider: Provider, agent: Agent, account: str, folder: Path, seconds: float) -> set[float]:
    """Let jobs take *seconds* at least; return when the tokens ended that were used."""
    config = (
        f'only = []\n[sources.grid]\nurl = "{door.url}"\nca = "{door.ca}"\n[sources.grid.login]\n'
        f'kind = "oidc-agent"\naccount = "{account}"\nissuer = "{provider.issuer}"\n'
    )
    with serving(folder, config, environment={"OIDC_SOCK": str(agent.socket)}) as server:
        rate = int(sum(SIZES) / seconds)
        carrying = Carrying(server, "grid", door.raw_put, lambda: files_of(door), door.fresh(), rate)
        carrying.begin(random.Random(2))
        return carrying.finish(6 * seconds, lambda: server.get("sources")[0]["login"]["until"])
