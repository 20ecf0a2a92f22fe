"""Where a path of ours lies on a cluster: ``/daint/capstor/scratch`` is ``/capstor/scratch`` on daint.

Above the folders that file systems are mounted at, FirecREST tells nothing; those folders are made up of the mount points' names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab import paths

if TYPE_CHECKING:
    from ctadata_jlab.storage.firecrest.api import Api

__all__ = ["Place", "place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A path on a cluster. `above` are the names below it that lead to mount points, where it lies above those; else None."""

    system: str
    path: str
    above: tuple[str, ...] | None = None


def place(api: Api, path: str) -> Place:
    """Return where *path* lies; `NotFound` for a cluster that is not there. The list of clusters is a place too, without a name."""
    path = paths.remote(path)
    name, _, rest = path[1:].partition("/")
    if not name:
        return Place("", "/", tuple(sorted(api.systems())))
    system = api.system(name)
    inner = "/" + rest
    prefix = inner.rstrip("/") + "/"
    if any(inner == root or inner.startswith(root.rstrip("/") + "/") for root in system.roots):
        return Place(name, inner)
    above = sorted({root[len(prefix) :].split("/")[0] for root in system.roots if root.startswith(prefix)})
    return Place(name, inner, tuple(above) or None)
