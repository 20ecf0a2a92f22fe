"""Many small files from one door in one thread: for each a GET, and at the same time a HEAD for what proves it.

The shortest way only: whatever is not as it was seen, or not plain, is an error here, and found out by `open`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from functools import partial
from typing import TYPE_CHECKING

from ctadata_jlab.curl.bundle import Bundle, Errand
from ctadata_jlab.curl.exchange import Get, Head
from ctadata_jlab.errors import Changed, CtaDataError, Unsupported
from ctadata_jlab.storage import Gathered, versions
from ctadata_jlab.storage.asking import MOMENT, Turns
from ctadata_jlab.storage.digest import QUESTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.curl import Answer
    from ctadata_jlab.storage import Entry
    from ctadata_jlab.storage.asking import Door
    from ctadata_jlab.storage.patience import Patience

__all__ = ["Gathering"]


@dataclass(eq=False, slots=True)
class _Wanted:
    entry: Entry
    url: str
    what: str
    pieces: list[bytes] = field(default_factory=list)
    left: int = 1
    error: CtaDataError | None = None


@dataclass(eq=False, slots=True)
class _Errand(Errand):
    one: _Wanted = field(kw_only=True)


class Gathering:
    """Fetches from *door* what it is given, so many *lines* at a time, as long as the *patience* lasts.

    With *proof*, a file that no checksum can prove is an error.
    """

    def __init__(self, door: Door, lines: int, patience: Patience, *, proof: bool = False) -> None:
        self._door = door
        self._lines = lines
        self._patience = patience
        self._proof = proof
        self._bundle = Bundle(door.curl)
        self._sums: Turns[_Errand] = Turns(self._bundle, lines, patience)
        self._fetching = 0

    def run(self, wanted: Iterator[Entry | None]) -> Iterator[Gathered | None]:
        """Yield what has come; None when a moment has passed without anything."""
        with self._bundle as bundle:
            more = self._fill(wanted)
            while more or len(bundle):
                done = [self._done(errand) for errand in bundle.turn(MOMENT)]
                done += [self._unasked(question) for question in self._sums.given_up()]
                more = more and not self._patience.is_over and self._fill(wanted)
                bundle.push()  # the server is at work while these are written
                gathered = [one for one in done if one is not None]
                yield from gathered or (None,)

    def _fill(self, wanted: Iterator[Entry | None]) -> bool:
        """Start as many as there is room for; returns whether there may be more."""
        while self._fetching < self._lines and len(self._sums) < self._lines:
            try:
                entry = next(wanted)
            except StopIteration:
                return False
            if entry is None:
                return True
            self._begin(_Wanted(entry, self._door.server.url(entry.path), self._door.server.what(entry.path)))
        return True

    def _begin(self, one: _Wanted) -> None:
        entry = one.entry
        step = Get(one.what, one.pieces.append, 0, entry.size, partial(_accept, one), ranged=False)
        self._bundle.start(_Errand(one.url, step, one=one))
        self._fetching += 1
        if entry.checksum is None:
            one.left += 1
            self._sums.ask(_Errand(one.url, Head(one.what), QUESTION, one=one))

    def _done(self, errand: Errand) -> Gathered | None:
        """Take an answer; return the file if that was the last one for it."""
        assert isinstance(errand, _Errand)  # noqa: S101 - for the type checker: no others were started
        one = errand.one
        one.error = one.error or errand.error
        self._patience.heard(errand.error)
        if isinstance(errand.step, Head):
            self._sums.answered()
            if errand.error is None:
                self._learn(one, errand.answer)
        else:
            self._fetching -= 1
        return self._came(one)

    def _unasked(self, question: _Errand) -> Gathered | None:
        one = question.one
        one.error = one.error or Unsupported(f"Nobody asked for the checksum of {one.what}.")
        return self._came(one)

    def _came(self, one: _Wanted) -> Gathered | None:
        one.left -= 1
        if one.left:
            return None
        return Gathered(one.entry, b"".join(one.pieces) if one.error is None else b"", one.error)

    def _learn(self, one: _Wanted, answer: Answer) -> None:
        now, checksum = self._door.told(one.entry, answer)
        if not versions.same(one.entry, now):
            one.error = Changed(f"{one.what} is no longer the version that was seen.")
        if checksum is None and self._proof:
            one.error = Unsupported(f"The storage has no checksum of {one.what}.")
        one.entry = changed(one.entry, checksum=checksum)


def _accept(one: _Wanted, answer: Answer) -> None:
    """Refuse another version's bytes where the one who sends them tells the version."""
    version = one.entry.version
    if version is None or not versions.is_tag(version):
        return
    etag = answer.headers.get("etag")
    if etag and not versions.are_same_tags(etag, version):
        raise Changed(f"{one.what} is no longer the version that was seen.")
