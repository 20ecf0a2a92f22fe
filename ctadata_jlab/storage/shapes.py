"""Responses of a multistatus that are written like an earlier one: the same markup to the letter, other texts.

A server writes thousands of them by one pattern. The XML parser reads the first of each; of the others only the texts are taken, which
costs a tenth. What differs in anything but plain ASCII texts, or stands where no response is expected, goes to the XML parser. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.errors import CtaDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ctadata_jlab.storage.propfind import Found

__all__ = ["Alike", "Repetition", "XmlReader"]

_END = r"</(?:[^<>:/\s]+:)?response\s*>"
_TAG = r"""<[^<>!?"'](?:[^<>"']|"[^"<]*"|'[^'<]*')*>"""
_TEXT = r"[^<>&\x00-\x1f\x7f-\xff]{0,4096}"
"""What means itself in XML, in any of the encodings that the parser knows."""
_FEW = 100
"""Responses that the XML parser reads at first: a short listing is not worth the learning."""
_STEP = 4096
_SHAPES = 4
"""Of files and folders, with and without some property."""
_LONGEST = 65_536
"""So much is kept while the end of a response has not come."""
_MANY = 8
"""From so many on it pays to look at responses of one shape together."""


class XmlReader(Protocol):
    """Reads a multistatus by XML's rules."""

    began: int
    """At which byte the first response began, -1 before."""

    @property
    def is_between(self) -> bool:
        """Whether a response could begin now."""
        ...

    def feed(self, chunk: bytes, *, last: bool) -> list[Found]:
        """Take the next bytes; return the responses that they end."""
        ...


@dataclass(frozen=True, slots=True)
class Alike:
    """Responses of one shape, one after another: their texts in columns, not yet stripped; all else is as in *model*."""

    model: Found
    hrefs: Sequence[str]
    texts: Mapping[str, Sequence[str]]
    """Of each property that is not the same in all, by its name."""

    def __len__(self) -> int:
        return len(self.hrefs)

    def one_by_one(self) -> Iterator[Found]:
        """Yield what each of them says."""
        names = tuple(self.texts)
        for href, *texts in zip(self.hrefs, *self.texts.values(), strict=True):
            yield _found(self.model, href, names, texts)


def _found(model: Found, href: str, names: Sequence[str], texts: Sequence[str]) -> Found:
    properties = model.properties.copy()
    properties.update(zip(names, map(str.strip, texts), strict=True))
    return type(model)(href.strip(), 200, model.is_folder, properties)


@dataclass(frozen=True, slots=True)
class _Shape:
    """One pattern of responses: its groups are the href and the properties called *names*."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    model: Found

    def repeated(self, text: str, position: int) -> tuple[list[Found | Alike], int]:
        """Return what the responses in *text* say that stand one after another from *position* on, and where they end."""
        # a loop in C: the scanner's matches follow each other without a gap
        matches = list(iter(self.pattern.scanner(text, position).match, None))  # type: ignore[attr-defined]
        if not matches:
            return [], position
        texts = list(map(re.Match.groups, matches))
        if len(texts) < _MANY:
            return [_found(self.model, one[0], self.names, one[1:]) for one in texts], matches[-1].end()
        hrefs, *columns = zip(*texts, strict=True)
        return [Alike(self.model, hrefs, dict(zip(self.names, columns, strict=True)))], matches[-1].end()


class Repetition:
    """Reads a multistatus by the reader that *fresh* makes, but by known shapes what has one.

    The first *few* responses are left to the reader, in steps of so many bytes.
    """

    def __init__(self, fresh: Callable[[], XmlReader], few: int = _FEW, step: int = _STEP) -> None:
        self._fresh = fresh
        self._few = few
        self._step = step
        self._reader = fresh()
        self._count = 0
        self._start = b""
        self._rest = ""
        """What has come since, as Latin-1: a character for each byte."""
        self._head: str | None = None
        """What stands before the first response."""
        self._shapes: list[_Shape] = []
        self._is_between = False

    def feed(self, chunk: bytes, *, last: bool) -> list[Found | Alike]:
        """Take the next bytes; return the responses that they end."""
        found: list[Found | Alike] = []
        begun = 0
        while self._count < self._few and begun < len(chunk):
            found += self._begun(chunk[begun : begun + self._step])
            begun += self._step
        self._rest += chunk[begun:].decode("latin-1")
        if self._count >= self._few:
            self._repetitive(found)
        if last or len(self._rest) > _LONGEST:
            found += self._reader.feed(self._rest.encode("latin-1"), last=last)
            self._rest, self._is_between = "", False
        return found

    def _begun(self, chunk: bytes) -> list[Found]:
        """Let the XML reader take the beginning, and remember what stands before the first response."""
        found = self._reader.feed(chunk, last=False)
        self._count += len(found)
        if self._head is None:
            self._start += chunk
            if len(self._start) > _LONGEST:
                self._head, self._start = "", b""  # nothing is learned with that
            elif self._reader.began >= 0:
                self._head = self._start[: self._reader.began].decode("latin-1")
                self._start = b""
        return found

    def _repetitive(self, found: list[Found | Alike]) -> None:
        position, end_of_one = self._repeated(0, found), _compiled(_END)
        while end := end_of_one.search(self._rest, position):
            self._parsed(self._rest[position : end.end()], found)
            position = self._repeated(end.end(), found)
        self._rest = self._rest[position:]

    def _repeated(self, position: int, found: list[Found | Alike]) -> int:
        """Take the responses at *position* that have a known shape; return where they end."""
        before = -1
        while self._is_between and before != position:
            before = position
            for shape in self._shapes:
                more, position = shape.repeated(self._rest, position)
                found += more
        return position

    def _parsed(self, piece: str, found: list[Found | Alike]) -> None:
        """Let the XML reader take *piece*, which ends like a response, and learn its shape if it is one."""
        was_between = self._is_between
        ended = self._reader.feed(piece.encode("latin-1"), last=False)
        self._is_between = len(ended) == 1 and self._reader.is_between
        found += ended
        if was_between and self._is_between and self._head is not None and len(self._shapes) < _SHAPES:
            shape = _learned(self._head, piece, self._fresh())
            self._shapes += [shape] if shape else []


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _learned(head: str, response: str, reader: XmlReader) -> _Shape | None:
    """Return the shape of *response* with a mark in the place of each text; None if it is none of a file or folder that is there.

    Which text is which property is told by *reader*, given just that.
    """
    pieces = _pieces(response)
    marks = [f"-{n}-" if is_text else piece for n, (piece, is_text) in enumerate(pieces)]
    try:
        (found,) = reader.feed((head + "".join(marks)).encode("latin-1"), last=False)
    except (CtaDataError, ValueError):
        return None
    kinds = {found.href: "href", **{value: name for name, value in found.properties.items() if value}}
    texts = [kinds.get(mark) for mark, (_, is_text) in zip(marks, pieces, strict=True) if is_text]
    names = [name for name in texts if name is not None]
    if found.status != 200 or names[:1] != ["href"]:
        return None
    pattern = "".join(
        re.escape(piece) if not is_text else f"({_TEXT})" if mark in kinds else _TEXT
        for mark, (piece, is_text) in zip(marks, pieces, strict=True)
    )
    return _Shape(re.compile(r"\s*" + pattern, re.ASCII), tuple(names[1:]), found)


def _pieces(response: str) -> list[tuple[str, bool]]:
    """Return *response* in pieces, each with whether it is a text that may be another next time; a status may not."""
    pieces: list[tuple[str, bool]] = []
    position = 0
    response = response.lstrip()
    for tag in _compiled(_TAG).finditer(response):
        between = response[position : tag.start()]
        text = between.strip()
        is_text = bool(text) and not text.startswith("HTTP/")
        before, _, after = between.partition(text) if is_text else (between, "", "")
        pieces += [(before, False), (text if is_text else "", is_text), (after + tag.group(), False)]
        position = tag.end()
    return pieces
