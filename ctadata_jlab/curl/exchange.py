"""One request through libcurl and what became of it.

libcurl puts what arrives into lists, with no step of Python's in between, and whoever turns the lines takes it from there. The
one callback left, which gives an upload's bytes, never raises: it keeps the error and stops the transfer.
"""

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

__all__ = ["PORTION", "Act", "Answer", "Exchange", "Get", "Head", "Last", "Put"]

IDLE_SECONDS = 90.0
"""A transfer that has begun and moves nothing for so long is given up; dCache itself gives up after 300 s."""
PORTION = 1 << 18
"""libcurl hands over 16 kB at a time; sinks get so much at once, since what they do in Python holds up the other threads."""
_PARTIAL, _RANGE_REFUSED = 206, 416


@dataclass(slots=True)
class Answer:
    """What a server answered: status, reason phrase, headers in lower case, and where the bytes really were."""

    status: int = 0
    reason: str = ""
    url: str = ""
    lines: list[bytes] = field(default_factory=list)
    """The headers as they came: of many answers nobody reads them."""
    _headers: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """The headers, their names in lower case; of several with one name, the last."""
        if self.lines:
            for line in self.lines:
                name, colon, value = line.decode("iso-8859-1").partition(":")
                if colon:
                    self._headers[name.strip().lower()] = value.strip()
            self.lines.clear()
        return self._headers

    def begin(self, status: int = 0, reason: str = "") -> None:
        """Take what comes from now on for another answer."""
        self.status, self.reason, self._headers = status, reason, {}
        self.lines.clear()


class Exchange:
    """One request and what became of it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.answer = Answer()
        self.patience = FIRST_BYTE_SECONDS
        """How long the first byte of the answer is waited for."""
        self.rest = 0.0
        """For how many seconds nothing is sent on the connection by which the answer came; only a `Bundle` heeds it."""
        self._lines: list[bytes] = []
        self._pieces: list[bytes] = []
        self._kept: BaseException | None = None
        self._moved: tuple[float, float] = (0.0, 0.0)
        self._since = time.monotonic()

    @property
    def kind(self) -> object:
        """What two requests have in common if the second can be made with the handle of the first, as that was left."""
        return type(self)

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set where what arrives goes, and what else this kind of request needs; from now on its answer is waited for."""
        self.resume()
        handle.setopt(pycurl.HEADERFUNCTION, self._lines.append)
        handle.setopt(pycurl.WRITEFUNCTION, self._pieces.append)

    def again(self) -> None:
        """Be ready to be sent once more, elsewhere."""
        self.answer.begin()
        self._pieces.clear()

    def take(self) -> None:
        """Take what has arrived; raises to give up."""
        if self._lines:
            self._take_lines()
        if self._pieces:
            self._take_pieces()

    def check(self, answer: Answer) -> None:
        """Raise unless the final *answer* is a success."""
        if not 200 <= answer.status < 300:
            raise failure(answer.status, self.what, answer.reason, answer.headers)

    def finish(self) -> None:
        """Take what is left, also before an error: it need not be fetched again; then raise what was kept."""
        self.take()
        if self._kept is not None:
            raise self._kept

    def keep(self, error: BaseException) -> None:
        """Keep *error* until libcurl has returned; the first one counts."""
        self._kept = self._kept or error

    def feel(self, down: float, up: float) -> None:
        """Give up when so many bytes were there already a long time ago, or when whoever waits for them gives up."""
        now = time.monotonic()
        if (down, up) != self._moved:
            self._moved, self._since = (down, up), now
            return
        limit = IDLE_SECONDS if down else self.patience
        if now - self._since > limit:
            raise Unreachable(f"Nothing moved for {limit:.0f} seconds: {self.what}.")
        self._wait()

    def resume(self) -> None:
        """Begin to count the seconds in which nothing moves: those in which nobody looked are not the server's."""
        self._since = time.monotonic()

    def _wait(self) -> None:
        """Nothing moves just now: let whoever wants to give up raise."""

    def _take_lines(self) -> None:
        """Take header lines; a new status line starts a new answer (100-continue)."""
        for line in self._lines:
            if line[:5] == b"HTTP/":
                _, _, rest = line.decode("iso-8859-1").strip().partition(" ")
                code, _, reason = rest.partition(" ")
                self.answer.begin(int(code), reason.strip())
            else:
                self.answer.lines.append(line)
        self._lines.clear()

    def _take_pieces(self) -> None:
        """Take body bytes: nobody reads those of a refusal."""
        self._pieces.clear()


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

    def again(self) -> None:
        """Be ready to be sent once more, elsewhere: only what comes from there counts."""
        super().again()
        self._state, self._got = "unknown", 0

    def finish(self) -> None:
        """Pass on what came last."""
        self.take()
        self._flush()

    def _wait(self) -> None:
        self._sink(b"")

    def _take_pieces(self) -> None:
        """Pass the bytes on in portions, if they are what was asked."""
        if self._state == "unknown":
            self._state = "pouring" if self._is_wanted() else "refused"
        if self._state == "refused":
            super()._take_pieces()
        elif sum(map(len, self._pieces)) >= PORTION:
            self._flush()

    def _flush(self) -> None:
        if not self._pieces:
            return
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._got += len(data)
        if self._end is not None and self._got > self._end - self._start:
            raise Corrupted(f"The server sends more bytes than asked: {self.what}.")
        self._sink(data)

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


class Head(Exchange):
    """A question about a file, answered by headers alone."""

    def prepare(self, handle: pycurl.Curl) -> None:
        """Ask for no body."""
        super().prepare(handle)
        handle.setopt(pycurl.NOBODY, 1)


class Act(Exchange):
    """A request of another *method*, without a body."""

    def __init__(self, what: str, method: str) -> None:
        super().__init__(what)
        self._method = method

    @property
    def kind(self) -> object:
        """What they have in common is the method, too."""
        return type(self), self._method

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set the method."""
        super().prepare(handle)
        handle.setopt(pycurl.CUSTOMREQUEST, self._method)


class Last(Get):
    """A goodbye that nobody waits long for."""

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set a short limit."""
        super().prepare(handle)
        handle.setopt(pycurl.TIMEOUT_MS, 5000)


class Put(Exchange):
    """A PUT of *body*, from its first byte."""

    def __init__(self, what: str, body: Body) -> None:
        super().__init__(what)
        self._body = body
        self._left = body.size
        body.rewind()

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set the true length, and where the bytes come from."""
        super().prepare(handle)
        handle.setopt(pycurl.UPLOAD, 1)
        handle.setopt(pycurl.INFILESIZE_LARGE, self._body.size)
        handle.setopt(pycurl.READFUNCTION, self._read)
        handle.setopt(pycurl.SEEKFUNCTION, self._seek)

    def again(self) -> None:
        """Be ready to send the body from its first byte."""
        super().again()
        self._rewind()

    def _rewind(self) -> None:
        self._body.rewind()
        self._left = self._body.size

    def _wait(self) -> None:
        """As long as bytes are left, whoever has them may give up; what was sent as a whole is the server's, and its answer counts."""
        if self._left > 0:
            self._body.read(0)

    def _read(self, count: int) -> bytes | int:
        try:
            data = self._body.read(count)
        except BaseException as error:  # noqa: BLE001 - nothing may be raised into libcurl
            self.keep(error)
            return pycurl.READFUNC_ABORT
        self._left -= len(data)
        return data

    def _seek(self, offset: int, whence: int) -> int:
        if offset or whence:
            return pycurl.SEEKFUNC_CANTSEEK
        self._rewind()
        return pycurl.SEEKFUNC_OK
