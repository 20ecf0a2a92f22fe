"""The conversation with one WebDAV server: URLs, questions, redirects, and what its refusals mean."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ctadata_jlab import paths
from ctadata_jlab.curl.questions import Questions
from ctadata_jlab.errors import BadAnswer, CtaDataError, Misconfigured, Unreachable, Unsupported
from ctadata_jlab.http import client, failure, origin
from ctadata_jlab.storage import propfind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import httpx

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage.propfind import Found
    from ctadata_jlab.storage.shapes import Alike

__all__ = ["Dialogue"]


class Dialogue:
    """Asks the server at *url* about paths below *root*; *title* names it in messages.

    *authorise* signs the questions, *pause* waits for their turn. Listings go through libcurl, changes through httpx, which is
    loaded when something is to be changed.
    """

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        root: str,
        authorise: Callable[[str | None], str] | None,
        pause: Callable[[float | None], object] | None = None,
    ) -> None:
        parts = urlsplit(url)
        self.title = title
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.is_known = False
        self.is_xrootd = False
        """Told by the first answer to PROPFIND."""
        self._questions = Questions(self.base, trust, authorise, pause=pause)
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._trust, self._authorise, self._pause = trust, authorise, pause
        self._root = paths.join(parts.path or "/", root)

    @property
    def http(self) -> httpx.Client:
        """The client for everything but listings; it signs, waits for its turn, and follows no redirect."""
        from ctadata_jlab.storage.turns import signed  # noqa: PLC0415 - who only looks needs no second HTTP library

        with self._lock:
            if self._client is None:
                self._client = client(self.base, self._trust, signed(self._authorise, self.base, self._pause))
            return self._client

    def close(self) -> None:
        """Close all connections."""
        self._questions.close()
        with self._lock:
            if self._client is not None:
                self._client.close()

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        return f"{paths.display(path)} on {self.title}"

    def url(self, path: str, *, folder: bool = False) -> str:
        """Return the URL of *path*; a folder's ends with a slash. Paths may be written with or without the root's own prefix."""
        whole = paths.remote(path)
        if self._root not in {"/", whole} and not whole.startswith(self._root + "/"):
            whole = paths.join(self._root, whole)
        if self.is_xrootd and "?" in whole:
            raise Unsupported(
                f"{self.title} (XRootD) cannot speak of a name with a question mark: {paths.display(path)}.",
                hint="Rename the file without '?'.",
            )
        return self.base + paths.quoted(whole) + ("/" if folder and whole != "/" else "")

    def ask(
        self,
        method: str,
        path: str,
        *,
        folder: bool = False,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response:
        """Return the server's whole answer to *method* on *path*, whatever it is."""
        url = self.url(path, folder=folder)
        sent = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        with self._mapped(path):
            for _ in range(3):
                answer = self.http.request(method, url, headers=sent, content=content)
                if not answer.has_redirect_location:
                    return answer
                url = self._elsewhere(url, answer, path)
        raise BadAnswer(f"The server redirects without end: {self.what(path)}.")

    def propfind(self, path: str, depth: int, properties: Iterable[str], *, folder: bool) -> Iterator[Found]:
        """Yield what PROPFIND tells of *path*, while it arrives; *depth* is 0 or 1, never left out (RFC 4918 §9.1: infinity)."""
        return propfind.each(self.responses(path, depth, properties, folder=folder))

    def responses(self, path: str, depth: int, properties: Iterable[str], *, folder: bool) -> Iterator[Found | Alike]:
        """Yield the same, but those at once that are written alike."""
        headers = {"Depth": str(depth), "Content-Type": "application/xml; charset=utf-8"}
        content = propfind.question(properties)
        url, what = self.url(path, folder=folder), self.what(path)
        with self._questions.ask("PROPFIND", url, what, headers=headers, content=content) as reply:
            answer = reply.answer
            if answer.status >= 400:
                raise failure(answer.status, what, answer.reason, answer.headers)
            if answer.status != 207:
                raise BadAnswer(f"The server answered {answer.status} instead of a WebDAV listing: {what}.")
            self.is_known = True
            self.is_xrootd = answer.headers.get("server", "").lower().startswith("xrootd")
            yield from propfind.read(reply.body(), what)

    def has_exactly(self, path: str) -> bool:
        """Whether the server has something whose whole path, its own beginning included, is *path* to the letter."""
        url = self.base + paths.quoted(path)
        with self._questions.ask("PROPFIND", url, self.what(path), headers={"Depth": "0"}) as reply:
            return reply.answer.status == 207

    def failure(self, answer: httpx.Response, path: str) -> CtaDataError:
        """Return the error that a refusing *answer* about *path* means; a multistatus where none was asked tells of refused members."""
        status = 403 if answer.status_code == 207 else answer.status_code
        return failure(status, self.what(path), answer.reason_phrase, answer.headers)

    def _elsewhere(self, url: str, answer: httpx.Response, path: str) -> str:
        target = urljoin(url, answer.headers["location"])
        if origin(target) != origin(self.base):
            host = urlsplit(target).hostname
            raise BadAnswer(f"The server sends the question elsewhere, to {host}: {self.what(path)}.")
        return target

    @contextmanager
    def _mapped(self, path: str) -> Iterator[None]:
        import ssl  # noqa: PLC0415 - as `http`

        import httpx  # noqa: PLC0415

        try:
            yield
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Misconfigured(
                    f"The certificate of {self.title} is not trusted.",
                    hint="Set `ca` of this source to the site's authority.",
                ) from None
            raise Unreachable(f"{self.title} {_how(error)}: {paths.display(path)}.") from None


def _how(error: httpx.HTTPError) -> str:
    """Return in words how a connection failed."""
    import httpx  # noqa: PLC0415 - as `http`

    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    return "did not answer in time" if isinstance(error, httpx.TimeoutException) else "broke off the conversation"
