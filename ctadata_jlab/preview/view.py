"""First looks at data as JSON: a table's first rows, a picture, a curve. Numbers come as numpy's arrays."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

__all__ = ["PIXELS", "ROWS", "curve", "histogram", "picture", "plain", "table"]

JSON = dict[str, Any]

ROWS = 50
"""How many rows of a table are shown."""
PIXELS = 256
"""How many pixels a picture has at most on each side."""
POINTS = 500
"""How many points a curve has at most."""
BARS = 24
LONGEST_TEXT = 80


def table(rows: Any, columns: list[JSON], total: int) -> JSON:
    """Return the look at a table: *rows* is a structured array of its first rows, *total* how many there are."""
    names = [column["name"] for column in columns]
    shown = [[plain(rows[name][n]) for name in names] for n in range(min(len(rows), ROWS))]
    bars = [histogram(rows[name]) for name in names]
    return {"type": "table", "columns": columns, "rows": shown, "total": total, "sampled": len(rows), "bars": bars}


def histogram(values: Any) -> JSON | None:
    """Return how often the numbers of a column occur, None for a column of something else."""
    numbers = np.asarray(values)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iufb":
        return None
    numbers = numbers.astype(float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    counts, edges = np.histogram(numbers, bins=BARS)
    return {"counts": counts.tolist(), "low": float(edges[0]), "high": float(edges[-1])}


def picture(pixels: Any, shape: tuple[int, ...]) -> JSON:
    """Return the look at a plane of numbers that is at most `PIXELS` wide and high; grey between its 1st and 99th percentile."""
    numbers = np.asarray(pixels).astype(float)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(x) for x in np.percentile(finite, (1, 99))) if finite.size else (0.0, 0.0)
    scaled = (numbers - low) / ((high - low) or 1.0)
    grey = np.nan_to_num(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return {
        "type": "picture",
        "width": int(grey.shape[1]),
        "height": int(grey.shape[0]),
        "grey": base64.b64encode(grey.tobytes()).decode("ascii"),
        "low": low,
        "high": high,
        "shape": list(shape),
    }


def curve(values: Any, total: int) -> JSON:
    """Return the look at a row of numbers: its first values, thinned out to `POINTS`."""
    numbers = np.asarray(values).astype(float)
    step = max(1, math.ceil(len(numbers) / POINTS))
    thin = [None if not math.isfinite(one) else float(one) for one in numbers[::step]]
    return {"type": "curve", "values": thin, "step": step, "sampled": len(numbers), "total": total}


def plain(value: Any) -> Any:
    """Return one value as JSON has it, long ones cut."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, np.ndarray):
        return _cut(np.array2string(value, threshold=8, edgeitems=3, max_line_width=10**6))
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 1 << 53 else str(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(value)
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
