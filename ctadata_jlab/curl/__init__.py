"""The byte layer: ranged GET and PUT through libcurl.

Redirects are followed by hand: a door sends its client to a pool with a URL that is itself the permission (dCache's
``dcache-http-uuid``), so the token goes to the door's origin only.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pycurl

from ctadata_jlab.curl import memory
from ctadata_jlab.curl.exchange import Answer, Get, Last, Put
from ctadata_jlab.curl.lines import Lines
from ctadata_jlab.errors import BadAnswer, CtaDataError, Forbidden, Misconfigured, NotLoggedIn, Unreachable, Unsupported
from ctadata_jlab.http import CONNECT_SECONDS, USER_AGENT, Trust, origin, require_safe, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.curl.exchange import Exchange
    from ctadata_jlab.storage import Body

__all__ = ["LATER", "LONGEST_PAUSE", "REDIRECTS", "Answer", "Curl", "unreachable"]

EXPECT_MILLISECONDS = 200_000
"""How long a door may think before it redirects an upload; curl's own default of 1 s sends the bytes to the door and again to the pool."""
LONGEST_PAUSE = 10.0
"""A door that asks for a longer pause is an error, `Busy`, which tells how long: whoever has the job can wait and be interrupted."""
LATER = 4
"""How often a door is asked that answers "not now"."""
REDIRECTS = {301, 302, 303, 307, 308}
_LOOK = 0.25
"""Seconds between two looks at a transfer of which nothing is heard."""
_UNAUTHORIZED = 401
_POOL_LINE = 4096


class Curl:
    """Moves bytes to and from one door. Thread-safe; connections are kept and used again.

    *authorise* returns the Authorization header's value, other than the *refused* one; it may be None for an open server. Some
    servers want it in another *header*.
    *pause* waits for the turn of a request to the door; given what a 429 asked to wait, in seconds, for that too.
    """

    def __init__(
        self,
        url: str,
        trust: Trust,
        authorise: Callable[[str | None], str] | None = None,
        *,
        header: str = "Authorization",
        http_pools: bool = False,
        pause: Callable[[float | None], object] | None = None,
    ) -> None:
        require_safe(url)
        self._origin = origin(url)
        self._prefix = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/"
        self._trust = trust
        self._authorise = authorise
        self._header = header
        self._http_pools = http_pools
        self._pause = pause
        self._idle: list[tuple[Lines, pycurl.Curl]] = []
        self._lock = threading.Lock()
        memory.keep()

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for lines, handle in idle:
            handle.close()
            lines.close()

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
        return self._with_login(url, lambda: Get(what, sink, start, end, accept, ranged="Range" in asked), asked)

    def put(self, url: str, what: str, body: Body, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Send *body* to *url* with its true length; a door that wants the bytes elsewhere gets none of them (``Expect: 100-continue``)."""
        asked = {"Expect": "100-continue" if body.size else "", "Content-Type": "", **(headers or {})}
        return self._with_login(url, lambda: Put(what, body), asked)

    def _with_login(self, url: str, exchange: Callable[[], Exchange], headers: dict[str, str]) -> Answer:
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
        exchange: Callable[[], Exchange],
        headers: dict[str, str],
        authorization: str | None,
    ) -> Answer:
        target = url
        for _ in range(4):
            step = self._in_turn(target, dict(self.signed(target, headers, authorization)), exchange)
            onwards = self.redirected(target, step)
            if onwards is None:
                step.check(step.answer)
                return step.answer
            target = onwards
        raise BadAnswer(f"The server redirects without end: {step.what}.")

    def _in_turn(self, url: str, headers: dict[str, str], exchange: Callable[[], Exchange]) -> Exchange:
        """Ask once; a door that wants to be asked later (429) has done nothing yet, and is asked again then."""
        is_paced = self._pause is not None and origin(url) == self._origin
        for attempt in range(LATER):
            if self._pause and is_paced and not attempt:
                self._pause(None)
            step = exchange()
            answer = self._perform(url, headers, step)
            wait = retry_after(answer.status, answer.headers)
            if not self._pause or not is_paced or wait is None or wait > LONGEST_PAUSE or attempt == LATER - 1:
                break
            self._pause(wait)
        return step

    # -- for a bundle --------------------------------------------------------------------------------------------------

    def authorization(self, url: str) -> str | None:
        """Return the Authorization header's value for *url*, None where there is none."""
        return self._authorise(None) if self._authorise and self.is_home(url) else None

    def signed(self, url: str, headers: Mapping[str, str], authorization: str | None) -> Mapping[str, str]:
        """Return *headers* with *authorization*, which only the door's own origin is shown."""
        return {**headers, self._header: authorization} if authorization and self.is_home(url) else headers

    def refuse(self, value: str) -> None:
        """Say that the door has refused this Authorization."""
        if self._authorise:
            self._authorise(value)

    def is_home(self, url: str) -> bool:
        """Whether *url* is the door's."""
        return url.startswith(self._prefix) or origin(url) == self._origin

    def wait(self, url: str) -> None:
        """Wait for the turn of a request to *url*."""
        if self._pause and self.is_home(url):
            self._pause(None)

    def redirected(self, url: str, step: Exchange) -> str | None:
        """Return where the answer of *step*, asked at *url*, sends its client; None when it is the last one."""
        if step.answer.status in REDIRECTS:
            return self._next(url, step.answer, step.what)
        if not self.is_home(url):
            _check_pool(step.answer, step.what)
        return None

    def failure(self, step: Exchange, failed: tuple[int, str]) -> CtaDataError:
        """Return what libcurl's error means for *step*."""
        return unreachable(*failed, step.what)

    def release(self, url: str) -> None:
        """Tell a pool that the ranges of *url* are done: dCache keeps a mover for them until it hears ``Connection: close``."""
        headers = {"Range": "bytes=0-0", "Connection": "close"}
        with suppress(CtaDataError):
            self._perform(url, headers, Last("the end of a transfer", lambda _: None, 0, 1, None, ranged=True))

    def _next(self, url: str, answer: Answer, what: str) -> str:
        location = answer.headers.get("location")
        if not location:
            raise BadAnswer(f"The server redirects to nowhere: {what}.")
        target = urljoin(url, location)
        _require_answerable(target, what)
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

    def _perform(self, url: str, headers: Mapping[str, str], step: Exchange) -> Answer:
        step.answer.url = url
        with self._line() as (lines, handle):
            self.prepare(handle, url, headers, step)
            lines.add(handle)
            failed = _turned(lines, handle, step)
            lines.remove(handle)
        step.finish()
        if failed is not None:
            raise unreachable(*failed, step.what)
        return step.answer

    def prepare(self, handle: pycurl.Curl, url: str, headers: Mapping[str, str], step: Exchange) -> None:
        """Set all that *handle* must know to do *step* at *url*."""
        self.furnish(handle)
        self.direct(handle, url, headers)
        step.prepare(handle)

    def furnish(self, handle: pycurl.Curl) -> None:
        """Set what is the same for all requests."""
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.USERAGENT, USER_AGENT)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))
        handle.setopt(pycurl.EXPECT_100_TIMEOUT_MS, EXPECT_MILLISECONDS)
        handle.setopt(pycurl.BUFFERSIZE, 1 << 19)
        handle.setopt(pycurl.UPLOAD_BUFFERSIZE, 1 << 19)
        if self._trust.bundle:
            handle.setopt(pycurl.CAINFO, self._trust.bundle)
        if self._trust.folder:
            handle.setopt(pycurl.CAPATH, self._trust.folder)

    @staticmethod
    def direct(handle: pycurl.Curl, url: str, headers: Mapping[str, str]) -> None:
        """Set where *handle* asks, and with which headers."""
        handle.setopt(pycurl.URL, url)
        lines = [(f"{name}: {value}" if value else f"{name}:").encode() for name, value in headers.items()]
        if lines:
            handle.setopt(pycurl.HTTPHEADER, lines)
        else:
            # an empty list would leave those of the request before, its token among them
            handle.unsetopt(pycurl.HTTPHEADER)

    @contextmanager
    def _line(self) -> Iterator[tuple[Lines, pycurl.Curl]]:
        with self._lock:
            lines, handle = self._idle.pop() if self._idle else (Lines(), pycurl.Curl())
        try:
            yield lines, handle
        except BaseException:
            handle.close()
            lines.close()
            raise
        handle.reset()
        with self._lock:
            self._idle.append((lines, handle))


