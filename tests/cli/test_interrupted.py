"""Ctrl-C: every command that takes its time ends at once, says so, leaves nothing half-done, and goes on when it is run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.settings import REPOSITORY
from tests.door.traps import Traps
from tests.faults.siege import source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.door.double import Double

CONTENT = os.urandom(3 << 20)
DEPTH = 400
"""So many folders, one in the other, are listed at most 200 a second."""


@dataclass(frozen=True)
class Place:
    """A storage, and the folder that the program works in."""

    double: Double
    here: Path

    def run(self, *words: str) -> subprocess.Popen[str]:
        """Start the program."""
        command = [sys.executable, "-m", "ctadata_jlab.cli", *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def is_moving(self) -> bool:
        """Whether a pool was asked for bytes, or to take some."""
        return bool(self.double.requests("pool"))

    def is_looking(self) -> bool:
        """Whether some folders were listed."""
        return len(self.double.requests("door", "PROPFIND")) > 10


@pytest.fixture
def place(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a storage that takes three seconds for a file."""
    config, here = tmp_path / "ctadata.toml", tmp_path / "work"
    config.write_text(source_of(double, tmp_path))
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CTADATA_CONFIG", str(config))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    double.reset(replace(Traps.usual(), rate=len(CONTENT) // 3))
    double.raw_put("/lst/big", CONTENT)
    double.raw_put("/deep" + "/d" * DEPTH + "/end", b"1")
    (here / "up").mkdir()
    (here / "up/big").write_bytes(CONTENT)
    return Place(double, here)


def _nothing(place: Place) -> bool:
    """Nothing is asked for but words."""
    return not place.double.raw_names("/mine")


def _no_half_up(place: Place) -> bool:
    """Or whole: all of it may have been on its way."""
    return "big" not in place.double.raw_names("/mine") or place.double.raw_get("/mine/big") == CONTENT


def _no_half_down(place: Place) -> bool:
    file = place.here / "lst/big"
    return not file.exists() or file.read_bytes() == CONTENT


def _is_up(place: Place) -> bool:
    return place.double.raw_names("/mine") == ["big"] and place.double.raw_get("/mine/big") == CONTENT


def _is_down(place: Place) -> bool:
    return [file.name for file in (place.here / "lst").iterdir()] == ["big"] and (
        place.here / "lst/big"
    ).read_bytes() == CONTENT


Check = "Callable[[Place], bool]"


@pytest.mark.parametrize(
    ("words", "began", "then", "finally_"),
    [
        (["get", "-r", "lst"], Place.is_moving, _no_half_down, _is_down),
        (["put", "-r", "up", "mine"], Place.is_moving, _no_half_up, _is_up),
        (["sync", ":lst", "lst"], Place.is_moving, _no_half_down, _is_down),
        (["sync", "up", ":mine"], Place.is_moving, _no_half_up, _is_up),
        (["cp", "lst/big", "mine/big"], Place.is_moving, _no_half_up, _is_up),
        (["checksum", "-a", "md5", "lst/big"], Place.is_moving, _nothing, _nothing),
        (["cat", "lst/big"], Place.is_moving, _nothing, _nothing),
        (["find", "deep"], Place.is_looking, _nothing, _nothing),
        (["du", "deep"], Place.is_looking, _nothing, _nothing),
        (["ls", "-R", "deep"], Place.is_looking, _nothing, _nothing),
        (["tree", "deep"], Place.is_looking, _nothing, _nothing),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_it_ends_and_goes_on(
    place: Place,
    words: list[str],
    began: Callable[[Place], bool],
    then: Callable[[Place], bool],
    finally_: Callable[[Place], bool],
) -> None:
    """130, one sentence and no traceback; no file under its name that is not whole; the same command does the rest."""
    place.double.names.make_folder("/mine")
    if finally_ is _nothing:
        place.double.traps.rate = len(CONTENT) // 60  # nobody waits for the end
    process = place.run(*words)
    until = time.monotonic() + 60
    while not began(place) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert said.strip().splitlines()[-1] == "Stopped. The same command goes on from here."
    assert "Traceback" not in said
    assert then(place)
    if finally_ is _nothing:
        return
    place.double.wait_until_quiet()
    place.double.traps.rate = 0
    again = place.run(*words)
    _, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert finally_(place), place.double.raw_names("/mine")
