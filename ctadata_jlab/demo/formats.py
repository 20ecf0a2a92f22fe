"""One writer for each kind of file in the demo's doors: real formats with made-up, seeded contents."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

__all__ = [
    "RUN",
    "write_bulk",
    "write_catalogue",
    "write_dl1",
    "write_events",
    "write_log",
    "write_notebook",
    "write_picture",
    "write_runs",
    "write_sky",
]

START = datetime(2024, 11, 14, 20, 30, tzinfo=timezone.utc)
MEBIBYTE = 1 << 20
RUN = 19620
PIXELS = 1855
"""Pixels of an LST camera."""


def _random(seed: object) -> np.random.Generator:
    import numpy as np  # noqa: PLC0415  # only with the extra [demo]

    return np.random.default_rng(zlib.crc32(str(seed).encode()))


def write_dl1(path: Path, events: int = 2000) -> None:
    """Write a DL1 file of one subrun as LST names it: parameters, trigger times and some camera images."""
    import h5py  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    random = _random(path.name)
    parameters = _parameters(random, events)
    times = np.sort(random.uniform(0, 12, events)) + START.timestamp()
    with h5py.File(path, "w") as file:
        file.attrs["CTA PRODUCT DATA MODEL VERSION"] = "v5.0.0"
        file.attrs["CTA PRODUCT DATA LEVELS"] = "DL1"
        file.attrs["CTA INSTRUMENT ID"] = "LST-1"
        zipped: dict[str, Any] = {"compression": "gzip", "compression_opts": 1}
        telescope = file.create_group("dl1/event/telescope")
        telescope.create_dataset("parameters/LST_LSTCam", data=parameters, **zipped)
        images = random.poisson(2, (50, PIXELS)).astype("f4")
        telescope.create_dataset("image/LST_LSTCam", data=images, **zipped)
        file.create_dataset("dl1/event/subarray/trigger", data=times, **zipped)


def _parameters(random: np.random.Generator, events: int) -> Any:
    """Return the table of image parameters, with the columns that an analysis reads first."""
    import numpy as np  # noqa: PLC0415

    columns = ("intensity", "width", "length", "x", "y", "psi", "leakage_intensity_width_2", "alt_tel", "az_tel")
    table = np.zeros(events, dtype=[("obs_id", "i8"), ("event_id", "i8"), *((name, "f8") for name in columns)])
    table["obs_id"] = RUN
    table["event_id"] = np.arange(1, events + 1)
    table["intensity"] = random.lognormal(5.5, 1.1, events)
    table["width"] = random.gamma(4, 0.02, events)
    table["length"] = table["width"] * random.uniform(1, 4, events)
    table["x"], table["y"] = random.normal(0, 0.5, (2, events))
    table["psi"] = random.uniform(-np.pi / 2, np.pi / 2, events)
    table["leakage_intensity_width_2"] = random.beta(1, 12, events)
    table["alt_tel"], table["az_tel"] = 1.22, 1.78
    return table


def write_events(path: Path, events: int = 5000) -> None:
    """Write a DL3-like FITS file: a table of events and one of good time intervals."""
    from astropy.io import fits  # noqa: PLC0415
    from astropy.table import Table  # noqa: PLC0415

    random = _random(path.name)
    table = Table()
    table["EVENT_ID"] = list(range(1, events + 1))
    table["RA"] = random.normal(83.63, 0.4, events).astype("f4")
    table["DEC"] = random.normal(22.01, 0.4, events).astype("f4")
    table["ENERGY"] = (0.03 * (1 + random.pareto(1.6, events))).astype("f4")
    header = fits.Header(
        {"EXTNAME": "EVENTS", "OBJECT": "Crab", "OBS_ID": RUN, "TELESCOP": "CTA-N", "INSTRUME": "LST-1"}
    )
    times = Table({"START": [START.timestamp()], "STOP": [START.timestamp() + 1200.0]})
    gti = fits.BinTableHDU(times, name="GTI")
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table, header=header), gti]).writeto(path)


def write_sky(path: Path, side: int = 256) -> None:
    """Write a FITS image of a point source with sky coordinates."""
    import numpy as np  # noqa: PLC0415
    from astropy.io import fits  # noqa: PLC0415

    y, x = np.mgrid[:side, :side] - side / 2
    counts = _random(path.name).poisson(1 + 60 * np.exp(-(x**2 + y**2) / 90)).astype("f4")
    header = fits.Header({"OBJECT": "Crab", "BUNIT": "count", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    header.update({"CRVAL1": 83.63, "CRVAL2": 22.01, "CRPIX1": side / 2, "CRPIX2": side / 2})
    header.update({"CDELT1": -0.02, "CDELT2": 0.02})
    fits.PrimaryHDU(counts, header=header).writeto(path)


def write_catalogue(path: Path) -> None:
    """Write an ECSV table of sources, with units."""
    from astropy import units  # noqa: PLC0415
    from astropy.table import QTable  # noqa: PLC0415

    names = ["Crab", "Mrk 421", "Mrk 501", "BL Lac", "1ES 1959+650"]
    right = [83.633, 166.114, 253.468, 330.680, 299.999] * units.deg
    up = [22.014, 38.209, 39.760, 42.278, 65.149] * units.deg
    flux = [1.0e-10, 3e-11, 2e-11, 1e-11, 1.5e-11] * units.Unit("1 / (cm2 s)")
    QTable({"name": names, "ra": right, "dec": up, "flux_1tev": flux}).write(path, format="ascii.ecsv")


def write_runs(path: Path, runs: int = 240) -> None:
    """Write a CSV of runs: number, source, start, length and how many events."""
    random = _random(path.name)
    lines = ["run,source,start,minutes,events"]
    for number in range(runs):
        start = START + timedelta(minutes=21 * number)
        source = ("Crab", "Mrk421", "BLLac")[number % 3]
        lines.append(
            f"{RUN + number},{source},{start.isoformat()},{random.uniform(5, 20):.1f},{random.integers(1 << 20)}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_log(path: Path, lines: int = 4000) -> None:
    """Write the log of a night's processing."""
    random = _random(path.name)
    kinds = ("INFO", "INFO", "INFO", "DEBUG", "WARNING")
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            time = (START + timedelta(seconds=3 * number)).strftime("%Y-%m-%d %H:%M:%S")
            run, rate = RUN + number // 100, random.normal(8000, 400)
            file.write(f"{time} {kinds[number % 5]:7} r0_to_dl1 Run{run}.{number % 100:04}: {rate:.0f} events/s\n")


