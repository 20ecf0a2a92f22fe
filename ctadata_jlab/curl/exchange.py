"""One request through libcurl and what became of it. Callbacks never raise: they keep the error and stop the transfer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pycurl

from ctadata_jlab.errors import Corrupted, Unreachable
from ctadata_jlab.http import FIRST_BYTE_SECONDS, failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage import Body

__all__ = ["Answer", "Exchange", "Get", "Last", "Put"]

IDLE_SECONDS = 90.0
"""A transfer that has begun and moves nothing for so long is given up; dCache itself gives up after 300 s."""
_ERROR_BODY = 4096
_PORTION = 1 << 18
"""libcurl hands over 16 kB at a time; sinks get so much at once, since what they do in Python holds up the other threads."""
_PARTIAL, _RANGE_REFUSED = 206, 416


@dataclass(slots=True)
class Answer:
    """What a server answered: status, reason phrase, headers in lower case, and where the bytes really were."""

    status: int = 0
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""


class Exchange:
    """One request and what became of it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.answer = Answer()
        self._kept: BaseException | None = None
        self._refusal = bytearray()
        self._moved: tuple[float, float] = (0.0, 0.0)
        self._since = time.monotonic()

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set what this kind of request needs."""

    def check(self, answer: Answer) -> None:
        """Raise unless the final *answer* is a success."""
        if not 200 <= answer.status < 300:
            raise failure(answer.status, self.what, answer.reason, answer.headers)

    def ended(self) -> None:
        """Do what is left to do when libcurl has returned."""

    def raise_kept(self) -> None:
        """Raise what a callback kept."""
        if self._kept is not None:
            raise self._kept

    def keep(self, error: BaseException) -> None:
        """Keep *error* until libcurl has returned; the first one counts."""
        self._kept = self._kept or error

    def on_header(self, line: bytes) -> None:
        """Take one header line; a new status line starts a new answer (100-continue)."""
        text = line.decode("iso-8859-1").strip()
        if text.startswith("HTTP/"):
            _, _, rest = text.partition(" ")
            code, _, reason = rest.partition(" ")
            self.answer.status, self.answer.reason, self.answer.headers = int(code), reason.strip(), {}
        elif ":" in text:
            name, _, value = text.partition(":")
            self.answer.headers[name.strip().lower()] = value.strip()

    def on_data(self, data: bytes) -> int:
        """Take body bytes: of an error, its beginning is enough."""
        if len(self._refusal) < _ERROR_BODY:
            self._refusal += data[:_ERROR_BODY]
        return len(data)

    def on_progress(self, _down_total: float, down: float, _up_total: float, up: float) -> int:
        """Give up when nothing moves; called about once a second also then."""
        now = time.monotonic()
        if (down, up) != self._moved:
            self._moved, self._since = (down, up), now
        limit = IDLE_SECONDS if down else FIRST_BYTE_SECONDS
        if now - self._since > limit:
            self.keep(Unreachable(f"Nothing moved for {limit:.0f} seconds: {self.what}."))
            return 1
        return 0


class Get(Exchange):
    """A GET of *start* to before *end* into *sink*; *ranged* if it asks for a range, *accept* sees the headers first."""

    def __init__(
        self,
        what: str,
        sink: Callable[[bytes], object],
        start: int,
        end: int | None,
        accept: Callable[[Answer], None] | None,
        *,
        ranged: bool,
    ) -> None:
        super().__init__(what)
        self._accept = accept
        self._sink = sink
        self._start = start
        self._end = end
        self._ranged = ranged
        self._state: Literal["unknown", "pouring", "refused"] = "unknown"
        self._got = 0
        self._pending: list[bytes] = []
        self._waiting = 0

    def on_data(self, data: bytes) -> int:
        """Pass the bytes on in portions, if they are what was asked."""
        try:
            if self._state == "unknown":
                self._state = "pouring" if self._is_wanted() else "refused"
            if self._state == "refused":
                return super().on_data(data)
            self._got += len(data)
            if self._end is not None and self._got > self._end - self._start:
                raise Corrupted(f"The server sends more bytes than asked: {self.what}.")  # noqa: TRY301
            self._pending.append(data)
            self._waiting += len(data)
            if self._waiting >= _PORTION:
                self._flush()
        except BaseException as error:  # noqa: BLE001 - nothing may be raised into libcurl
            self.keep(error)
            return -1
        return len(data)

    def ended(self) -> None:
        """Pass on what came last, also before an error: it need not be fetched again."""
        try:
            self._flush()
        except BaseException as error:  # noqa: BLE001 - told together with what else went wrong
            self.keep(error)

    def _flush(self) -> None:
        pending, self._pending, self._waiting = self._pending, [], 0
        if pending:
            self._sink(b"".join(pending))

    def _is_wanted(self) -> bool:
        if not 200 <= self.answer.status < 300:
            return False
        self._check_range()
        if self._accept:
            self._accept(self.answer)
        return True

    def _check_range(self) -> None:
        if not self._ranged:
            return
        if self.answer.status != _PARTIAL:
            raise Corrupted(f"The server ignores the range that was asked: {self.what}.")
        said = self.answer.headers.get("content-range", "")
        if not said.startswith(f"bytes {self._start}-"):
            raise Corrupted(f"The server sends another range than asked ({said or 'none'}): {self.what}.")

    def check(self, answer: Answer) -> None:
        """Raise unless all came."""
        if answer.status == _RANGE_REFUSED:
            raise Corrupted(f"The file is shorter than expected: {self.what}.")
        super().check(answer)
        self._check_range()
        if self._end is not None and self._got != self._end - self._start:
            raise Corrupted(f"{self._end - self._start} bytes were asked, {self._got} came: {self.what}.")


class Last(Get):
    """A goodbye that nobody waits long for."""

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set a short limit."""
        handle.setopt(pycurl.TIMEOUT_MS, 5000)


class Put(Exchange):
    """A PUT of *body*, from its first byte."""

    def __init__(self, what: str, body: Body) -> None:
        super().__init__(what)
        self._body = body
        body.rewind()

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set the true length, and where the bytes come from."""
        handle.setopt(pycurl.UPLOAD, 1)
        handle.setopt(pycurl.INFILESIZE_LARGE, self._body.size)
        handle.setopt(pycurl.READFUNCTION, self._read)
        handle.setopt(pycurl.SEEKFUNCTION, self._seek)

    def _read(self, count: int) -> bytes | int:
        try:
            return self._body.read(count)
        except BaseException as error:  # noqa: BLE001 - nothing may be raised into libcurl
            self.keep(error)
            return pycurl.READFUNC_ABORT

    def _seek(self, offset: int, whence: int) -> int:
        if offset or whence:
            return pycurl.SEEKFUNC_CANTSEEK
        self._body.rewind()
        return pycurl.SEEKFUNC_OK
