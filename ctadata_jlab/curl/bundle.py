"""Many requests at once to one door, in the thread of whoever turns them: for small files, where threads would cost more than bytes."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

import pycurl

from ctadata_jlab.curl.lines import Lines
from ctadata_jlab.curl.resting import Resting
from ctadata_jlab.errors import BadAnswer, CtaDataError, NotLoggedIn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from ctadata_jlab.curl import Curl
    from ctadata_jlab.curl.exchange import Answer, Exchange

__all__ = ["Bundle", "Errand"]

_REDIRECTS = 4
_ABSENCE = 1.0
"""Seconds without a turn after which silence is not the server's: whoever has the bundle did something else."""


@dataclass(eq=False, slots=True)
class Errand:
    """One request at *url*, and what became of it: *error*, or the answer of `step`, which is a success."""

    url: str
    step: Exchange
    headers: Mapping[str, str] = field(default_factory=dict)
    error: CtaDataError | None = None
    authorization: str | None = None
    redirects: int = 0

    @property
    def answer(self) -> Answer:
        """What the server said."""
        return self.step.answer


class Bundle:
    """Requests under way through *curl*. Nothing is asked twice: who gets an error decides what to do."""

    def __init__(self, curl: Curl) -> None:
        self._curl = curl
        self._lines = Lines()
        self._idle: dict[object, list[pycurl.Curl]] = {}
        self._resting: dict[object, Resting] = {}
        self._out: dict[pycurl.Curl, Errand] = {}
        self._refused: str | None = None
        self._looked = self._turned = time.monotonic()

    def __len__(self) -> int:
        return len(self._out)

    def start(self, errand: Errand) -> None:
        """Send *errand*, in its turn if the door is paced."""
        errand.authorization = self._curl.authorization(errand.url)
        self._curl.wait(errand.url)
        self._send(errand)

    def turn(self, longest: float) -> list[Errand]:
        """Move what can be moved, waiting *longest* seconds for it; return what has ended."""
        if time.monotonic() - self._turned > _ABSENCE:
            for errand in self._out.values():
                errand.step.resume()
        ended: list[Errand] = []
        for handle, failed in self._lines.turn(longest):
            errand = self._out.pop(handle)
            self._lines.remove(handle)
            if self._concluded(errand, failed):
                ended.append(errand)
            self._give_back(handle, errand.step)
        ended += self._lost()
        self._turned = time.monotonic()
        return ended

    def push(self) -> None:
        """Have what was started on its way before its sender does something else: otherwise it leaves with the next turn."""
        self._lines.push()

    def close(self) -> None:
        """Break off what is under way."""
        for handle in [*self._out, *chain.from_iterable(self._idle.values())]:
            handle.close()
        for resting in self._resting.values():
            resting.close()
        self._out.clear()
        self._lines.close()

    def __enter__(self) -> Bundle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, errand: Errand) -> None:
        handle = self._taken(errand.step)
        errand.answer.url = errand.url
        self._curl.direct(handle, errand.url, self._curl.signed(errand.url, errand.headers, errand.authorization))
        errand.step.prepare(handle)
        self._out[handle] = errand
        self._lines.add(handle)

    def _taken(self, step: Exchange) -> pycurl.Curl:
        if step.rest:
            return self._resting.setdefault(step.kind, Resting(self._made)).take()
        idle = self._idle.get(step.kind)
        return idle.pop() if idle else self._made()

    def _made(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        self._curl.furnish(handle)
        return handle

    def _give_back(self, handle: pycurl.Curl, step: Exchange) -> None:
        if step.rest:
            self._resting[step.kind].give_back(handle, step.rest)
        else:
            self._idle.setdefault(step.kind, []).append(handle)

    def _concluded(self, errand: Errand, failed: tuple[int, str] | None) -> bool:
        """Whether *errand* has come to its end; if not, it was sent where the door wants it."""
        try:
            errand.step.finish()
            if failed is not None:
                raise self._curl.failure(errand.step, failed)
            target = self._curl.redirected(errand.url, errand.step)
            if target is not None:
                self._forward(errand, target)
                return False
            errand.step.check(errand.answer)
        except CtaDataError as error:
            self._fail(errand, error)
        return True

    def _forward(self, errand: Errand, target: str) -> None:
        errand.redirects += 1
        if errand.redirects >= _REDIRECTS:
            raise BadAnswer(f"The server redirects without end: {errand.step.what}.")
        errand.url = target
        errand.step.again()
        self._send(errand)

    def _fail(self, errand: Errand, error: CtaDataError) -> None:
        errand.error = error
        refused = errand.authorization
        if isinstance(error, NotLoggedIn) and refused is not None and refused != self._refused:
            self._refused = refused
            with suppress(CtaDataError):
                self._curl.refuse(refused)  # so that nobody sends this one again

    def _lost(self) -> list[Errand]:
        """Return those who have waited too long; looked for once a second."""
        now = time.monotonic()
        if now - self._looked < 1.0:
            return []
        self._looked = now
        return [errand for handle, errand in list(self._out.items()) if not self._is_alive(handle, errand)]

    def _is_alive(self, handle: pycurl.Curl, errand: Errand) -> bool:
        try:
            errand.step.take()
            errand.step.feel(handle.getinfo(pycurl.SIZE_DOWNLOAD_T), handle.getinfo(pycurl.SIZE_UPLOAD_T))
        except CtaDataError as error:
            errand.error = error
            self._lines.remove(handle)
            handle.close()
            del self._out[handle]
            return False
        return True
