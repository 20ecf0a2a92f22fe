"""Reading from the platform's download service, which knows no ranges, no length and no errors while it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import Corrupted, NotLoggedIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.storage import Entry

__all__ = ["JSON", "TOKEN_HINT", "ServiceReader"]

JSON = {"Content-Type": "application/json"}
"""Without it, somebody without a valid token is sent to a login page instead of being told."""
TOKEN_HINT = "Request a token in the hub's control panel, and set JUPYTERHUB_API_TOKEN."  # noqa: S105 - words


class ServiceReader:
    """The file *entry*, fetched from *url*; its size is the only proof that what comes is it: an error comes as its bytes, too."""

    def __init__(self, entry: Entry, url: str, what: str, curl: Curl) -> None:
        self.entry = entry
        self._url = url
        self._what = what
        self._curl = curl

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*; what comes before is fetched as well, and dropped."""
        size = self.entry.size
        stop = size if end is None else end
        if stop is not None and start >= stop:
            return
        portion = _Portion(sink, start, stop)
        self._curl.get(
            self._url, self._what, portion, headers={**JSON, "Accept-Encoding": "identity"}, accept=self._accept
        )
        if size is not None and portion.total != size:
            raise Corrupted(f"{size} bytes were expected, {portion.total} came: {self._what}.")

    def _accept(self, answer: Answer) -> None:
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise NotLoggedIn("The hub sends its login page instead of the file.", hint=TOKEN_HINT)

    def __enter__(self) -> ServiceReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class _Portion:
    """Passes on what lies between *start* and *stop* of all that comes."""

    def __init__(self, sink: Callable[[bytes], object], start: int, stop: int | None) -> None:
        self._sink = sink
        self._start = start
        self._stop = stop
        self.total = 0

    def __call__(self, data: bytes) -> None:
        begin = max(self._start - self.total, 0)
        end = len(data) if self._stop is None else max(self._stop - self.total, 0)
        self.total += len(data)
        wanted = data[begin:end]
        if wanted or not data:
            self._sink(wanted)
