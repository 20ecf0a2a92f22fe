"""The byte layer: ranged GET and PUT through libcurl.

Redirects are followed by hand: a door sends its client to a pool with a URL that is itself the permission (dCache's
``dcache-http-uuid``), so the token goes to the door's origin only.
Callbacks never raise into libcurl: they keep the error and stop the transfer.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

import pycurl

from ctadata_jlab.errors import BadAnswer, Corrupted, CtaDataError, Forbidden, Misconfigured, NotLoggedIn, Unreachable
from ctadata_jlab.http import CONNECT_SECONDS, FIRST_BYTE_SECONDS, USER_AGENT, Trust, failure, origin, require_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.storage import Body

__all__ = ["Answer", "Curl"]

IDLE_SECONDS = 90.0
"""A transfer that has begun and moves nothing for so long is given up; dCache itself gives up after 300 s."""
EXPECT_MILLISECONDS = 200_000
"""How long a door may think before it redirects an upload; curl's own default of 1 s sends the bytes to the door and again to the pool."""
_ERROR_BODY = 4096
_PORTION = 1 << 18
"""libcurl hands over 16 kB at a time; sinks get so much at once, since what they do in Python holds up the other threads."""
_REDIRECTS = {301, 302, 303, 307, 308}
_PARTIAL, _RANGE_REFUSED, _UNAUTHORIZED = 206, 416, 401


@dataclass(slots=True)
class Answer:
    """What a server answered: status, reason phrase, headers in lower case, and where the bytes really were."""

    status: int = 0
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""


