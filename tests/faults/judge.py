"""The judgement of a run: what lies where, and what the user was told, against what may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.faults.operations import OPERATIONS, content
from tests.faults.points import STRANGER
from tests.faults.victim import TICKET

if TYPE_CHECKING:
    from tests.faults.points import Point

__all__ = ["Judge", "is_told"]


@dataclass
class Judge:
    """Knows the *point* of a run, the bytes that were to arrive, what was *said*, and all files that were *found* afterwards."""

    point: Point
    new: bytes
    said: dict[str, Any]
    found: dict[str, bytes]
    is_end: bool = False
    """Whether it was done without a fault, after whatever had been left."""

    def __post_init__(self) -> None:
        self._operation = OPERATIONS[self.point.operation]
        self._rest = {place: data for place, data in self.found.items() if place not in self._operation.after}
        self._is_final = self.is_end or self.said["said"] == "done"

    def wrong(self) -> str:
        """Say what is wrong, or nothing."""
        said = self.said
        if said["said"] == "fault":
            return str(said["message"])
        if self.is_end and said["said"] not in {"done", "AlreadyExists"}:
            return f"without a fault it says {said}"
        strange = [place for place in self._rest if not self._is_accounted(place)]
        if strange or (self._is_final and self._rest):
            return f"there is {sorted(self._rest)} after {said}"
        for place in self._operation.after:
            wrong = self._misplaced(place)
            if wrong:
                return f"{wrong} after {said}; beside it {sorted(self._rest)}"
        return self._lost()

    def _misplaced(self, place: str) -> str:
        operation, data, is_final = self._operation, self.found.get(place), self._is_final
        was, is_to_be = operation.before.get(place), operation.after[place]
        allowed = [content(is_to_be, self.new)] + ([] if is_final else [content(was, self.new)])
        if data in allowed or self._is_strangers(place) or (data is None and not is_final and self._is_beside(was)):
            return ""
        if was is None and is_told(self.said):
            return ""  # a token that may only create: what it cannot clean is told
        if is_to_be is None and is_final and "move" in self.point.operation and data == content(was, self.new):
            return ""  # what had arrived before is not taken away here: the original is kept
        shown = None if data is None else f"{len(data)} bytes"
        return f"{place} holds {shown}, neither {was} nor {is_to_be}"

    def _is_beside(self, was: str | None) -> bool:
        """Whether all of the new file lies under the temporary's name, for a door that deletes first; or the old one was put aside."""
        aside = [data for name, data in self._rest.items() if name.endswith(".old")]
        return content("new", self.new) in self._rest.values() or content(was, self.new) in aside

    def _is_strangers(self, place: str) -> bool:
        """Whether it is what somebody else wrote, and rightly there."""
        copies, data, trap = self._operation.copies, self.found.get(place), self.point.trap
        if trap == "stranger" and copies and place == copies[1]:
            return data == STRANGER and self.said["said"] != "done"
        if trap == "rewritten" and copies:
            in_place = STRANGER + self.new[len(STRANGER) :]
            return data == (STRANGER if copies[0].startswith("dcache:") else in_place)
        return False

    def _lost(self) -> str:
        """What is moved must be at one end at least."""
        if "move" not in self.point.operation:
            return ""
        for place, name in self._operation.changes.items():
            if name is not None and content(name, self.new) not in self.found.values():
                return f"{place} and its origin are both gone"
        return ""

    def _is_accounted(self, place: str) -> bool:
        """Whether it is a temporary of ours that says what it is of and, on the server, whose."""
        kind, _, path = place.partition(":")
        name = path.rpartition("/")[2]
        ours = name.startswith(".") and name.endswith((".ctapart", ".ctapart.json", ".old"))
        ticketed = TICKET in name or (self._operation.job is not None and "-" in name)
        return ours and (kind == "local" or ticketed)


def is_told(said: dict[str, Any]) -> bool:
    """Whether the user was told that something is left that our token cannot remove."""
    return "may not remove it" in said.get("message", "") or "earlier attempt left" in said.get("hint", "")
