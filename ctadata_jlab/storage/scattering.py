"""Many small files to one door in one thread: each to a temporary name, proven there, then given its name, and looked at.

The same steps as for a single file, and the shortest way only: whatever goes wrong is an error here, the temporary is removed, and who
is told does it by `put`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.curl.bundle import Bundle, Errand
from ctadata_jlab.curl.exchange import Act, Head, Put
from ctadata_jlab.errors import BadAnswer, Corrupted, CtaDataError, Unsupported
from ctadata_jlab.storage import Entry, Receipt, Scattered
from ctadata_jlab.storage.digest import QUESTION
from ctadata_jlab.storage.gathering import MOMENT
from ctadata_jlab.storage.temporary import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.curl.exchange import Exchange
    from ctadata_jlab.storage import Checksum, ToScatter
    from ctadata_jlab.storage.dialogue import Dialogue

__all__ = ["Scattering"]


class _Door(Protocol):
    """What a scattering needs of a door."""

    server: Dialogue
    curl: Curl

    def told(self, entry: Entry, answer: Answer) -> tuple[Entry, Checksum | None]:
        """Return *entry* as the headers of *answer* tell it now, and its checksum."""
        ...


@dataclass(eq=False, slots=True)
class _Sent:
    """A file on its way: where its bytes are by now, and what proved them."""

    file: ToScatter
    part: str
    stored: Entry
    proof: Checksum | None = None
    error: CtaDataError | None = None


@dataclass(eq=False, slots=True)
class _Errand(Errand):
    one: _Sent = field(kw_only=True)
    then: Callable[[Bundle, _Errand], Scattered | None] = field(kw_only=True)


class Scattering:
    """Stores at *door*, which honours ``Overwrite: F``, what it is given, so many *lines* at a time."""

    def __init__(self, door: _Door, lines: int) -> None:
        self._door = door
        self._lines = lines
        self._under_way = 0

    def run(self, wanted: Iterator[ToScatter | None]) -> Iterator[Scattered | None]:
        """Yield what has become of each; None when a moment has passed without anything."""
        more = True
        with Bundle(self._door.curl) as bundle:
            while more or len(bundle):
                more = more and self._fill(bundle, wanted)
                done = [self._went_on(bundle, errand) for errand in bundle.turn(MOMENT)]
                ended = [one for one in done if one is not None]
                self._under_way -= len(ended)
                yield from ended or (None,)

    def _fill(self, bundle: Bundle, wanted: Iterator[ToScatter | None]) -> bool:
        """Start as many as there is room for; returns whether there may be more."""
        while self._under_way < self._lines:
            try:
                file = next(wanted)
            except StopIteration:
                return False
            if file is None:
                return True
            self._under_way += 1
            part = temporary(file.path, file.ticket)
            one = _Sent(file, part, Entry(part, "file"))
            headers = {"Expect": "", "Content-Type": ""}
            self._ask(bundle, part, Put(self._what(part), file.body), headers, one, self._was_sent)
        return True

    def _went_on(self, bundle: Bundle, errand: Errand) -> Scattered | None:
        """Take the next step with a file; returns it if that was the last one."""
        assert isinstance(errand, _Errand)  # noqa: S101 - for the type checker: no others were started
        try:
            return errand.then(bundle, errand)
        except CtaDataError as error:
            errand.one.error = error
            step = Act(self._what(errand.one.part), "DELETE")
            self._ask(bundle, errand.one.part, step, {}, errand.one, self._was_swept)
            return None

    # -- the steps, each after the answer to the one before ------------------------------------------------------------

    def _was_sent(self, bundle: Bundle, errand: _Errand) -> None:
        _raise(errand)
        one = errand.one
        self._ask(bundle, one.part, Head(self._what(one.part)), QUESTION, one, self._was_proven)

    def _was_proven(self, bundle: Bundle, errand: _Errand) -> None:
        _raise(errand)
        one = errand.one
        one.stored, theirs = self._door.told(one.stored, errand.answer)
        if one.stored.size is None:  # Apache, of an empty file
            raise Unsupported(f"The server does not tell how large {self._what(one.part)} is.")
        if one.stored.size != one.file.body.size:
            raise Corrupted(
                f"{one.file.body.size} bytes were sent, {one.stored.size} were stored: {self._what(one.part)}."
            )
        one.proof = one.file.body.checksum(theirs.algorithm) if theirs else None
        if theirs and one.proof and not theirs.matches(one.proof):
            raise Corrupted(f"The server stored other bytes than were sent ({theirs}): {self._what(one.part)}.")
        self._name(bundle, one)

    def _name(self, bundle: Bundle, one: _Sent) -> None:
        headers = {"Destination": self._door.server.url(one.file.path), "Overwrite": "F"}
        self._ask(bundle, one.part, Act(self._what(one.part), "MOVE"), headers, one, self._was_named)

    def _was_named(self, bundle: Bundle, errand: _Errand) -> None:
        _raise(errand)
        one = errand.one
        self._ask(bundle, one.file.path, Head(self._what(one.file.path)), {}, one, self._was_seen)

    def _was_seen(self, _bundle: Bundle, errand: _Errand) -> Scattered:
        _raise(errand)
        one = errand.one
        there, _ = self._door.told(changed(one.stored, path=one.file.path), errand.answer)
        if there.size != one.file.body.size:
            raise BadAnswer(f"The server said that it stored {errand.step.what}, but it holds something else.")
        receipt = Receipt(changed(there, checksum=one.proof), verified_by=one.proof, commit="rename")
        return Scattered(one.file.path, receipt)

    def _was_swept(self, _bundle: Bundle, errand: _Errand) -> Scattered:
        return Scattered(errand.one.file.path, error=errand.one.error)

    def _ask(
        self,
        bundle: Bundle,
        path: str,
        step: Exchange,
        headers: Mapping[str, str],
        one: _Sent,
        then: Callable[[Bundle, _Errand], Scattered | None],
    ) -> None:
        bundle.start(_Errand(self._door.server.url(path), step, headers, one=one, then=then))

    def _what(self, path: str) -> str:
        return self._door.server.what(path)


def _raise(errand: Errand) -> None:
    if errand.error is not None:
        raise errand.error
