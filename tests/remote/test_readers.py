"""What scientists read with, straight from storage: the right values, and no more bytes than that needs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import astropy.io.fits
import fsspec
import h5py
import numpy as np
import pandas as pd
import pytest
import uproot
import xarray

import ctadata_jlab
from ctadata_jlab.curl import Curl
from tests.remote.conftest import desk_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.settings import Desk

LARGE = 2 * 1000**3
FEW = 8 * 1000**2


@pytest.fixture(params=["wsgidav", "xrootd"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a machine with a storage on whose disk files may be made."""
    return desk_of(request, request.param, tmp_path, monkeypatch)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return what tells how many bytes of files have come."""
    total = 0
    get = Curl.get

    def counted(self: Curl, url: str, what: str, sink: Callable[[bytes], object], **options: object) -> object:
        def count(data: bytes) -> None:
            nonlocal total
            total += len(data)
            sink(data)

        return get(self, url, what, count, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Curl, "get", counted)
    return lambda: total


def stored(desk: Desk, path: str, local: Path) -> None:
    """Put *local* on the storage, its holes too."""
    desk.raw_put(path, b"")
    target = desk.door.local(desk.root + path)
    subprocess.run(["cp", "--sparse=always", local, target], check=True)


def test_one_header_of_a_large_fits_file(desk: Desk, tmp_path: Path, moved: Callable[[], int]) -> None:
    """2 GB of image, then a table: both headers and a few rows cost less than 8 MB."""
    columns = [astropy.io.fits.Column(name="energy", format="D", array=np.arange(1000.0))]
    table = astropy.io.fits.BinTableHDU.from_columns(columns, name="EVENTS")
    primary = astropy.io.fits.PrimaryHDU(np.zeros((1, 1), dtype=">i2"))
    large = tmp_path / "large.fits"
    with large.open("wb") as file:
        header = primary.header
        header["NAXIS1"], header["NAXIS2"] = 10_000, LARGE // 20_000
        header["OBJECT"] = "Crab"
        file.write(header.tostring().encode())
        file.seek(len(header.tostring()) + -(-LARGE // 2880) * 2880)
        table.writeto(tmp_path / "table.fits")
        file.write((tmp_path / "table.fits").read_bytes()[2880:])
    stored(desk, "/large.fits", large)
    with fsspec.open("ctadata://dcache/large.fits") as file, astropy.io.fits.open(file) as found:
        assert found[0].header["OBJECT"] == "Crab"
        assert found["EVENTS"].data["energy"][999] == 999.0
    assert large.stat().st_size > LARGE
    assert moved() < FEW
    source = ctadata_jlab.source("dcache")
    with source.open("/large.fits") as plain:
        assert astropy.io.fits.getheader(plain)["OBJECT"] == "Crab"
    assert moved() < FEW


def test_one_dataset_of_a_large_hdf5_file(desk: Desk, tmp_path: Path, moved: Callable[[], int]) -> None:
    """2 GB beside it are not fetched."""
    large = tmp_path / "large.h5"
    with h5py.File(large, "w") as file:
        file.create_dataset("dl1/image", shape=(LARGE // 4,), dtype="f4")[-1] = 1.0
        for n in range(200):
            file.create_dataset(f"dl1/group{n}/small", data=np.arange(100))
        file["dl1/parameters"] = np.arange(100_000, dtype="f8")
        file["dl1/parameters"].attrs["unit"] = "TeV"
    stored(desk, "/large.h5", large)
    with fsspec.open("ctadata://dcache/large.h5") as remote, h5py.File(remote) as file:
        assert file["dl1/parameters"][99_999] == 99_999
        assert file["dl1/parameters"].attrs["unit"] == "TeV"
        assert file["dl1/group150/small"][7] == 7
        assert file["dl1/image"].shape == (LARGE // 4,)
    assert large.stat().st_size > LARGE
    assert moved() < FEW


def test_pandas_reads_and_writes(desk: Desk) -> None:
    """CSV and Parquet, by address."""
    frame = pd.DataFrame({"run": range(1000), "energy": np.linspace(0, 1, 1000)})
    frame.to_csv("ctadata://dcache/new/runs.csv", index=False)
    frame.to_parquet("ctadata://dcache/new/runs.parquet")
    assert pd.read_csv("ctadata://dcache/new/runs.csv")["run"].sum() == 499_500
    assert pd.read_parquet("ctadata://dcache/new/runs.parquet", columns=["run"])["run"].sum() == 499_500
    assert desk.raw_get("/new/runs.csv").startswith(b"run,energy\n0,0.0\n")


def test_uproot_reads(desk: Desk, tmp_path: Path, moved: Callable[[], int]) -> None:
    """One branch of a tree, by address; the others stay where they are."""
    with uproot.recreate(tmp_path / "tree.root") as file:
        file["events"] = {
            "energy": np.arange(100_000, dtype="f8"),
            "noise": np.random.default_rng(1).random((100_000, 20)),
        }
    stored(desk, "/tree.root", tmp_path / "tree.root")
    with uproot.open("ctadata://dcache/tree.root:events") as tree:
        assert tree["energy"].array(library="np").sum() == 4_999_950_000
    assert moved() < (tmp_path / "tree.root").stat().st_size / 2


def test_xarray_reads_hdf5(desk: Desk, tmp_path: Path) -> None:
    """By h5py, through an open file."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["energy"] = np.arange(10.0)
    stored(desk, "/a.h5", tmp_path / "a.h5")
    with fsspec.open("ctadata://dcache/a.h5") as remote, h5py.File(remote) as file:
        assert float(xarray.DataArray(file["energy"][:], dims="event").sum()) == 45.0


DASK = """
import dask
import pandas

def total(path):
    import os
    return os.getpid(), int(pandas.read_csv(path)["n"].sum())

if __name__ == "__main__":
    parts = [dask.delayed(total)(f"ctadata://dcache/parts/{k}.csv") for k in range(8)]
    found = dask.compute(*parts, scheduler="processes", num_workers=2)
    print(sum(n for _, n in found), os.getpid() not in {pid for pid, _ in found})
"""


def test_dask_reads_in_two_processes(desk: Desk) -> None:
    """Each opens the files with its own login; the graph holds no token."""
    for k in range(8):
        desk.raw_put(f"/parts/{k}.csv", ("n\n" + "".join(f"{n}\n" for n in range(100))).encode())
    script = desk.cwd / "script.py"
    script.write_text("import os\n" + DASK)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.split() == ["39600", "True"], done.stderr
