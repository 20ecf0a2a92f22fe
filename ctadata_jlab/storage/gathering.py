"""Many small files from one door in one thread: for each a GET, and at the same time a HEAD for what proves it.

The shortest way only: whatever is not as it was seen, or not plain, is an error here, and found out by `open`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.curl.bundle import Bundle, Errand
from ctadata_jlab.curl.exchange import Get, Head
from ctadata_jlab.errors import Changed, CtaDataError, Unsupported
from ctadata_jlab.storage import Gathered, versions
from ctadata_jlab.storage.digest import QUESTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.storage import Checksum, Entry
    from ctadata_jlab.storage.dialogue import Dialogue

__all__ = ["MOMENT", "Gathering"]

MOMENT = 0.25
"""Seconds after which who waits for files hears at least that there are none."""


class _Door(Protocol):
    """What a gathering needs of a door."""

    server: Dialogue
    curl: Curl

    def told(self, entry: Entry, answer: Answer) -> tuple[Entry, Checksum | None]:
        """Return *entry* as the headers of *answer* tell it now, and its checksum."""
        ...


@dataclass(eq=False, slots=True)
class _Wanted:
    entry: Entry
    pieces: list[bytes] = field(default_factory=list)
    left: int = 1
    error: CtaDataError | None = None


class Gathering:
    """Fetches from *door* what it is given, so many *lines* at a time, and asks so many *questions* about checksums at once.

    With *proof*, a file that no checksum can prove is an error.
    """

    def __init__(self, door: _Door, lines: int, questions: int, *, proof: bool = False) -> None:
        self._door = door
        self._lines = lines
        self._questions = questions
        self._proof = proof
        self._unasked: deque[_Wanted] = deque()
        self._asking = 0
        self._fetching = 0

    def run(self, wanted: Iterator[Entry | None]) -> Iterator[Gathered | None]:
        """Yield what has come; None when a moment has passed without anything."""
        more = True
        with Bundle(self._door.curl) as bundle:
            while more or len(bundle):
                more = more and self._fill(bundle, wanted)
                done = [self._done(bundle, errand) for errand in bundle.turn(MOMENT)]
                gathered = [one for one in done if one is not None]
                yield from gathered or (None,)

    def _fill(self, bundle: Bundle, wanted: Iterator[Entry | None]) -> bool:
        """Start as many as there is room for; returns whether there may be more."""
        while self._fetching < self._lines and len(self._unasked) < self._lines:
            try:
                entry = next(wanted)
            except StopIteration:
                return False
            if entry is None:
                return True
            self._begin(bundle, _Wanted(entry))
        return True

    def _begin(self, bundle: Bundle, one: _Wanted) -> None:
        entry = one.entry
        accept = self._accept(entry)
        step = Get(self._what(entry), one.pieces.append, 0, entry.size, accept, ranged=False)
        bundle.start(_Errand(self._door.server.url(entry.path), step, one=one))
        self._fetching += 1
        if entry.checksum is None:
            one.left += 1
            self._unasked.append(one)
            self._ask(bundle)

    def _ask(self, bundle: Bundle) -> None:
        while self._unasked and self._asking < self._questions:
            one = self._unasked.popleft()
            step = Head(self._what(one.entry))
            bundle.start(_Errand(self._door.server.url(one.entry.path), step, QUESTION, one=one))
            self._asking += 1

    def _done(self, bundle: Bundle, errand: Errand) -> Gathered | None:
        """Take an answer; return the file if that was the last one for it."""
        assert isinstance(errand, _Errand)  # noqa: S101 - for the type checker: no others were started
        one = errand.one
        one.left -= 1
        one.error = one.error or errand.error
        if isinstance(errand.step, Head):
            self._asking -= 1
            self._ask(bundle)
            if errand.error is None:
                self._learn(one, errand.answer)
        else:
            self._fetching -= 1
        if one.left:
            return None
        return Gathered(one.entry, b"".join(one.pieces) if one.error is None else b"", one.error)

    def _learn(self, one: _Wanted, answer: Answer) -> None:
        now, checksum = self._door.told(one.entry, answer)
        if not versions.same(one.entry, now):
            one.error = Changed(f"{self._what(one.entry)} is no longer the version that was seen.")
        if checksum is None and self._proof:
            one.error = Unsupported(f"The storage has no checksum of {self._what(one.entry)}.")
        one.entry = changed(one.entry, checksum=checksum)

    def _accept(self, entry: Entry) -> Callable[[Answer], None]:
        def accept(answer: Answer) -> None:
            etag = answer.headers.get("etag")
            if (
                etag
                and entry.version
                and versions.is_tag(entry.version)
                and not versions.are_same_tags(etag, entry.version)
            ):
                raise Changed(f"{self._what(entry)} is no longer the version that was seen.")

        return accept

    def _what(self, entry: Entry) -> str:
        return self._door.server.what(entry.path)


@dataclass(eq=False, slots=True)
class _Errand(Errand):
    one: _Wanted = field(kw_only=True)
