"""Before anything is written it is known whether it fits: what is there already, whole or in part, needs no room again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import NoSpace
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer import survey
from ctadata_jlab.transfer.job import Item
from ctadata_jlab.transfer.part import part_names

if TYPE_CHECKING:
    from pathlib import Path

WHOLE, HALF, ABSENT, ELSEWHERE = (
    Item(n, path, path, size=60) for n, path in enumerate(("/lst/whole", "/lst/half", "/lst/absent", "/new/file"))
)


@pytest.mark.parametrize(
    ("items", "needed"),
    [([WHOLE], 0), ([HALF], 30), ([ABSENT], 60), ([ELSEWHERE], 60), ([WHOLE, ELSEWHERE, HALF, ABSENT], 150)],
)
def test_room_for_what_is_not_there_yet(
    items: list[Item], needed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many bytes as are missing must be free, and no more."""
    (tmp_path / "lst").mkdir()
    (tmp_path / "lst/whole").write_bytes(bytes(60))
    part_names(tmp_path / "lst/half")[0].write_bytes(bytes(30))
    monkeypatch.setattr(survey, "free_space", lambda _: needed)
    survey.require_room(lambda: items, Local(tmp_path), "/")
    monkeypatch.setattr(survey, "free_space", lambda _: needed - 1)
    with pytest.raises(NoSpace):
        survey.require_room(lambda: items, Local(tmp_path), "/")
