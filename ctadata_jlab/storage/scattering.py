"""Many small files to one door in one thread: each to a temporary name, proven there, then given its name, and looked at.

The same steps as for a single file, and the shortest way only: whatever goes wrong is an error here, the temporary is removed, and who
is told does it by `put`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.curl.bundle import Bundle, Errand
from ctadata_jlab.curl.exchange import Act, Head, Put
from ctadata_jlab.errors import AlreadyExists, BadAnswer, Corrupted, CtaDataError, NotFound, Unsupported
from ctadata_jlab.storage import Entry, Receipt, Scattered
from ctadata_jlab.storage.asking import MOMENT, Turns
from ctadata_jlab.storage.digest import QUESTION
from ctadata_jlab.storage.glances import Glance, Glances
from ctadata_jlab.storage.temporary import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.curl.exchange import Exchange
    from ctadata_jlab.storage import Checksum, ToScatter
    from ctadata_jlab.storage.asking import Door
    from ctadata_jlab.storage.glances import Names
    from ctadata_jlab.storage.patience import Patience

__all__ = ["Scattering"]


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
    then: Callable[[_Errand], Scattered | None] = field(kw_only=True)


class Scattering:
    """Stores at *door* what it is given, so many *lines* at a time, as long as the *patience* lasts.

    *looks*: the door replaces what is there, whatever it is told, so it is asked before whether there is something.
    """

    def __init__(self, door: Door, lines: int, patience: Patience, *, looks: bool = False) -> None:
        self._door = door
        self._lines = lines
        self._patience = patience
        self._looks = looks
        self._bundle = Bundle(door.curl)
        self._sums: Turns[_Errand] = Turns(self._bundle, lines, patience)
        self._glances: Glances[_Sent] = Glances(door, self._bundle, patience.seconds)
        self._under_way = 0

    def run(self, wanted: Iterator[ToScatter | None]) -> Iterator[Scattered | None]:
        """Yield what has become of each; None when a moment has passed without anything."""
        more = True
        with self._bundle as bundle:
            while more or len(bundle):
                more = more and not self._patience.is_over and self._fill(wanted)
                done = [self._went_on(errand) for errand in bundle.turn(MOMENT)]
                for question in self._sums.given_up():
                    self._sweep(question.one, Unsupported(f"Nobody asked for the checksum of {question.step.what}."))
                ended = [one for one in done if one is not None]
                self._under_way -= len(ended)
                yield from ended or (None,)

    def _fill(self, wanted: Iterator[ToScatter | None]) -> bool:
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
            self._bundle.start(self._errand(part, Put(self._what(part), file.body), headers, one, self._was_sent))
        return True

    def _went_on(self, errand: Errand) -> Scattered | None:
        """Take the next step with a file; returns it if that was the last one."""
        self._patience.heard(errand.error)
        if isinstance(errand, Glance):
            self._was_glanced_at(errand)
            return None
        assert isinstance(errand, _Errand)  # noqa: S101 - for the type checker: no others were started
        if errand.then == self._was_summed:
            self._sums.answered()  # may raise, which is not this file's fault: then the hands take all
        try:
            return errand.then(errand)
        except CtaDataError as error:
            self._sweep(errand.one, error)
            return None

    def _sweep(self, one: _Sent, error: CtaDataError) -> None:
        one.error = error
        self._bundle.start(self._errand(one.part, Act(self._what(one.part), "DELETE"), {}, one, self._was_swept))

    # -- the steps, each after the answer to the one before ------------------------------------------------------------

    def _was_sent(self, errand: _Errand) -> None:
        _raise(errand)
        one = errand.one
        self._sums.ask(self._errand(one.part, Head(self._what(one.part)), QUESTION, one, self._was_summed))

    def _was_summed(self, errand: _Errand) -> None:
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
        if self._looks:
            self._look_for(one)
        else:
            self._name(one)

    def _look_for(self, one: _Sent) -> None:
        path = one.file.path
        if not self._glances.serves(path):
            self._bundle.start(self._errand(path, Head(self._what(path)), {}, one, self._was_looked_for))
            return
        names = self._glances.seen(path)
        if names is None:
            self._glances.ask(path, one.part, one)
        else:
            self._name_beside(names, one)

    def _was_glanced_at(self, glance: Glance[_Sent]) -> None:
        names = self._glances.taken(glance)
        for one in glance.waiting:
            if names is None:
                self._look_for(one)
            else:
                self._name_beside(names, one)

    def _name_beside(self, names: Names, one: _Sent) -> None:
        if paths.name(one.file.path) in names:
            self._sweep(one, AlreadyExists(f"{self._what(one.file.path)} exists already."))
        else:
            self._name(one)

    def _was_looked_for(self, errand: _Errand) -> None:
        if errand.error is None:
            raise AlreadyExists(f"{errand.step.what} exists already.")
        if not isinstance(errand.error, NotFound):
            raise errand.error
        self._name(errand.one)

    def _name(self, one: _Sent) -> None:
        headers = {"Destination": self._door.destination(one.file.path), "Overwrite": "F"}
        self._bundle.start(self._errand(one.part, Act(self._what(one.part), "MOVE"), headers, one, self._was_named))

    def _was_named(self, errand: _Errand) -> None:
        _raise(errand)
        one = errand.one
        self._bundle.start(self._errand(one.file.path, Head(self._what(one.file.path)), {}, one, self._was_seen))

    def _was_seen(self, errand: _Errand) -> Scattered:
        _raise(errand)
        one = errand.one
        there, _ = self._door.told(changed(one.stored, path=one.file.path), errand.answer)
        if there.size != one.file.body.size:
            raise BadAnswer(f"The server said that it stored {errand.step.what}, but it holds something else.")
        receipt = Receipt(changed(there, checksum=one.proof), verified_by=one.proof, commit="rename")
        return Scattered(one.file.path, receipt)

    def _was_swept(self, errand: _Errand) -> Scattered:
        return Scattered(errand.one.file.path, error=errand.one.error)

    def _errand(
        self,
        path: str,
        step: Exchange,
        headers: Mapping[str, str],
        one: _Sent,
        then: Callable[[_Errand], Scattered | None],
    ) -> _Errand:
        return _Errand(self._door.server.url(path), step, headers, one=one, then=then)

    def _what(self, path: str) -> str:
        return self._door.server.what(path)


def _raise(errand: Errand) -> None:
    if errand.error is not None:
        raise errand.error
