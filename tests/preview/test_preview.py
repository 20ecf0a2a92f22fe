"""What is in HDF5 and FITS files, found out by ranges, by a child process that cannot do harm."""

from __future__ import annotations

import base64
import gzip
import io
import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from astropy.io import fits

from ctadata_jlab import preview as room
from ctadata_jlab.errors import CtaDataError, Offline, Unsupported
from ctadata_jlab.preview import kind_of, preview
from ctadata_jlab.preview.child import BLOCK, BLOCKS, RangedFile
from ctadata_jlab.storage.memory import Memory, MemoryReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Poured = list[tuple[int, int]]


@pytest.fixture
def poured(monkeypatch: pytest.MonkeyPatch) -> Poured:
    """Return the ranges that were read."""
    ranges: Poured = []
    pour = MemoryReader.pour

    def noting(self: MemoryReader, start: int, end: int, sink: Any) -> None:
        ranges.append((start, end))
        pour(self, start, end, sink)

    monkeypatch.setattr(MemoryReader, "pour", noting)
    return ranges


def _look(data: bytes, name: str, node: str = "", **options: Any) -> dict[str, Any]:
    storage = Memory({f"/{name}": data})
    return preview(storage, storage.stat(f"/{name}"), node, **options)


def _hdf5(fill: Callable[[Any], object]) -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w") as top:
        fill(top)
    return out.getvalue()


def _fits(*units: Any) -> bytes:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *units]).writeto(out)
    return out.getvalue()


def _by_path(looked: dict[str, Any]) -> dict[str, Any]:
    return {node["path"]: node for node in looked["nodes"]}


EVENTS = np.zeros(3000, dtype=[("event_id", "i8"), ("energy", "f4"), ("name", "S3"), ("image", "f4", (5,))])
EVENTS["event_id"] = np.arange(3000)
EVENTS["energy"][:2] = np.nan, 2.5
EVENTS["name"] = b"abc"


def _events(top: Any) -> None:
    table = top.create_dataset("dl1/event/parameters", data=EVENTS, chunks=(500,), compression="gzip")
    table.attrs["energy_UNIT"] = "TeV"
    table.attrs["CTA"] = "LST"
    top["dl1/curve"] = np.linspace(0, 1, 2000)
    top["dl1/cube"] = np.arange(4 * 600 * 500, dtype="i4").reshape(4, 600, 500)
    top["words"] = ["one", "zwei"]
    top["number"] = 42


# --- HDF5


def test_hdf5_structure() -> None:
    """All groups and datasets are told with shape and type, however they are packed."""
    looked = _look(_hdf5(_events), "a.h5")
    nodes = _by_path(looked)
    assert (looked["kind"], looked["truncated"]) == ("hdf5", False)
    assert nodes["/dl1"] == {"path": "/dl1", "type": "group", "members": 3}
    events = nodes["/dl1/event/parameters"]
    assert (events["shape"], events["dtype"], events["columns"]) == ([3000], "table", 4)
    assert (events["compression"], events["chunks"]) == ("gzip", [500])
    assert nodes["/dl1/cube"]["shape"] == [4, 600, 500]


def test_hdf5_table() -> None:
    """A table is seen with its columns, units and first rows; a number that is none does no harm."""
    looked = _look(_hdf5(_events), "a.h5", "/dl1/event/parameters")
    view = looked["view"]
    assert ["CTA", "LST"] in looked["attributes"]
    assert view["total"] == 3000
    assert [column["unit"] for column in view["columns"]] == ["", "TeV", "", ""]
    assert view["rows"][1][:3] == [1, 2.5, "abc"]
    assert view["rows"][0][1] == "nan"
    assert sum(view["bars"][0]["counts"]) == view["sampled"] == 1000
    assert view["bars"][2] is None


def test_hdf5_curve_picture_text() -> None:
    """A row of numbers is a curve, a plane of an array a picture, words a list, a single value a text."""
    data = _hdf5(_events)
    curve = _look(data, "a.h5", "/dl1/curve")["view"]
    assert (curve["type"], curve["total"], curve["values"][0]) == ("curve", 2000, 0.0)
    assert len(curve["values"]) <= 500
    picture = _look(data, "a.h5", "/dl1/cube")["view"]
    assert (picture["type"], picture["shape"]) == ("picture", [4, 600, 500])
    grey = base64.b64decode(picture["grey"])
    assert len(grey) == picture["width"] * picture["height"] <= 256 * 256
    assert (grey[0], grey[-1]) == (0, 255)
    assert _look(data, "a.h5", "/words")["view"]["rows"] == [["one"], ["zwei"]]
    assert _look(data, "a.h5", "/number")["view"] == {"type": "text", "text": "42"}


