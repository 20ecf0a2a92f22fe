"""What a token's scopes let its bearer do, in words, and which of them is missing.

WLCG's profile (doi 10.5281/zenodo.3460258 §Capability-based authorization): ``storage.read:/PATH`` and so on, each for all below
PATH; SciTokens call them ``read`` and ``write``. A token without any such scope is judged by the storage's own list of rights.
What dCache makes of them: `create` may neither list nor remove; `stage` reads, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Ability", "in_words", "missing"]

Ability = Literal["read", "create", "modify", "stage"]

_SCOPE = re.compile(r"(?:storage\.)?(read|create|modify|stage|write):(/.*)")
_SUFFICE: dict[str, frozenset[str]] = {
    "read": frozenset({"read", "stage"}),
    "create": frozenset({"create", "modify"}),
    "modify": frozenset({"modify"}),
    "stage": frozenset({"stage"}),
}
_VERBS = {"read": "read", "modify": "write", "stage": "stage", "create": "add files"}


def in_words(scopes: Sequence[str]) -> str:
    """Return what *scopes* allow, such as “may read everything, write below /lst”; "" if they speak of no storage."""
    granted = _granted(scopes)
    parts = [f"{verb} {_places(granted[ability], verb)}" for ability, verb in _VERBS.items() if ability in granted]
    return f"may {', '.join(parts)}" if parts else ""


def missing(scopes: Sequence[str], ability: Ability, path: str) -> str | None:
    """Return the scope that *ability* at *path* needs and *scopes* lack; None if they have it, or speak of no storage at all."""
    granted = _granted(scopes)
    if not granted:
        return None
    places = [place for one in _SUFFICE[ability] for place in granted.get(one, ())]
    if any(_is_below(path, place) for place in places):
        return None
    return f"storage.{ability}:{path}"


def _granted(scopes: Sequence[str]) -> dict[str, list[str]]:
    """Return the folders for each ability."""
    found: dict[str, list[str]] = {}
    for scope in scopes:
        match = _SCOPE.fullmatch(scope)
        if match is None:
            continue
        ability, place = match.groups()
        found.setdefault("modify" if ability == "write" else ability, []).append(place.rstrip("/") or "/")
    return found


def _places(places: Iterable[str], verb: str) -> str:
    if "/" in places:
        return "everywhere" if verb == "add files" else "everything"
    return "below " + " and ".join(dict.fromkeys(places))


def _is_below(path: str, place: str) -> bool:
    return place in {"/", path} or path.startswith(f"{place}/")