def write_notebook(path: Path) -> None:
    """Write a notebook that runs as it stands, wherever it is opened."""
    code = (
        "import numpy as np\n",
        "rng = np.random.default_rng(1)\n",
        "energy = 0.03 * (1 + rng.pareto(1.6, 10_000))  # TeV\n",
        "np.histogram(energy, bins=np.geomspace(0.03, 30, 10))",
    )
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# Crab, a first look"]},
        {
            "cell_type": "code",
            "id": "spectrum",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": list(code),
        },
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


def write_picture(path: Path, side: int = 240) -> None:
    """Write a PNG of a shower in a camera, with nothing but zlib."""
    import numpy as np  # noqa: PLC0415

    y, x = (np.mgrid[:side, :side] - side / 2) / side
    along, across = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x
    light = np.exp(-((along - 0.1) ** 2) / 0.02 - across**2 / 0.003) + _random(path.name).normal(0.05, 0.03, x.shape)
    level = np.clip(light, 0, 1)
    level[x**2 + y**2 > 0.24] = 0  # outside of the camera
    colours = np.stack([level**0.5, level**1.5, 0.4 + 0.3 * level], axis=-1) * 255
    rows = b"".join(b"\0" + row.tobytes() for row in colours.astype("u1"))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write_bulk(path: Path, mebibytes: int = 200) -> None:
    """Write a large file quickly: one random block again and again, each with its number, so that none is like another."""
    block = _random(path.name).bytes(MEBIBYTE - 8)
    with path.open("wb") as file:
        for number in range(mebibytes):
            file.write(struct.pack(">Q", number) + block)
