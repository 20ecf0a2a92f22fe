"""All of the campaign of faults: at least two thousand that came to pass, no two of them alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.campaign import Campaign, assert_right, campaigning
from tests.faults.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.door.double import Double
    from tests.faults.campaign import Verdict

SEEDS, EACH = 8, 260


@pytest.fixture(scope="module")
def campaign(running_double: Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaigning(running_double, tmp_path_factory.mktemp("campaign") / "run") as begun:
        yield begun


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_right_bytes_under_the_right_name_or_the_old_ones(campaign: Campaign, seed: int) -> None:
    """As in `test_campaign`, everywhere."""
    verdicts = list(campaign.verdicts(seed, EACH, SEEDS))
    assert_right(verdicts)
    record(f"Faults, seed {seed} of {SEEDS}", _told(verdicts))


def _told(verdicts: list[Verdict]) -> str:
    snapped = [verdict for verdict in verdicts if verdict.snapped]
    ends = Counter(verdict.said for verdict in snapped)
    operations = Counter(verdict.point.operation for verdict in snapped)
    faults = Counter(_fault(verdict) for verdict in snapped)
    distinct = len({verdict.point.fault for verdict in snapped})
    return "\n".join(
        [
            f"{len(verdicts)} runs; {len(snapped)} faults came to pass, {distinct} of them distinct; 0 exceptions.\n",
            f"- ended as: {_list(ends)}",
            f"- operations: {_list(operations)}",
            f"- faults: {_list(faults)}",
        ]
    )


def _fault(verdict: Verdict) -> str:
    if not verdict.point.kill:
        return verdict.point.trap
    return f"killed, and {verdict.point.trap}" if verdict.point.trap else "killed"


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
