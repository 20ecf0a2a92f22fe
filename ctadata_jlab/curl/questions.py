"""Questions to one door whose answers are read while they arrive, on the same libcurl as the bytes.

A listing of many thousand entries is neither kept whole nor waited for; and who only looks loads no second HTTP library.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pycurl

from ctadata_jlab.curl import LATER, LONGEST_PAUSE, REDIRECTS, Curl, unreachable
from ctadata_jlab.curl.exchange import Act
from ctadata_jlab.curl.lines import Lines
from ctadata_jlab.errors import BadAnswer, CtaDataError, Unsupported
from ctadata_jlab.http import origin, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ctadata_jlab.curl.exchange import Answer
    from ctadata_jlab.http import Trust

__all__ = ["Question", "Questions", "Reply"]

_UNAUTHORIZED = 401
_LONGEST_WAIT = 1.0


class Questions(Curl):
    """Asks one door, with any method. Thread-safe; connections are kept and used again."""

    def __init__(
        self,
        url: str,
        trust: Trust,
        authorise: Callable[[str | None], str] | None = None,
        *,
        pause: Callable[[float | None], object] | None = None,
    ) -> None:
        super().__init__(url, trust, authorise, pause=pause)
        self._kept: list[_Line] = []

    def close(self) -> None:
        """Close the kept connections."""
        super().close()
        with self._lock:
            lines, self._kept = self._kept, []
        for line in lines:
            line.close()

    @contextmanager
    def ask(
        self, method: str, url: str, what: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Iterator[Reply]:
        """Give the door's reply, whatever it is; *what* names the question in errors. Only redirects within the door are followed."""
        asked = dict(headers)
        reply = self._with_login_asked(method, url, what, asked, content)
        try:
            yield reply
        finally:
            self._hang_up(reply)

    def _with_login_asked(self, method: str, url: str, what: str, headers: dict[str, str], content: bytes) -> Reply:
        refused: str | None = None
        for attempt in (1, 2):
            value = self._authorise(refused) if self._authorise else None
            sent = headers if value is None else {**headers, "Authorization": value}
            reply = self._followed(method, url, what, sent, content)
            if reply.answer.status != _UNAUTHORIZED or self._authorise is None:
                break
            if attempt == 1:
                self._hang_up(reply)
                refused = value
            else:
                with suppress(CtaDataError):
                    self._authorise(value)  # so that nobody sends this one again either
        return reply

    def _followed(self, method: str, url: str, what: str, headers: Mapping[str, str], content: bytes) -> Reply:
        target = url
        for _ in range(3):
            reply = self._asked_in_turn(method, target, what, headers, content)
            location = reply.answer.headers.get("location")
            if reply.answer.status not in REDIRECTS or not location:
                return reply
            self._hang_up(reply)
            target = urljoin(target, location)
            if origin(target) != self._origin:
                raise BadAnswer(f"The server sends the question elsewhere, to {urlsplit(target).hostname}: {what}.")
        raise BadAnswer(f"The server redirects without end: {what}.")

    def _asked_in_turn(self, method: str, url: str, what: str, headers: Mapping[str, str], content: bytes) -> Reply:
        """Ask once; a door that wants to be asked later (429) has done nothing yet, and is asked again then."""
        wait: float | None = None
        for attempt in range(LATER):
            if self._pause:
                self._pause(wait)
            reply = self._asked(url, headers, Question(what, method, content))
            wait = retry_after(reply.answer.status, reply.answer.headers)
            if self._pause is None or wait is None or wait > LONGEST_PAUSE or attempt == LATER - 1:
                break
            self._hang_up(reply)
        return reply

    def _asked(self, url: str, headers: Mapping[str, str], step: Question) -> Reply:
        with self._lock:
            line = self._kept.pop() if self._kept else _Line()
        step.answer.url = url
        self.prepare(line.easy, url, headers, step)
        reply = Reply(line, step)
        try:
            reply.begin()
        except BaseException:
            line.close()
            raise
        return reply

    def _hang_up(self, reply: Reply) -> None:
        """Keep the connection for the next question; a reply that was not read to its end is broken off."""
        if reply.finish():
            with self._lock:
                self._kept.append(reply.line)


class _Line:
    """One connection at a time: a handle, and what works it step by step."""

    def __init__(self) -> None:
        self.easy = pycurl.Curl()
        self.lines = Lines()

    def close(self) -> None:
        self.easy.close()
        self.lines.close()


class Question(Act):
    """A request with *method* and a short *content*; what comes, *most* bytes of it if that is told, is kept until it is taken."""

    def __init__(self, what: str, method: str, content: bytes, most: int | None = None) -> None:
        super().__init__(what, method)
        self._content = content
        self._most = most
        self._came = 0

    @property
    def has_more(self) -> bool:
        """Whether there is something to be taken."""
        return bool(self._pieces)

    def prepare(self, handle: pycurl.Curl) -> None:
        """Set the method, and what is sent."""
        super().prepare(handle)
        handle.setopt(pycurl.ACCEPT_ENCODING, "")
        if self._content:
            handle.setopt(pycurl.POSTFIELDS, self._content)
        if self._most is not None:
            handle.setopt(pycurl.WRITEFUNCTION, self._keep_few)

    def taken(self) -> bytes:
        """Return what has come since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data

    def _take_pieces(self) -> None:
        """Leave them where they are."""

    def _keep_few(self, data: bytes) -> int | None:
        self._came += len(data)
        if self._most is not None and self._came > self._most:
            self.keep(Unsupported(f"The answer is longer than {self._most} bytes: {self.what}."))
            return -1
        self._pieces.append(data)
        return None


class Reply:
    """What a door says: `answer` at once, the body piece by piece."""

    def __init__(self, line: _Line, step: Question) -> None:
        self.line = line
        self.answer: Answer = step.answer
        self._step = step
        self._is_running = True
        self._is_broken = False
        line.lines.add(line.easy)

    def begin(self) -> None:
        """Wait for the answer's headers."""
        self._advance()

    def body(self) -> Iterator[bytes]:
        """Yield the body as it arrives; raises `Unreachable` when it breaks off."""
        while True:
            if self._step.has_more:
                yield self._step.taken()
            elif self._is_running:
                self._advance()
            else:
                return

    def finish(self) -> bool:
        """End it; whether the connection can be used again."""
        with suppress(CtaDataError):
            if self._is_running and not self._is_broken:
                self._advance(0.0)  # the end may have come with the last piece
        if self._is_broken:
            return False
        self.line.lines.remove(self.line.easy)
        if self._is_running:
            self.line.close()
            return False
        self.line.easy.reset()
        return True

    def _advance(self, longest: float | None = None) -> None:
        """Work until a piece has come, or all; not longer than *longest* seconds, if given."""
        self._step.resume()
        while self._is_running and not self._step.has_more:
            self._look(self.line.lines.turn(_LONGEST_WAIT if longest is None else longest))
            if longest is not None:
                return

    def _look(self, ended: Sequence[tuple[pycurl.Curl, tuple[int, str] | None]]) -> None:
        self._step.take()
        if not ended:
            easy = self.line.easy
            self._step.feel(easy.getinfo(pycurl.SIZE_DOWNLOAD_T), easy.getinfo(pycurl.SIZE_UPLOAD_T))
            return
        self._is_running = False
        failed = ended[0][1]
        if failed is not None:
            self._is_broken = True
            self.line.close()
            raise unreachable(*failed, self._step.what)
