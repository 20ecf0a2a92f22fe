"""Reading one version of a file behind a WebDAV door; of a large one, while the server still sums up what will prove it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.errors import Changed
from ctadata_jlab.storage import versions
from ctadata_jlab.storage.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ctadata_jlab.curl import Answer, Curl
    from ctadata_jlab.storage import Entry
    from ctadata_jlab.storage.dialogue import Dialogue

__all__ = ["LARGE", "Asked", "WebDavReader"]

LARGE = 8 * 1024 * 1024
"""Bytes. A server that keeps no checksums looks at all of them to answer."""


class _Door(Protocol):
    """What a reader needs of a door."""

    server: Dialogue
    curl: Curl


class Asked:
    """A question on its way, in a thread of its own."""

    def __init__(self, ask: Callable[[], Entry]) -> None:
        self._ask = ask
        self._answer: Entry | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ctadata-ask", daemon=True)
        self._thread.start()

    def answer(self) -> Entry:
        """Wait for the answer, or raise why there is none."""
        self._thread.join()
        if self._answer is None:
            raise self._error or RuntimeError("nobody was asked")
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._ask()
        except BaseException as error:  # noqa: BLE001 - a thread's top: raised again by `answer`
            self._error = error


class WebDavReader:
    """The version *entry*; bytes come by GET with Range, in parallel if wanted. What was *asked* about it is waited for by `entry`."""

    def __init__(self, door: _Door, entry: Entry, asked: Asked | None = None) -> None:
        self._entry = entry
        self._asked = asked
        self._curl = door.curl
        self._url = door.server.url(entry.path)
        self._what = door.server.what(entry.path)

    @property
    def entry(self) -> Entry:
        """What the server says of it; raises `Changed` if that is another version by now."""
        return self._entry if self._asked is None else self._asked.answer()

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*."""
        size = self._entry.size
        stop = size if end is None else end
        if stop is not None and start >= stop:
            return
        is_whole = start == 0 and stop == size
        counted = Counted(sink)
        self._curl.get(self._url, self._what, counted, start=start, end=None if is_whole else stop, accept=self._accept)
        counted.require(None if stop is None else stop - start, self._what)

    def _accept(self, answer: Answer) -> None:
        """Refuse another version's bytes where the one who sends them tells the version (a dCache pool does not)."""
        size = _whole_size(answer)
        if None not in {size, self._entry.size} and size != self._entry.size:
            raise Changed(f"{self._what} has another size than was seen.")
        etag, version = answer.headers.get("etag"), self._entry.version
        if etag and version and versions.is_tag(version) and not versions.are_same_tags(etag, version):
            raise Changed(f"{self._what} changed while it was read.")

    def __enter__(self) -> WebDavReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _whole_size(answer: Answer) -> int | None:
    """Return the size of the file that *answer* is from, also when it holds a part (RFC 9110 §14.4), None where it does not tell."""
    text = answer.headers.get("content-range", "").rpartition("/")[2]
    if answer.status != 206:
        text = answer.headers.get("content-length", "")
    return int(text) if text.isdigit() else None