def test_hdf5_is_read_by_ranges(poured: Poured) -> None:
    """A look at a large file reads what it shows, and not the file."""

    def fill(top: Any) -> None:
        for n in range(6):
            top.create_dataset(f"big{n}", data=np.full((2500, 1000), n, dtype="f8"), chunks=(100, 1000))
        top["small"] = np.arange(10)

    data = _hdf5(fill)
    assert len(data) > 100_000_000
    assert len(_look(data, "a.h5")["nodes"]) == 7
    assert _look(data, "a.h5", "/small")["view"]["total"] == 10
    assert sum(end - start for start, end in poured) < 8_000_000


def test_hdf5_links_lead_nowhere(tmp_path: Path) -> None:
    """A link to another file, or data that lies in one, is shown as such and never followed: it could be any file of the server's."""
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as other:
        other["token"] = "very secret"
    raw = tmp_path / "raw"
    raw.write_bytes(b"very secret")

    def fill(top: Any) -> None:
        top["out"] = h5py.ExternalLink(str(secret), "/token")
        top["soft"] = h5py.SoftLink("/out")
        top.create_dataset("outside", shape=(11,), dtype="u1", external=[(str(raw), 0, 11)])
        layout = h5py.VirtualLayout(shape=(1,), dtype="i4")
        layout[:] = h5py.VirtualSource(str(secret), "token", shape=(1,))
        top.create_virtual_dataset("virtual", layout)

    data = _hdf5(fill)
    assert [node["type"] for node in _look(data, "a.h5")["nodes"]] == ["link", "dataset", "link", "dataset"]
    for node in ("/out", "/soft"):
        with pytest.raises(Unsupported, match="not followed"):
            _look(data, "a.h5", node)
    for node in ("/outside", "/virtual"):
        looked = _look(data, "a.h5", node)
        assert looked["view"] is None
        assert "other files" in looked["why"]


def test_hdf5_groups_that_hold_each_other() -> None:
    """A circle of groups ends."""

    def fill(top: Any) -> None:
        top.create_group("a")["b"] = top

    assert len(_look(_hdf5(fill), "a.h5")["nodes"]) == 2


# --- FITS


def _tables() -> bytes:
    image = np.arange(300 * 400, dtype="f4").reshape(300, 400)
    columns = [
        fits.Column("ID", "J", array=np.arange(2000)),
        fits.Column("ENERGY", "E", unit="TeV", array=np.full(2000, 1.5, "f4")),
        fits.Column("COUNT", "I", bzero=32768, array=np.full(2000, 40000, "u2")),
        fits.Column("NAME", "4A", array=np.array(["crab"] * 2000)),
        fits.Column("TRACE", "PE()", array=np.array([np.arange(n % 3, dtype="f4") for n in range(2000)], dtype=object)),
    ]
    events = fits.BinTableHDU.from_columns(columns, name="EVENTS")
    return _fits(fits.ImageHDU(image, name="SKY"), events, fits.CompImageHDU(image, name="PACKED"))


def test_fits_structure() -> None:
    """All HDUs are told with their names, kinds and shapes."""
    nodes = _look(_tables(), "a.fits")["nodes"]
    assert [(node["name"], node["type"]) for node in nodes] == [
        ("PRIMARY", "PrimaryHDU"),
        ("SKY", "ImageHDU"),
        ("EVENTS", "BinTableHDU"),
        ("PACKED", "CompImageHDU"),
    ]
    assert (nodes[1]["shape"], nodes[1]["dtype"]) == ([300, 400], "BITPIX -32")
    assert (nodes[2]["shape"], nodes[2]["columns"]) == ([2000], 5)


def test_fits_table() -> None:
    """A table is seen with header, units and first rows, in the values that it means; arrays of any length by their lengths."""
    looked = _look(_tables(), "a.fits", "2")
    view = looked["view"]
    assert ["EXTNAME", "EVENTS", "extension name"] in looked["header"]
    assert view["rows"][7][:4] == [7, 1.5, 40000, "crab"]
    assert view["columns"][1] == {"name": "ENERGY", "dtype": "E", "unit": "TeV"}
    assert (view["total"], view["sampled"]) == (2000, 1000)


@pytest.mark.parametrize("node", ["1", "3"], ids=["plain", "compressed"])
def test_fits_image(node: str) -> None:
    """An image is seen as a picture, compressed or not."""
    view = _look(_tables(), "a.fits", node)["view"]
    assert (view["type"], view["shape"]) == ("picture", [300, 400])
    grey = base64.b64decode(view["grey"])
    assert (grey[0], grey[-1]) == (0, 255)


