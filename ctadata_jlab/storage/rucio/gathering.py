"""Many small files of a catalogue in one thread, where the door that has them fetches many at once.

The short way only: what lies at another door than the first file, on tape, or cannot be proven is an error here, and comes by `open`.
"""

from __future__ import annotations

import time
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Changed, CtaDataError, NotLoggedIn, Unsupported
from ctadata_jlab.storage import Entry, Gathered, Gathers
from ctadata_jlab.storage.asking import MOMENT
from ctadata_jlab.storage.rucio.doors import wants_login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ctadata_jlab.storage.rucio.api import Replica
    from ctadata_jlab.storage.rucio.doors import Door, Doors

__all__ = ["Gathering"]

_MOST_ELSEWHERE = 200
"""How many that are not at the door are passed over before the door is looked after again."""


class Gathering:
    """Fetches files by way of *doors*; *copies* tells where those of a path are, the best first."""

    def __init__(self, copies: Callable[[str], Sequence[Replica]], doors: Doors) -> None:
        self._copies = copies
        self._doors = doors
        self._under_way: dict[str, Entry] = {}
        self._elsewhere: list[Gathered] = []
        self._singly: set[str] = set()
        """The doors that fetch one file after another."""

    def run(self, wanted: Iterator[Entry | None], lines: int) -> Iterator[Gathered | None]:
        """Yield what has come, as the catalogue calls it, with the strongest checksum that it has; None when a moment has passed."""
        for entry in wanted:
            found = None if entry is None else self._asked(entry)
            if found is not None:
                yield from self._together(*found, wanted, lines)
            elif not self._elsewhere:
                time.sleep(MOMENT)  # nothing is wanted now, and no door is at work that would be waited for
            yield from self._passed_over()

    def _together(
        self, door: Door, first: Entry, wanted: Iterator[Entry | None], lines: int
    ) -> Iterator[Gathered | None]:
        """Fetch *first*, and what of *wanted* is at the same *door*; if that does not fetch many at once, none of its files."""

        def at_door() -> Iterator[Entry | None]:
            yield first
            for entry in wanted:
                found = None if entry is None else self._asked(entry, door)
                if found is not None:
                    yield found[1]
                elif entry is None or len(self._elsewhere) >= _MOST_ELSEWHERE:
                    yield None

        try:
            gathering = self._gatherer(door).gather(at_door(), lines)
        except CtaDataError as error:
            self._singly.add(door.name)
            self._elsewhere.append(Gathered(self._under_way.pop(first.path), error=error))
            return
        try:
            for gathered in gathering:
                yield None if gathered is None else self._known(gathered)
                yield from self._passed_over()
        except NotLoggedIn as error:
            raise wants_login(door) from error

    def _known(self, gathered: Gathered) -> Gathered:
        """Return what the door has given, as the catalogue calls it."""
        entry = self._under_way.pop(gathered.entry.path)
        return changed(gathered, entry=changed(entry, checksum=gathered.entry.checksum))

    def _gatherer(self, door: Door) -> Gathers:
        if "gathers" not in door.storage.traits.extras or not isinstance(door.storage, Gathers):
            raise Unsupported(f"{door.title} fetches one file after another.")
        return door.storage

    def _passed_over(self) -> Iterator[Gathered | None]:
        """Yield what comes by another way; None if there is nothing of that."""
        passed, self._elsewhere = self._elsewhere, []
        yield from passed or (None,)

    def _asked(self, entry: Entry, door: Door | None = None) -> tuple[Door, Entry] | None:
        """Return where *entry* is and what it is called there; None, and noted, if it does not come together with those of *door*."""
        try:
            at, there = self._place(entry)
            is_elsewhere = door is not None and at.name != door.name
            if is_elsewhere or at.name in self._singly or there.path in self._under_way:
                raise Unsupported(f"This file does not come together with others: {entry.path}.")
        except CtaDataError as error:
            self._elsewhere.append(Gathered(entry, error=error))
            return None
        self._under_way[there.path] = entry
        return at, there

    def _place(self, entry: Entry) -> tuple[Door, Entry]:
        copy = next(iter(self._copies(entry.path)), None)
        found = None if copy is None or copy.is_on_tape or not copy.sums else self._doors.behind(copy.url)
        if copy is None or found is None:
            raise Unsupported(f"This file does not come together with others: {entry.path}.")
        if entry.checksum is not None and entry.checksum not in copy.sums:
            raise Changed(f"Rucio has another checksum than was seen: {entry.path}.")
        door, path = found
        return door, Entry(path, "file", entry.size, checksum=copy.sums[-1])
