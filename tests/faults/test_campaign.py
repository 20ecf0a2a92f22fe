"""A slice of the campaign of faults; ``make soak`` runs all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.campaign import Campaign, assert_right, campaigning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.door.double import Double

SEEDS, EACH = 3, 40


@pytest.fixture(scope="module")
def campaign(running_double: Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folder: Path = tmp_path_factory.mktemp("campaign") / "run"
    with campaigning(running_double, folder) as begun:
        yield begun


@pytest.mark.parametrize("seed", range(SEEDS))
def test_right_bytes_under_the_right_name_or_the_old_ones(campaign: Campaign, seed: int) -> None:
    """Whatever goes wrong, whenever, and wherever it is killed: the new bytes, or a clear error and the old ones; nothing is left over."""
    verdicts = list(campaign.verdicts(seed, EACH, SEEDS))
    assert_right(verdicts)
