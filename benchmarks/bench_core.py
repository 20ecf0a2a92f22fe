"""What the other systems and the extras cost those who do not use them: megabytes on disk, and time at the start."""

from __future__ import annotations

import compileall
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.race import Contestant, Race

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from benchmarks.report import Report

ROUNDS = 4
"""Times the usual number of rounds, as for other starts."""
OURS = "ctadata_jlab"
EXTRAS = ("preview", "keyring")
PEERS = (
    "storage/firecrest",
    "storage/rucio",
    "storage/s3",
    "storage/oscar",
    "storage/onedata.py",
    "firecrest.py",
    "oscar.py",
)
HIDDEN = ("h5py", "astropy", "keyring", "numpy", "obstore", "firecrest", "oscar_python", "boto3")
START = """
import sys

class Hider:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2].split(","):
            raise ImportError(name)

sys.meta_path.insert(0, Hider())
from pathlib import Path
from ctadata_jlab import config
from ctadata_jlab.session import Session
import ctadata_jlab.server.app
session = Session(config.load(places=[Path(sys.argv[1])]))
assert session.source("door").storage
assert len(session.sources) >= 2
"""


def test_installed(report: Report) -> None:
    """Weigh what pip installs, and what of it is more than JupyterLab brings."""
    lab = _closure(["jupyterlab"])
    core = _closure([OURS])
    rows = [
        ("JupyterLab alone", _amount(lab), _weight(lab), ""),
        ("with ctadata_jlab", _amount(lab | core), _weight(lab | core), _weight(core - lab)),
    ]
    for extra in EXTRAS:
        more = core | _closure([f"{OURS}[{extra}]"])
        rows.append((f"with ctadata_jlab[{extra}]", _amount(lab | more), _weight(lab | more), _weight(more - lab)))
    package = Path(__file__).parents[1] / OURS
    peers = sum(_size(package / name) for name in PEERS)
    rows.append(
        ("of it the code for FirecREST, Rucio, S3, OSCAR and Onedata", "0", f"{peers / 1e6:.2f}", f"{peers / 1e6:.2f}")
    )
    report.tell(
        "Installed",
        ("environment", "distributions", "MB", "MB more than JupyterLab"),
        rows,
        "Files as pip lays them down, without compiled ones. The other systems are spoken to by own calls: "
        "none of their clients is installed, and there is no extra for any of them.",
    )


def test_start_of_the_core(tmp_path: Path, report: Report, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start what a server starts (extension, settings, the first source), with and without what others use."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    compileall.compile_dir(Path(__file__).parents[1] / OURS, quiet=2)
    door = 'only = []\n[sources.door]\nurl = "https://door.example:2880"\nlogin = { kind = "none" }\n'
    others = "".join(
        f'[sources.{kind}]\nkind = "{kind}"\nurl = "https://{kind}.example"\nlogin = {{ kind = "none" }}\n'
        for kind in ("firecrest", "rucio", "s3", "oscar", "onedata")
    )
    few, many = tmp_path / "few.toml", tmp_path / "many.toml"
    few.write_text(door)
    many.write_text(door + others)
    python = [sys.executable, "-c", START]
    race = Race(
        "Starting: the server extension and a first source",
        1,
        "starts",
        [
            Contestant("one door; the extras are installed", [*python, few, "-"]),
            Contestant("one door; neither extras nor the systems' clients", [*python, few, ",".join(HIDDEN)]),
            Contestant("one door, and all five other systems configured", [*python, many, "-"]),
        ],
    )
    race.go(tmp_path, runs * ROUNDS, lambda: None, lambda: None)
    report.add(race, "A source is built when it is first asked for, and only then loads its kind.")


def _closure(wanted: Iterable[str]) -> set[str]:
    """Return the names of what pip installs for *wanted*, as far as it is installed here."""
    found: set[str] = set()
    done: set[tuple[str, str]] = set()
    todo = [(Requirement(text), "") for text in wanted]
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for inner in ("", *requirement.extras):
            if (name, inner) in done or (known := _known(name)) is None:
                continue
            done.add((name, inner))
            found.add(name)
            todo += [(Requirement(text), inner) for text in known.requires or ()]
    return found


def _known(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # for another system or Python
        return None


def _amount(names: set[str]) -> str:
    return str(len(names))


def _weight(names: set[str]) -> str:
    return f"{sum(map(_mass, names)) / 1e6:.1f}"


def _mass(name: str) -> int:
    """Return the bytes of a distribution; ours is installed from its folder, as it will be in the wheel."""
    if name == canonicalize_name(OURS):
        return _size(Path(__file__).parents[1] / OURS)
    files = distribution(name).files or ()
    return sum(_size(Path(str(file.locate()))) for file in files if file.suffix != ".pyc")


def _size(place: Path) -> int:
    if place.is_dir():
        return sum(_size(one) for one in place.iterdir() if one.name != "__pycache__" and not one.is_symlink())
    return place.stat().st_size if place.is_file() else 0
