"""What collections hold, remembered: all of it where Rucio says closed, else only that a file was there a moment ago.

A closed collection keeps its members; an administrator may open it again, so that once in a while one small question makes sure that it
is still closed and as long as it was. A file never changes under its name: Rucio does not use one twice.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab.errors import NotFound, Unreachable
from ctadata_jlab.storage.rucio.api import Member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.storage.rucio.api import Api, Facts
    from ctadata_jlab.storage.rucio.names import Did

__all__ = ["Contents"]

SECONDS = 60.0
"""How long answers that may change are believed."""
ROOM = 300_000
"""How many members are remembered in all."""


@dataclass(frozen=True, slots=True)
class _Known:
    facts: Facts
    members: dict[Did, Member]
    since: float


class Contents:
    """The members of collections, as *api* tells them. Thread-safe; *room* bounds how many are remembered."""

    def __init__(self, api: Api, room: int = ROOM, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._room = room
        self._clock = clock
        self._known: OrderedDict[Did, _Known] = OrderedDict()
        self._scopes: tuple[frozenset[str], float] = (frozenset(), float("-inf"))
        self._held: OrderedDict[tuple[Did, Did], tuple[Member, float]] = OrderedDict()
        self._lock = threading.Lock()

    def scopes(self) -> frozenset[str]:
        """Return all scopes."""
        with self._lock:
            scopes, since = self._scopes
        if self._clock() - since > SECONDS:
            scopes = frozenset(self._api.scopes())
            with self._lock:
                self._scopes = (scopes, self._clock())
        return scopes

    def members(self, did: Did) -> Iterator[Member]:
        """Yield the members of the collection *did*, or raise `NotFound` if it is none."""
        known = self._recalled(did)
        if known is not None and known.facts.is_closed:
            yield from known.members.values()
            return
        facts = self._api.facts(did)
        if facts.is_file:
            raise NotFound(f"{did} is a file, not a folder.")
        with self._lock:
            old = self._known.get(did)
        if old is not None and facts.is_closed and old.facts == facts:
            self._keep(_Known(facts, old.members, self._clock()))
            yield from old.members.values()
            return
        yield from self._fetched(facts)

    def member(self, collection: Did, did: Did) -> Member:
        """Return the member *did* of *collection*, or raise `NotFound`."""
        known = self._recalled(collection)
        if known is not None and did in known.members:
            return known.members[did]
        if known is not None and known.facts.is_closed:
            raise NotFound(f"{collection} does not hold {did}.")
        with self._lock:
            held, since = self._held.get((collection, did), (None, 0.0))
        if held is None or self._clock() - since > SECONDS:
            held = self._asked(collection, did)
        return held

    def siblings(self, collection: Did, did: Did, count: int) -> list[Did]:
        """Return *did* and up to *count* of the files after it in *collection*, as far as they are remembered."""
        with self._lock:
            known = self._known.get(collection)
        if known is None or did not in known.members:
            return [did]
        found: list[Did] = []
        for one in known.members.values():
            if (found or one.did == did) and one.is_file:
                found.append(one.did)
            if len(found) > count:
                break
        return found

    def _asked(self, collection: Did, did: Did) -> Member:
        """Ask about one member alone: the collection may be long."""
        facts = self._api.facts(did)
        if collection not in self._api.parents(did):
            raise NotFound(f"{collection} does not hold {did}.")
        member = Member(did, facts.is_file, facts.size if facts.is_file else None, facts.sums)
        with self._lock:
            self._held[collection, did] = (member, self._clock())
            while len(self._held) > self._room // 100:
                self._held.popitem(last=False)
        return member

    def _fetched(self, facts: Facts) -> Iterator[Member]:
        """Yield the members as they arrive, then remember them; what is fewer than Rucio has counted was cut short."""
        found: dict[Did, Member] = {}
        for member in self._api.members(facts.did):
            found[member.did] = member
            yield member
        if facts.is_closed and facts.length is not None and len(found) != facts.length:
            raise Unreachable(f"{facts.did} has {facts.length} members, {len(found)} came.")
        self._keep(_Known(facts, found, self._clock()))

    def _recalled(self, did: Did) -> _Known | None:
        with self._lock:
            known = self._known.get(did)
            if known is None or self._clock() - known.since > SECONDS:
                return None
            self._known.move_to_end(did)
            return known

    def _keep(self, known: _Known) -> None:
        with self._lock:
            self._known.pop(known.facts.did, None)
            if len(known.members) > self._room:
                return
            self._known[known.facts.did] = known
            while sum(len(one.members) for one in self._known.values()) > self._room:
                self._known.popitem(last=False)
