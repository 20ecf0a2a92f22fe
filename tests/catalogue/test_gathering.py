"""Gathering by a catalogue while there is nothing to gather."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Offline
from ctadata_jlab.http import Trust
from ctadata_jlab.storage import Entry
from ctadata_jlab.storage.asking import MOMENT
from ctadata_jlab.storage.rucio import gathering
from ctadata_jlab.storage.rucio.doors import Doors
from ctadata_jlab.storage.rucio.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from ctadata_jlab.storage.rucio.api import Replica


def test_a_moment_passes_where_nothing_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a door at work, nobody else waits: a core would be busy until the hands have caught up. What is passed over does not wait."""
    slept: list[float] = []
    monkeypatch.setattr(gathering, "time", SimpleNamespace(sleep=slept.append))

    def on_tape(path: str) -> Sequence[Replica]:
        raise Offline(f"{path} is on tape.")

    file = Entry("/s/d/f", "file", 1)
    came = list(Gathering(on_tape, Doors(lambda _: (), Trust())).run(iter([file, None, None, file, None]), 4))
    assert [one and type(one.error) for one in came] == [Offline, None, None, Offline, None]
    assert slept == [MOMENT] * 3
