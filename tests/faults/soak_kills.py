"""Two hundred times a whole Jupyter server is killed while it works."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.record import record
from tests.faults.siege import Siege

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double

SEEDS, EACH = 10, 20


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_server_that_is_killed_finishes_all_the_same(double: Double, tmp_path: Path, seed: int) -> None:
    """As in `test_kills`, folder after folder, until it has died twenty times."""
    chance, kills, resumed, again, rounds = random.Random(seed), 0, 0, 0, 0
    while kills < EACH:
        siege = Siege(double, tmp_path / str(rounds), chance)
        siege.run(EACH - kills)
        rounds, kills = rounds + 1, kills + siege.kills
        resumed, again = resumed + siege.resumed, again + siege.begun_again
    record(
        f"Kills, seed {seed} of {SEEDS}",
        f"{kills} servers killed (SIGKILL) in {rounds} rounds of a folder down and a folder up. All hashes right; "
        f"{resumed} downloads went on in the middle, {again} uploads began again; nothing that was whole was carried again.",
    )
