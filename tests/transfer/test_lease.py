"""Who owns the queue."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab.transfer.lease import DEAD_AFTER, Lease, _this_process

if TYPE_CHECKING:
    import pytest


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _elsewhere(**facts: Any) -> dict[str, Any]:
    return {**_this_process(), "host": "other-node", "boot": "other-boot", **facts}


def test_one_at_a_time(tmp_path: Path) -> None:
    """The second is told who; after the first has gone it is the second's."""
    one, two = Lease(tmp_path), Lease(tmp_path)
    assert one.hold()
    assert not two.hold()
    assert "process" in two.holder
    assert one.hold()
    one.release()
    assert two.hold()
    assert not one.hold()


def test_a_process_of_this_host_is_dead_when_it_is_gone(tmp_path: Path) -> None:
    """At once: nobody waits a minute after a crash."""
    script = "import sys; from pathlib import Path; from ctadata_jlab.transfer.lease import Lease; Lease(Path(sys.argv[1])).hold()"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    assert (tmp_path / "owner.json").exists()
    assert Lease(tmp_path).hold()


def test_a_reused_process_number_is_not_the_owner(tmp_path: Path) -> None:
    """A number without the same beginning is another process."""
    assert Lease(tmp_path, me={**_this_process(), "began": "1"}).hold()
    assert Lease(tmp_path).hold()


def test_elsewhere_only_a_minute_of_silence_proves_death(tmp_path: Path) -> None:
    """By our own clock: those of two machines are not compared."""
    clock = Clock()
    far, near = Lease(tmp_path, me=_elsewhere()), Lease(tmp_path, monotonic=clock)
    assert far.hold()
    assert not near.hold()
    clock.now += DEAD_AFTER - 1
    assert not near.hold()
    assert far.hold()  # a beat
    clock.now += DEAD_AFTER - 1
    assert not near.hold()
    clock.now += DEAD_AFTER
    assert near.hold()
    assert not far.hold()


def test_a_container_of_this_host_is_elsewhere(tmp_path: Path) -> None:
    """Its processes cannot be seen from here."""
    me = _this_process()
    assert Lease(tmp_path, me={**me, "space": "pid:[1]", "pid": 999999999}).hold()
    assert not Lease(tmp_path).hold()


def test_an_unreadable_owner_gets_its_minute(tmp_path: Path) -> None:
    """Half-written files of network file systems are no proof."""
    clock = Clock()
    (tmp_path / "owner.json").write_text("{", encoding="utf-8")
    near = Lease(tmp_path, monotonic=clock)
    assert not near.hold()
    clock.now += DEAD_AFTER
    assert near.hold()


def test_a_full_disk_does_not_lose_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease stays whose it was."""
    mine = Lease(tmp_path)
    assert mine.hold()
    before = json.loads((tmp_path / "owner.json").read_bytes())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(Path, "write_text", full)
    assert mine.hold()
    assert json.loads((tmp_path / "owner.json").read_bytes()) == before
