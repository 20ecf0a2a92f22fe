"""The structure of a FITS file and first looks at its images and tables, reading no more than they need (FITS Standard 4.0)."""

from __future__ import annotations

import gzip
import io
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
from astropy.io import fits

from ctadata_jlab.preview import view

if TYPE_CHECKING:
    from ctadata_jlab.preview.child import RangedFile

__all__ = ["part", "structure"]

JSON = dict[str, Any]

UNITS = 1000
"""How many HDUs are told."""
ROWS = 1000
"""How many rows of a table are read for a look."""
MOST = 16 << 20
"""How many bytes of one HDU are read for a look."""
CARDS = 2000


def structure(file: RangedFile) -> JSON:
    """Return all HDUs, each with its kind, shape and number of columns."""
    nodes: list[JSON] = []
    with _opened(_unpacked(file)) as units:
        for n in range(UNITS):
            try:
                unit = units[n]
            except IndexError:
                break
            nodes.append({"path": str(n), "type": type(unit).__name__, "name": unit.name, **_facts(unit)})
    return {"kind": "fits", "nodes": nodes, "truncated": len(nodes) == UNITS}


def part(file: RangedFile, path: str) -> JSON:
    """Return the header of one HDU, and a first look at its data."""
    stream = _unpacked(file)
    with _opened(stream) as units:
        unit = units[int(path)]
        cards = [[card.keyword, view.plain(card.value), card.comment] for card in unit.header.cards[:CARDS]]
        return {"path": path, "header": cards, "view": _table(unit, stream) if _is_table(unit) else _image(unit)}


def _unpacked(file: RangedFile) -> IO[bytes]:
    """Return the file as it is meant: a gzipped one is unpacked as far as it is read."""
    stream = io.BufferedReader(file, 1 << 16)
    is_packed = stream.peek(2)[:2] == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.GzipFile(fileobj=stream) if is_packed else stream)


def _opened(stream: IO[bytes]) -> Any:
    return fits.open(stream, mode="readonly", memmap=False, lazy_load_hdus=True, ignore_missing_simple=False)


def _is_table(unit: Any) -> bool:
    return isinstance(unit, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(unit, fits.CompImageHDU)


def _facts(unit: Any) -> JSON:
    header = unit.header
    if _is_table(unit):
        return {"shape": [int(header["NAXIS2"])], "dtype": "table", "columns": int(header["TFIELDS"])}
    shape = [int(one) for one in unit.shape] if unit.shape else None
    return {"shape": shape, "dtype": f"BITPIX {header.get('BITPIX', '')}" if shape else "", "columns": 0}


# --- tables


def _table(unit: Any, stream: IO[bytes]) -> JSON | None:
    """Return a look at the first rows: they are read alone, and given to the library as a table of their own."""
    header = unit.header
    width, total = int(header["NAXIS1"]), int(header["NAXIS2"])
    rows = min(total, ROWS, MOST // max(1, width))
    columns = [{"name": c.name, "dtype": c.format, "unit": c.unit or ""} for c in unit.columns]
    if not rows:
        return view.table(np.empty(0), [], total) | {"columns": columns} if not total else None
    head = header.copy()
    head["NAXIS2"], head["PCOUNT"] = rows, 0
    for n in range(
        1, int(header["TFIELDS"]) + 1
    ):  # arrays of any length lie behind the table: their lengths and places do
        form = str(header[f"TFORM{n}"]).strip()
        if "P" in form or "Q" in form:
            head[f"TFORM{n}"] = "2K" if "Q" in form else "2J"
            for key in (f"TSCAL{n}", f"TZERO{n}", f"TDIM{n}", f"TNULL{n}"):
                head.remove(key, ignore_missing=True)
    stream.seek(unit.fileinfo()["datLoc"])
    data = _exactly(stream, width * rows)
    block = head.tostring(padding=True).encode("ascii") + data + b"\0" * (-len(data) % 2880)
    empty = fits.PrimaryHDU().header.tostring(padding=True).encode("ascii")
    with fits.open(io.BytesIO(empty + block), memmap=False) as small:
        first = small[1].data
        named = {column["name"]: np.asarray(first.field(n)) for n, column in enumerate(columns)}
        return _listed(named, columns, total, rows)


def _listed(named: dict[str, Any], columns: list[JSON], total: int, rows: int) -> JSON:
    shown = [[view.plain(values[n]) for values in named.values()] for n in range(min(rows, view.ROWS))]
    bars = [view.histogram(values) for values in named.values()]
    return {"type": "table", "columns": columns, "rows": shown, "total": total, "sampled": rows, "bars": bars}


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ValueError("the file ends early")
    return data


# --- images


def _image(unit: Any) -> JSON | None:
    shape = unit.shape
    if not shape or 0 in shape:
        return None
    if len(shape) == 1:
        return view.curve(unit.section[: min(shape[0], 100_000)], shape[0])
    high, wide = shape[-2:]
    size = abs(int(unit.header["BITPIX"])) // 8
    if wide * size * 2 > MOST:
        return None
    first = (0,) * (len(shape) - 2)
    step = max(1, -(-high // view.PIXELS), -(-high * wide * size // MOST))
    wanted = [(*first, n, slice(None)) for n in range(0, high, step)]
    lines = [np.asarray(unit.section[line]) for line in wanted]
    across = max(1, -(-wide // view.PIXELS))
    return view.picture(np.stack(lines)[:, ::across], shape)
