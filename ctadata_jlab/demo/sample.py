"""The tree of files behind the demo's doors: what an analyst meets, the awkward names and sizes included.

Made once, always the same. The dev door has less than the prod door, so that switching between them shows both cases:
a folder that exists on the other side, and one that does not.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ctadata_jlab.demo import formats

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MANY", "ODD_NAMES", "REFUSED", "VERSION", "make"]

VERSION = 1
"""Raised whenever the tree changes, so that an old one is not taken for it."""
REFUSED = "private"
"""The folder that the doors refuse to open."""
MANY = 5000
"""Entries of the large folder."""
ODD_NAMES = (
    "two words.txt",
    "100% sure.txt",
    "run #7.txt",
    "really?.txt",
    "a+b.txt",
    "%2e%2e.txt",
    "\u00e9toile, one letter.txt",
    "e\u0301toile, letter and accent.txt",
    "'quotes' & <brackets>.txt",
    ";semi:colon=equals@at,comma.txt",
)
SPELLINGS = ("\u00e9.txt", "e\u0301.txt")
"""The same name to the eye, two names to the storage."""
_LAST_CHANGE = 1731679200  # 2024-11-15 14:00 UTC
_NIGHT = "lst/DL1/20241114"


def make(target: Path, *, dev: bool = False) -> None:
    """Make the tree under *target* unless it is there; a half-made one is never left under that name."""
    if target.is_dir():
        return
    making = target.with_name(f"{target.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    _observations(making)
    _results(making)
    _awkward(making)
    if not dev:
        _only_prod(making)
    _set_times(making)
    making.rename(target)


def _folder(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _observations(root: Path) -> None:
    """Lay down a night of LST data."""
    night = _folder(root, f"{_NIGHT}/v0.10/tailcut84")
    for run in range(formats.RUN, formats.RUN + 3):
        for part in range(4):
            formats.write_dl1(night / f"dl1_LST-1.Run{run:05}.{part:04}.h5")
        formats.write_dl1(night / f"datacheck_dl1_LST-1.Run{run:05}.h5", events=100)
    formats.write_log(_folder(root, "lst/logs") / "lstosa_20241114.log")


def _results(root: Path) -> None:
    """Lay down what an analysis makes of it."""
    results = _folder(root, "cta/crab")
    for run in range(formats.RUN, formats.RUN + 3):
        formats.write_events(results / f"dl3_LST-1.Run{run:05}.fits")
    formats.write_sky(results / "crab_counts.fits")
    formats.write_catalogue(results / "sources.ecsv")
    formats.write_runs(results / "runs.csv")
    formats.write_notebook(results / "crab first look.ipynb")
    formats.write_picture(results / "shower.png")


def _awkward(root: Path) -> None:
    """Lay down what breaks careless programs."""
    odd = _folder(root, "cta/odd names")
    for name in ODD_NAMES:
        (odd / name).write_text(f"This file is called {name}\n", encoding="utf-8")
    (_folder(root, "cta/odd names/a folder #1 (50%)") / "inside.txt").write_text("found\n", encoding="utf-8")
    spellings = _folder(root, "cta/two spellings")
    for name in SPELLINGS:
        (spellings / name).write_text(f"{len(name)} characters\n", encoding="utf-8")
    _folder(root, "cta/empty")
    secret = _folder(root, f"cta/{REFUSED}") / "not for you.txt"
    secret.write_text("The door does not let anyone read this.\n", encoding="utf-8")


def _only_prod(root: Path) -> None:
    """Lay down what the dev door lacks: another night, the many files and the large one."""
    night = _folder(root, "lst/DL1/20241115/v0.10/tailcut84")
    for part in range(3):
        formats.write_dl1(night / f"dl1_LST-1.Run19701.{part:04}.h5")
    many = _folder(root, "cta/many")
    for number in range(MANY):
        (many / f"event_{number:05}.txt").write_text(f"{number}\n", encoding="utf-8")
    formats.write_bulk(_folder(root, "cta/simulations") / "gamma_20deg_run000001.simtel.zst")


def _set_times(root: Path) -> None:
    """Give everything a time of last change that does not depend on today."""
    names = sorted(root.rglob("*"))
    for number, path in enumerate(names):
        time = _LAST_CHANGE + 60 * min(number, 600)
        os.utime(path, (time, time))
