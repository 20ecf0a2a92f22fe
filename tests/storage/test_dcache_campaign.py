"""A small campaign of faults: any trap, at any moment, in any combination. Right bytes, or an error and the old ones."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.curl import exchange
from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import patience
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.copy import copy
from tests.door.traps import Traps
from tests.storage.test_dcache import dcache

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double

SEEDS = range(int(os.environ.get("CTADATA_SEEDS", "30")))
"""How many runs; each is told by its number."""


def traps(chance: random.Random, size: int) -> Traps:
    """Return what dCache always has and some of what it sometimes has."""
    chosen = Traps.usual()
    for name in ("cut_downloads", "cut_uploads", "stale", "flips", "truncates", "move_dies", "lost_moves"):
        setattr(chosen, name, chance.choice([0, 0, 0, 1, 2]))
    for name in (
        "no_put_digest",
        "no_checksums",
        "overwrite_refused",
        "frontend_down",
        "proxies_reads",
        "proxies_writes",
    ):
        setattr(chosen, name, chance.random() < 0.2)
    if chosen.no_checksums:
        chosen.flips = 0  # of the right size, and nobody tells a checksum: that cannot be noticed, and the job says "size checked only"
    chosen.stale_refused = chance.random() < 0.5
    chosen.cut_after = chance.randrange(size + 1)
    chosen.checksum_late = chance.choice([0.0, 0.0, 0.2])
    chosen.quota = chance.choice([None, None, None, size, 3 * size])
    return chosen


@pytest.mark.parametrize("seed", SEEDS)
def test_right_bytes_or_an_error_and_the_old_ones(
    double: Double, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload or a download under the chosen traps; after an error nothing is there but what was, and an accounted temporary."""
    monkeypatch.setattr(patience, "_FIRST", 0.01)
    monkeypatch.setattr(exchange, "IDLE_SECONDS", 5.0)
    chance = random.Random(seed)
    size = chance.choice([0, 1, 70_000, 600_000])
    old, new = chance.choice([None, b"old" * 7]), chance.randbytes(size)
    upload = chance.random() < 0.7
    double.reset()
    if upload and old is not None:
        double.raw_put("/f", old)
    if not upload:
        double.raw_put("/f", new)
    double.traps.__dict__.update(traps(chance, max(size, 100)).__dict__)
    double.names.quota = double.traps.quota
    (tmp_path / "f").write_bytes(new if upload else old or b"")
    if not upload and old is None:
        (tmp_path / "f").unlink()
    ends = End("dcache", dcache(double, frontend=chance.random() < 0.5), "/f"), End("local", Local(tmp_path), "/f")
    try:
        copy(*(reversed(ends) if upload else ends), conflict="replace", ticket=f"job-{seed}")
    except CtaDataError:
        wanted = {old}
        names = set(double.raw_names()) - {"f", f".f.job-{seed}.ctapart"}
    else:
        wanted = {new}
        names = set(double.raw_names()) - {"f"}
    there = double.names.find("/f") if upload else None
    local = tmp_path / "f"
    found = (there.data if there else None) if upload else (local.read_bytes() if local.exists() else None)
    is_kept = upload and found is None and f".f.job-{seed}.ctapart" in double.raw_names() and wanted == {old}
    assert found in wanted or (is_kept and double.raw_get(f"/.f.job-{seed}.ctapart") == new)
    assert not names