def test_fits_gzip() -> None:
    """A gzipped file is looked into as far as it has to be unpacked."""
    assert len(_look(gzip.compress(_tables()), "a.fits.gz")["nodes"]) == 4


def test_fits_is_read_by_ranges(poured: Poured) -> None:
    """Neither a large image nor a long table is read whole for a look."""
    long = fits.BinTableHDU.from_columns([fits.Column("X", "1000E", array=np.zeros((10_000, 1000), "f4"))], name="LONG")
    data = _fits(fits.ImageHDU(np.zeros((6000, 2500), "f4")), long)
    assert len(data) > 90_000_000
    assert len(_look(data, "a.fits")["nodes"]) == 3
    assert sum(end - start for start, end in poured) < 3_000_000
    poured.clear()
    assert _look(data, "a.fits", "2")["view"]["total"] == 10_000
    assert sum(end - start for start, end in poured) < 8_000_000
    poured.clear()
    assert _look(data, "a.fits", "1")["view"]["type"] == "picture"
    assert sum(end - start for start, end in poured) < 40_000_000


# --- limits


def test_what_is_no_such_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage, an empty file, a kind that is unknown and a file on tape are refused in words."""
    for name in ("a.h5", "a.fits"):
        for data in (b"", os.urandom(100_000)):
            with pytest.raises(Unsupported) as caught:
                _look(data, name)
            assert caught.value.hint
    with pytest.raises(Unsupported, match="no kind"):
        _look(b"", "a.txt")
    storage = Memory({"/a.h5": b""})
    with pytest.raises(Offline):
        preview(storage, replace(storage.stat("/a.h5"), online=False))


def test_a_file_that_needs_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for more than the budget, or takes too long, is stopped, and the child is gone."""
    monkeypatch.setattr(room, "BUDGET", 1000)
    with pytest.raises(Unsupported, match="without reading more than"):
        _look(_tables(), "a.fits")
    monkeypatch.undo()
    with pytest.raises(Unsupported, match="too long"):
        _look(_tables(), "a.fits", seconds=0.01)


def test_memory_of_the_child_is_bounded() -> None:
    """A dataset that unpacks to more than the child may have ends in words, not in the machine's memory."""

    def fill(top: Any) -> None:
        top.create_dataset("bomb", shape=(1, 1 << 32), dtype="u1", chunks=(1, 1 << 28), compression="gzip")

    looked = _look(_hdf5(fill), "a.h5", "/bomb")
    assert looked["view"] is None
    assert "too large" in looked["why"]


@pytest.mark.parametrize(
    "act", ["bytearray(child.MEMORY)", "open('x', 'w').write('x' * 10_000)"], ids=["much memory", "a file"]
)
def test_the_child_has_limits(tmp_path: Path, act: str) -> None:
    """Its limits are the system's: a library cannot take more memory, nor write a file."""
    code = f"from ctadata_jlab.preview import child; child.limit(); {act}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode != 0
    assert not (tmp_path / "x").exists() or not (tmp_path / "x").read_bytes()


def test_a_source_that_fails_is_told_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the storage comes out as that error, not as a fault of the file."""

    def broken(*_: object) -> None:
        raise CtaDataError("The pool broke off.")

    monkeypatch.setattr(MemoryReader, "pour", broken)
    with pytest.raises(CtaDataError, match="pool broke off"):
        _look(_tables(), "a.fits")


def test_children_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error as after an answer no child and no turn is left."""
    for _ in range(3):
        with pytest.raises(Unsupported):
            _look(b"no", "a.h5")
    assert room._TURNS._value == 2
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer) and one.is_alive()]


@pytest.mark.parametrize("name", ["a.h5", "B.HDF5", "x.fits.gz", "x.fits.fz", "y.FITS", "n.nc"])
def test_kinds(name: str) -> None:
    """Kinds are told by the end of the name."""
    assert kind_of(name) == ("fits" if "fits" in name.lower() else "hdf5")
    assert kind_of(name + ".txt") is None


def test_ranged_file() -> None:
    """The file that the libraries see is that file, read in runs of blocks that grow, of which the last are remembered."""
    data, asked = os.urandom(BLOCK * 3 + 17), []

    def ask(start: int, end: int) -> bytes:
        asked.append((start, end))
        return data[start:end]

    file = RangedFile(len(data), ask)
    assert file.read() == data
    assert asked == [(0, BLOCK), (BLOCK, 3 * BLOCK), (3 * BLOCK, len(data))]
    file.seek(BLOCK - 5)
    assert file.read(10) == data[BLOCK - 5 : BLOCK + 5]
    assert file.seek(-3, os.SEEK_END) == len(data) - 3
    assert file.read(10) == data[-3:]
    assert (len(asked), BLOCKS > 4) == (3, True)
