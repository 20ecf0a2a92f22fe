"""Where a run of the campaign meets its fault, and which faults make sense where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.door import moments

if TYPE_CHECKING:
    from tests.faults.operations import Operation

__all__ = ["COUNTED", "SITES", "SIZES", "STRANGER", "Point", "fit", "traps"]

SIZES = (0, 1, 70_000, 400_000)
SITES = ("no_put_digest", "no_checksums", "overwrite_refused", "frontend_down", "proxies_reads", "proxies_writes")
COUNTED = ("stale", "flips", "truncates", "move_dies", "lost_moves")
STRANGER = b"somebody else's"


@dataclass(frozen=True)
class Point:
    """Where a run meets its fault."""

    operation: str
    size: int
    frontend: bool
    trap: str = ""
    """A `Moment`'s kind, a counted switch of `Traps`, ``cut`` bytes, a full ``disk``, or somebody who writes to a ``source`` or ``target``."""
    moment: int = 0
    """At which request, byte or line, or how often."""
    kill: int = 0
    """Before which line the process is killed."""
    sites: tuple[str, ...] = ()
    """What the site has set; no part of the fault."""

    @property
    def fault(self) -> Point:
        """What makes it another run than others."""
        return replace(self, sites=())


def traps(operation: Operation, size: int, requests: int, lines: int) -> dict[str, int]:
    """Return the traps that make sense, each with its last moment."""
    found = dict.fromkeys(moments.KINDS, requests) | {"stale": 3}
    if operation.sends:
        found |= dict.fromkeys(("cut_uploads", "cut_uploads_always"), max(size, 1))
        found |= dict.fromkeys(("flips", "truncates", "lost_moves"), 4)
    if operation.sends and operation.replaces:
        found["move_dies"] = 4
    if operation.fetches:
        found |= dict.fromkeys(("cut_downloads", "cut_downloads_always", "disk"), max(size, 1))
    if operation.copies and not operation.replaces:
        here = operation.copies[1].startswith("local:")
        found["stranger"] = lines if here else requests
    if operation.copies and size > len(STRANGER):
        found["rewritten"] = requests if operation.copies[0].startswith("dcache:") else lines
    return found


def fit(site: str, trap: str, operation: Operation) -> bool:
    """Whether the site's setting leaves the trap a chance to be noticed at all: bytes flipped where nobody keeps checksums are not."""
    if trap in {"flips", "rewritten", "stranger"} and site == "no_checksums":
        return False
    return not (site == "overwrite_refused" and "storage.modify" not in operation.scopes)
