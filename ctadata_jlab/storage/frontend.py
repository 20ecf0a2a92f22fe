"""dCache's REST frontend (``/api/v1/namespace``), for what its WebDAV door cannot do: fail honestly, and replace in one step."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, CtaDataError, Unreachable
from ctadata_jlab.http import client, failure, require_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ctadata_jlab.http import Trust

__all__ = ["Frontend"]


class Frontend:
    """The frontend at *url*; *title* names it in messages, *authorise* signs, *pause* waits for a request's turn.

    Paths are whole, as in the door's URLs.
    """

    def __init__(
        self,
        title: str,
        url: str,
        trust: Trust,
        authorise: Callable[[str | None], str] | None,
        pause: Callable[[float | None], object] | None = None,
    ) -> None:
        require_safe(url)
        self.title = title
        self._url = url.rstrip("/")
        self._trust = trust
        self._authorise = authorise
        self._pause = pause
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close its connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()

    def has_children(self, path: str) -> bool:
        """Whether the folder *path* holds anything; raises where it cannot be read, which the door does not."""
        answer = self._ask("GET", path, params={"children": "true"})
        try:
            return bool(answer.json()["children"])
        except (ValueError, KeyError, TypeError):
            raise BadAnswer(
                f"The frontend of {self.title} does not tell the children of {paths.display(path)}."
            ) from None

    def replace(self, source: str, target: str) -> None:
        """Rename *source* to *target*; a file that is there is replaced in one transaction (FileResources, JdbcFs.rename)."""
        self._ask("POST", source, json={"action": "mv", "destination": target})

    def _http(self) -> httpx.Client:
        from ctadata_jlab.storage.turns import signed  # noqa: PLC0415 - a listing that is not empty needs no frontend

        with self._lock:
            if self._client is None:
                self._client = client(self._url, self._trust, signed(self._authorise, self._url, self._pause))
            return self._client

    def _ask(
        self, method: str, path: str, *, params: dict[str, str] | None = None, json: dict[str, str] | None = None
    ) -> httpx.Response:
        import httpx  # noqa: PLC0415 - a listing that is not empty needs no frontend

        what = f"{paths.display(path)} on the frontend of {self.title}"
        try:
            answer = self._http().request(method, "/api/v1/namespace" + paths.quoted(path), params=params, json=json)
        except httpx.HTTPError as error:
            raise Unreachable(f"The connection failed: {what} ({type(error).__name__}).") from None
        if not answer.is_success:
            raise self._failure(answer, what)
        return answer

    def _failure(self, answer: httpx.Response, what: str) -> CtaDataError:
        try:
            said = str(answer.json()["errors"][0]["message"])
        except (ValueError, LookupError, TypeError):
            said = answer.reason_phrase
        return failure(answer.status_code, what, said, answer.headers)