def _turned(lines: Lines, handle: pycurl.Curl, step: Exchange) -> tuple[int, str] | None:
    """Turn until *step* has ended; return libcurl's error, None if it went well."""
    while True:
        ended = lines.turn(_LOOK)
        step.take()
        if ended:
            return ended[0][1]
        step.feel(handle.getinfo(pycurl.SIZE_DOWNLOAD_T), handle.getinfo(pycurl.SIZE_UPLOAD_T))


def _check_pool(answer: Answer, what: str) -> None:
    """Raise for what only a pool says: it knows no tokens, but permissions of the door that run out."""
    if answer.status == _UNAUTHORIZED:
        raise Forbidden(f"The pool refuses what the door has allowed: {what}.")
    if answer.status == 400 and "no longer valid" in answer.reason:
        raise Unreachable(f"The pool has forgotten what the door has allowed: {what}.")


def _require_answerable(url: str, what: str) -> None:
    """Raise for what a dCache pool leaves unanswered: a request line of more than 4096 bytes."""
    parts = urlsplit(url)
    if "dcache-http-uuid=" in parts.query and len(f"GET {parts.path}?{parts.query} HTTP/1.1") > _POOL_LINE:
        raise Unsupported(f"The path is too long for the pools of dCache: {what}.", hint="Shorten the folders' names.")


_BROKEN_TLS = {pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_ISSUER_ERROR}


def unreachable(code: int, words: str, what: str) -> CtaDataError:
    """Return the error that libcurl's *code* and *words* mean for *what* was asked."""
    if code in _BROKEN_TLS:
        return Misconfigured(
            f"The server's certificate is not trusted: {what} ({words}).",
            hint="Set `ca` of this source to the site's authority.",
        )
    return Unreachable(f"The connection failed: {what} ({words or code}).")