class Curl:
    """Moves bytes to and from one door. Thread-safe; connections are kept and used again.

    *authorise* returns the Authorization header's value, other than the *refused* one; it may be None for an open server.
    """

    def __init__(
        self,
        url: str,
        trust: Trust,
        authorise: Callable[[str | None], str] | None = None,
        *,
        http_pools: bool = False,
    ) -> None:
        require_safe(url)
        self._origin = origin(url)
        self._trust = trust
        self._authorise = authorise
        self._http_pools = http_pools
        self._idle: list[pycurl.Curl] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            handles, self._idle = self._idle, []
        for handle in handles:
            handle.close()

    def get(
        self,
        url: str,
        what: str,
        sink: Callable[[bytes], object],
        *,
        start: int = 0,
        end: int | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Callable[[Answer], None] | None = None,
    ) -> Answer:
        """Give *sink* the bytes of *url* from *start* to before *end*; *what* names them in errors.

        *accept* sees the answer's headers before the first byte and may refuse it by raising.
        Raises `Corrupted` when the server answers with another range than asked, `Unreachable` when it breaks off.
        """
        asked = dict(headers or {})
        if start or end is not None:
            asked["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        return self._with_login(url, lambda: _Get(what, sink, start, end, accept, ranged="Range" in asked), asked)

    def put(self, url: str, what: str, body: Body, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Send *body* to *url* with its true length; a door that wants the bytes elsewhere gets none of them (``Expect: 100-continue``)."""
        asked = {"Expect": "100-continue" if body.size else "", "Content-Type": "", **(headers or {})}
        return self._with_login(url, lambda: _Put(what, body), asked)

    def _with_login(self, url: str, exchange: Callable[[], _Exchange], headers: dict[str, str]) -> Answer:
        refused: str | None = None
        for attempt in (1, 2):
            value = self._authorise(refused) if self._authorise else None
            try:
                return self._follow(url, exchange, headers, value)
            except NotLoggedIn:
                if attempt == 2 and self._authorise and value is not None:
                    with suppress(CtaDataError):
                        self._authorise(value)  # so that nobody sends this one again either
                if attempt == 2 or value is None:
                    raise
                refused = value
        raise AssertionError

    def _follow(
        self,
        url: str,
        exchange: Callable[[], _Exchange],
        headers: dict[str, str],
        authorization: str | None,
    ) -> Answer:
        target = url
        for _ in range(4):
            sent = dict(headers)
            if authorization and origin(target) == self._origin:
                sent["Authorization"] = authorization
            step = exchange()
            answer = self._perform(target, sent, step)
            if answer.status not in _REDIRECTS:
                if answer.status == _UNAUTHORIZED and origin(target) != self._origin:
                    raise Forbidden(f"The pool refuses what the door has allowed: {step.what}.")
                step.check(answer)
                return answer
            target = self._next(target, answer, step.what)
        raise BadAnswer(f"The server redirects without end: {step.what}.")

    def _next(self, url: str, answer: Answer, what: str) -> str:
        location = answer.headers.get("location")
        if not location:
            raise BadAnswer(f"The server redirects to nowhere: {what}.")
        target = urljoin(url, location)
        if urlsplit(target).scheme == "http" and self._http_pools:
            return target
        try:
            require_safe(target)
        except Misconfigured as error:
            host = urlsplit(target).hostname
            raise Misconfigured(
                f"The door sends the bytes over plain http to {host}: {what}.",
                hint="Ask the site to redirect to https, or set `http_pools = true` for this source.",
            ) from error
        return target

    def _perform(self, url: str, headers: Mapping[str, str], step: _Exchange) -> Answer:
        with self._handle() as handle:
            self._prepare(handle, url, headers, step)
            try:
                handle.perform()
            except pycurl.error as error:
                step.ended()
                step.raise_kept()
                raise _unreachable(error, step.what) from None
            step.ended()
            step.raise_kept()
            step.answer.url = url
            return step.answer

    def _prepare(self, handle: pycurl.Curl, url: str, headers: Mapping[str, str], step: _Exchange) -> None:
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.USERAGENT, USER_AGENT)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))
        handle.setopt(pycurl.EXPECT_100_TIMEOUT_MS, EXPECT_MILLISECONDS)
        handle.setopt(pycurl.BUFFERSIZE, 1 << 19)
        handle.setopt(pycurl.UPLOAD_BUFFERSIZE, 1 << 19)
        handle.setopt(
            pycurl.HTTPHEADER, [f"{name}: {value}" if value else f"{name}:" for name, value in headers.items()]
        )
        if self._trust.bundle:
            handle.setopt(pycurl.CAINFO, self._trust.bundle)
        if self._trust.folder:
            handle.setopt(pycurl.CAPATH, self._trust.folder)
        handle.setopt(pycurl.HEADERFUNCTION, step.on_header)
        handle.setopt(pycurl.WRITEFUNCTION, step.on_data)
        handle.setopt(pycurl.NOPROGRESS, 0)
        handle.setopt(pycurl.XFERINFOFUNCTION, step.on_progress)
        step.prepare(handle)

    @contextmanager
    def _handle(self) -> Iterator[pycurl.Curl]:
        with self._lock:
            handle = self._idle.pop() if self._idle else pycurl.Curl()
        try:
            yield handle
        except BaseException:
            handle.close()
            raise
        handle.reset()
        with self._lock:
            self._idle.append(handle)


class _Exchange:
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


class _Get(_Exchange):
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
        if answer.status == _RANGE_REFUSED:
            raise Corrupted(f"The file is shorter than expected: {self.what}.")
        super().check(answer)
        self._check_range()
        if self._end is not None and self._got != self._end - self._start:
            raise Corrupted(f"{self._end - self._start} bytes were asked, {self._got} came: {self.what}.")


class _Put(_Exchange):
    def __init__(self, what: str, body: Body) -> None:
        super().__init__(what)
        self._body = body
        body.rewind()

    def prepare(self, handle: pycurl.Curl) -> None:
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


_BROKEN_TLS = {pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_ISSUER_ERROR}


def _unreachable(error: pycurl.error, what: str) -> CtaDataError:
    code, words = (*error.args, "")[:2]
    if code in _BROKEN_TLS:
        return Misconfigured(
            f"The server's certificate is not trusted: {what} ({words}).",
            hint="Set `ca` of this source to the site's authority.",
        )
    return Unreachable(f"The connection failed: {what} ({words or code}).")
