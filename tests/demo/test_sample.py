"""The sample tree is what it claims to be: real formats, the promised names, the same every time."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable, Table

from ctadata_jlab.demo import formats, sample

if TYPE_CHECKING:
    from pathlib import Path

NIGHT = "lst/DL1/20241114/v0.10/tailcut84"


def test_dl1_is_hdf5(tree: Path) -> None:
    """h5py opens a DL1 file and finds the tables of LST."""
    files = sorted((tree / NIGHT).glob("dl1_LST-1.Run*.h5"))
    assert len(files) == 12
    for path in files:
        with h5py.File(path) as file:
            table = file["dl1/event/telescope/parameters/LST_LSTCam"][:]
            assert table["intensity"].min() > 0
            assert list(table["event_id"][:3]) == [1, 2, 3]
            assert file["dl1/event/telescope/image/LST_LSTCam"].shape[1] == 1855


def test_fits(tree: Path) -> None:
    """Astropy opens the image and the events."""
    image = fits.getdata(tree / "cta/crab/crab_counts.fits")
    assert image.shape == (256, 256)
    events = Table.read(tree / "cta/crab/dl3_LST-1.Run19620.fits", hdu="EVENTS")
    assert len(events) == 5000
    assert (events["ENERGY"] > 0).all()


def test_tables(tree: Path) -> None:
    """The ECSV keeps its units, the CSV its columns."""
    sources = QTable.read(tree / "cta/crab/sources.ecsv")
    assert sources["ra"].unit == "deg"
    runs = Table.read(tree / "cta/crab/runs.csv", format="ascii.csv")
    assert runs.colnames[0] == "run"
    assert len(runs) == 240


def test_notebook_runs(tree: Path) -> None:
    """The notebook is valid, and its code runs."""
    notebook = json.loads((tree / "cta/crab/crab first look.ipynb").read_text())
    assert notebook["nbformat"] == 4
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), {})


def test_picture(tree: Path) -> None:
    """The PNG's chunks have right checksums and hold the picture."""
    data = (tree / "cta/crab/shower.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    position, pixels = 8, b""
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        body = data[position + 4 : position + 8 + length]
        assert struct.unpack(">I", data[position + 8 + length :][:4]) == (zlib.crc32(body),)
        pixels += body[4:] if body.startswith(b"IDAT") else b""
        position += 12 + length
    assert len(zlib.decompress(pixels)) == 240 * (1 + 240 * 3)


def test_prod_has_more(tmp_path: Path, tree: Path) -> None:
    """The prod tree has the large file, the large folder and a night that dev lacks."""
    sample.make(tmp_path / "prod")
    names = {str(path.relative_to(tmp_path / "prod")) for path in (tmp_path / "prod").rglob("*")}
    assert {str(path.relative_to(tree)) for path in tree.rglob("*")} < names
    assert len(list((tmp_path / "prod/cta/many").iterdir())) == sample.MANY == 5000
    assert (tmp_path / "prod/cta/simulations/gamma_20deg_run000001.simtel.zst").stat().st_size == 200 << 20
    assert "lst/DL1/20241115" in names
    assert not (tree / "lst/DL1/20241115").exists()


def test_bulk_is_not_sparse(tmp_path: Path) -> None:
    """The large file takes its room on disk, and no block of it is like another."""
    formats.write_bulk(tmp_path / "bulk", mebibytes=4)
    assert (tmp_path / "bulk").stat().st_blocks * 512 >= 4 << 20
    blocks = np.fromfile(tmp_path / "bulk", dtype="u1").reshape(4, -1)
    assert len({row.tobytes() for row in blocks}) == 4


@pytest.mark.parametrize("folder", ["cta/empty", "cta/odd names", "cta/private", "lst/logs"])
def test_awkward_folders(tree: Path, folder: str) -> None:
    """The folders that tests and users are told about are there; the empty one is empty."""
    assert (tree / folder).is_dir()
    assert bool(list((tree / folder).iterdir())) == (folder != "cta/empty")


def test_same_every_time(tmp_path: Path, tree: Path) -> None:
    """Made again, every file has the same bytes and the same time."""
    sample.make(tmp_path / "again", dev=True)
    assert _facts(tmp_path / "again") == _facts(tree)


def test_made_once(tmp_path: Path) -> None:
    """What is there stays as the user left it; what is half made is made again."""
    (tmp_path / "tree.making").mkdir()
    (tmp_path / "tree.making/rest").touch()
    sample.make(tmp_path / "tree", dev=True)
    assert not (tmp_path / "tree.making").exists()
    assert not (tmp_path / "tree/rest").exists()
    (tmp_path / "tree/mine.txt").write_text("kept")
    sample.make(tmp_path / "tree", dev=True)
    assert (tmp_path / "tree/mine.txt").read_text() == "kept"


def _facts(root: Path) -> dict[str, tuple[str, int]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(root)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in files
    }
