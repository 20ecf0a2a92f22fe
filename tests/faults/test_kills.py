"""A slice of the siege; ``make soak`` kills two hundred times."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.faults.siege import Siege

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double


def test_a_server_that_is_killed_five_times_finishes_all_the_same(double: Double, tmp_path: Path) -> None:
    """Every hash is right, nothing that was whole is carried again, large files go on where they were."""
    siege = Siege(double, tmp_path, random.Random(5))
    siege.run(5)
    assert siege.kills == 5
    assert siege.resumed
