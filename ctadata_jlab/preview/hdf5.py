"""The structure of an HDF5 file and first looks at its datasets. Links out of the file are shown, never followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from ctadata_jlab.preview import view

if TYPE_CHECKING:
    from ctadata_jlab.preview.child import RangedFile

__all__ = ["part", "structure"]

JSON = dict[str, Any]

NODES = 5000
"""How many groups and datasets are told."""
ROWS = 1000
"""How many rows are read for a look."""
MOST = 16 << 20
"""How many bytes of one dataset are read for a look."""
CHUNK = 64 << 20
"""How large a chunk may be when it is unpacked, in bytes: one bit of it needs all of it."""


def structure(file: RangedFile) -> JSON:
    """Return all groups and datasets, each with shape and type."""
    nodes: list[JSON] = []
    with h5py.File(file, "r") as top:
        _gather(top, "", nodes, {_address(top)})
    return {"kind": "hdf5", "nodes": nodes[:NODES], "truncated": len(nodes) > NODES}


def _gather(group: Any, above: str, nodes: list[JSON], seen: set[Any]) -> None:
    for name in group:
        if len(nodes) > NODES:
            return
        path = f"{above}/{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            nodes.append({"path": path, "type": "link", "target": view.plain(getattr(link, "path", ""))})
            continue
        one = group[name]
        if isinstance(one, h5py.Dataset):
            nodes.append({"path": path, "type": "dataset", **_facts(one)})
        elif isinstance(one, h5py.Group):
            nodes.append({"path": path, "type": "group", "members": len(one)})
            if _address(one) not in seen:  # groups may hold each other
                seen.add(_address(one))
                _gather(one, path, nodes, seen)


def _address(group: Any) -> Any:
    info = h5py.h5o.get_info(group.id)
    return info.fileno, info.addr


def _facts(dataset: Any) -> JSON:
    return {
        "shape": None if dataset.shape is None else list(dataset.shape),
        "dtype": "table" if dataset.dtype.names else str(dataset.dtype),
        "columns": len(dataset.dtype.names or ()),
        "chunks": list(dataset.chunks) if dataset.chunks else None,
        "compression": dataset.compression,
        "stored": int(dataset.id.get_storage_size()),
    }


def part(file: RangedFile, path: str) -> JSON:
    """Return the attributes of one group or dataset, and a first look at its data."""
    with h5py.File(file, "r") as top:
        one = _inside(top, path)
        attributes = [[name, view.plain(one.attrs[name])] for name in list(one.attrs)[:500]]
        looked = _look(one) if isinstance(one, h5py.Dataset) else {"view": None}
        return {"path": path, "attributes": attributes, **looked}


def _inside(top: Any, path: str) -> Any:
    """Return what *path* names, step by step, so that no link leads out of the file."""
    one = top
    for name in path.strip("/").split("/"):
        link = one.get(name, getlink=True) if isinstance(one, h5py.Group) else None
        if link is None or not isinstance(link, h5py.HardLink):
            raise LookupError(f"there is no {path}" if link is None else f"{path} is a link, which is not followed")
        one = one[name]
    return one


def _look(dataset: Any) -> JSON:
    if dataset.external or dataset.is_virtual:
        return {"view": None, "why": "Its data lies in other files."}
    if dataset.shape is None or (dataset.dtype.kind == "O" and h5py.check_ref_dtype(dataset.dtype)):
        return {"view": None, "why": "It holds no plain values."}
    chunk = int(np.prod(dataset.chunks)) * dataset.dtype.itemsize if dataset.chunks else 0
    if chunk > CHUNK:
        return {"view": None, "why": "Its chunks are too large for a look."}
    return {"view": _seen(dataset)}


def _seen(dataset: Any) -> JSON | None:
    rows = max(1, min(ROWS, MOST // max(1, _row_size(dataset))))
    if dataset.shape == ():
        return {"type": "text", "text": str(view.plain(dataset[()]))}
    if dataset.dtype.names:
        where = (slice(rows), *(0,) * (dataset.ndim - 1))
        first = dataset[where]
        columns = [_column(dataset, name) for name in dataset.dtype.names]
        return view.table(first, columns, dataset.shape[0])
    if dataset.ndim == 1 and dataset.dtype.kind in "iuf":
        return view.curve(dataset[: max(rows, min(100_000, MOST // dataset.dtype.itemsize))], dataset.shape[0])
    if dataset.ndim == 1:
        values = dataset.asstr()[:rows] if h5py.check_string_dtype(dataset.dtype) else dataset[:rows]
        listed = np.array([(str(view.plain(one)),) for one in values], dtype=[("value", "U80")])
        return view.table(listed, [{"name": "value", "dtype": str(dataset.dtype), "unit": ""}], dataset.shape[0])
    return _plane(dataset) if dataset.dtype.kind in "iuf" else None


def _row_size(dataset: Any) -> int:
    return int(np.prod(dataset.shape[1:], dtype=np.int64)) * int(dataset.dtype.itemsize)


def _column(dataset: Any, name: str) -> JSON:
    return {
        "name": name,
        "dtype": str(dataset.dtype[name]),
        "unit": str(view.plain(dataset.attrs.get(f"{name}_UNIT", ""))),
    }


def _plane(dataset: Any) -> JSON | None:
    """Return the first plane of an array: its rows thinned out, as far as it may be read."""
    high, wide = dataset.shape[-2:]
    if not high or not wide or wide * dataset.dtype.itemsize * 2 > MOST:
        return None
    first = (0,) * (dataset.ndim - 2)
    step = max(1, -(-high // view.PIXELS), -(-high * wide * dataset.dtype.itemsize // MOST))
    across = max(1, -(-wide // view.PIXELS))
    plane = (*first, slice(0, high, step), slice(0, wide, across))
    return view.picture(dataset[plane], dataset.shape)
