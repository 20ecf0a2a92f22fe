"""dCache's REST frontend (``/api/v1/namespace``), for what its WebDAV door cannot do: fail honestly, and replace in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, CtaDataError, Unreachable
from ctadata_jlab.http import client, failure

if TYPE_CHECKING:
    from ctadata_jlab.http import Trust

__all__ = ["Frontend"]


class Frontend:
    """The frontend at *url*; *title* names it in messages, *auth* signs. Paths are whole, as in the door's URLs."""

    def __init__(self, title: str, url: str, trust: Trust, auth: httpx.Auth | None) -> None:
        self.title = title
        self._http = client(url.rstrip("/"), trust, auth)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

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

    def _ask(
        self, method: str, path: str, *, params: dict[str, str] | None = None, json: dict[str, str] | None = None
    ) -> httpx.Response:
        what = f"{paths.display(path)} on the frontend of {self.title}"
        try:
            answer = self._http.request(method, "/api/v1/namespace" + paths.quoted(path), params=params, json=json)
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
