"""Whether names are free at a door that replaces what is there, whatever it is told: for many files by one listing of their folder.

XRootD hangs up with each answer "there is nothing", so a question about one name costs a new connection, ten times what the question
does. A listing answers for all. It has to be as good as an answer about the name itself: it is believed for a moment only, counted from
when it was asked, and only if it shows the unfinished upload that must be there. What it cannot tell is asked for name by name.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ctadata_jlab import paths
from ctadata_jlab.curl.bundle import Errand
from ctadata_jlab.curl.questions import Question
from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.storage import propfind
from ctadata_jlab.storage.shapes import Alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ctadata_jlab.curl.bundle import Bundle
    from ctadata_jlab.storage.asking import Door

__all__ = ["MOMENT", "Glance", "Glances", "Names"]

MOMENT = 0.25
"""Seconds for which a look at a folder is believed at most, counted from when it was asked."""
_SHARE = 16
"""It is believed so many times as long as it took, so that hardly any time goes into looking."""
_FEW = 4
"""So many names of a folder are asked for one by one: its listing may be long."""
_TRIES = 3
"""After so many looks in a row that could not be believed, a folder is not looked at any more."""
_MOST = 8 * 1024 * 1024
"""Bytes that a listing may have: some ten thousand entries."""
_MULTISTATUS = 207
_PLAIN = re.compile(r"[\w.~-]+", re.ASCII)
"""Names that every server writes, and reads, as they are (RFC 3986 §2.3)."""
Waiting = TypeVar("Waiting")


class Names:
    """Names in a folder; two that some server takes for one are alike."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(map(str.casefold, names))

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._names


@dataclass(eq=False, slots=True)
class Glance(Errand, Generic[Waiting]):
    """A listing on its way, for those that wait for it; it must show the *witness*, which was there when it was *asked*."""

    witness: str = field(kw_only=True)
    asked: float = field(kw_only=True)
    waiting: list[Waiting] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Folder(Generic[Waiting]):
    """What is known of the folder at *path*: which *names* it has, until then."""

    path: str
    asked: int = 0
    in_vain: int = 0
    names: Names | None = None
    until: float = 0.0
    glance: Glance[Waiting] | None = None


class Glances(Generic[Waiting]):
    """Looks at a folder of *door* through *bundle*; the first byte of an answer is waited for so many *seconds*.

    Files come folder by folder: what is known of one is forgotten with the first file of another.
    """

    def __init__(self, door: Door, bundle: Bundle, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._door = door
        self._bundle = bundle
        self._seconds = seconds
        self._clock = clock
        self._here: _Folder[Waiting] = _Folder("")

    def serves(self, path: str) -> bool:
        """Whether the folder of *path* is to be looked at, rather than the name."""
        folder = self._folder(path)
        folder.asked += 1
        is_worth_it = folder.asked > _FEW and folder.in_vain < _TRIES
        return is_worth_it and _PLAIN.fullmatch(paths.name(path)) is not None

    def seen(self, path: str) -> Names | None:
        """Return what the folder of *path* was seen to hold just now, None if nobody has looked."""
        folder = self._folder(path)
        return folder.names if self._clock() < folder.until else None

    def ask(self, path: str, part: str, who: Waiting) -> None:
        """Have the folder of *path*, where *part* is, looked at for *who*."""
        folder = self._folder(path)
        if folder.glance is None:
            folder.glance = self._look(folder.path, paths.name(part))
        folder.glance.waiting.append(who)

    def taken(self, glance: Glance[Waiting]) -> Names | None:
        """Return what *glance* has seen, None if that cannot be believed."""
        names = _names(glance)
        took = self._clock() - glance.asked
        if took > MOMENT / 2:
            names = None
        folder = self._here
        if folder.glance is glance:
            folder.glance = None
            folder.in_vain = folder.in_vain + 1 if names is None else 0
            folder.names, folder.until = names, glance.asked + min(MOMENT, _SHARE * took)
        return names

    def _folder(self, path: str) -> _Folder[Waiting]:
        above = paths.parent(path)
        if self._here.path != above:
            self._here = _Folder(above)
        return self._here

    def _look(self, folder: str, witness: str) -> Glance[Waiting]:
        server = self._door.server
        step = Question(server.what(folder), "PROPFIND", propfind.question(), most=_MOST)
        step.patience = self._seconds
        url, headers = server.url(folder, folder=True), {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        glance: Glance[Waiting] = Glance(url, step, headers, witness=witness, asked=self._clock())
        self._bundle.start(glance)
        return glance


def _names(glance: Glance[Waiting]) -> Names | None:
    step = glance.step
    if glance.error is not None or glance.answer.status != _MULTISTATUS or not isinstance(step, Question):
        return None
    found: set[str] = set()
    try:
        for one in propfind.read((step.taken(),), step.what):
            hrefs = one.hrefs if isinstance(one, Alike) else (one.href,)
            found.update(href.strip().rstrip("/").rpartition("/")[2] for href in hrefs)
    except CtaDataError:
        return None
    return Names(found) if glance.witness in found else None
