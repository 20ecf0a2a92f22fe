"""dCache's REST frontend (``/api/v1``), for what its WebDAV door cannot do: fail honestly, replace in one step, bring from tape."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, CtaDataError, NotFound, Unreachable, Unsupported
from ctadata_jlab.http import client, failure, require_safe
from ctadata_jlab.storage.staging import states

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

    from ctadata_jlab.http import Trust

__all__ = ["Frontend"]


_NAMESPACE, _TAPE, _BULK = "/api/v1/namespace", "/api/v1/tape", "/api/v1/bulk-requests"


_KINDS = ("custodial", "replica", "output")


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

    def quota(self) -> int | None:
        """Return how many bytes the user may still store, of whatever kind most is left; None where there is no limit, or nobody tells."""
        try:
            said = _json(self._ask("GET", "", base="/api/v1/quota/user", params={"user": "true"}))
            left = [one[f"{kind}Limit"] - one[kind] for one in said for kind in _KINDS]  # type: ignore[attr-defined]
        except (CtaDataError, LookupError, TypeError):  # a limit that is null is none
            return None
        return max(0, *left) if left else None

    def stage(self, wanted: Sequence[str], lifetime: str) -> str:
        """Ask for files to be brought from tape and kept for *lifetime* (ISO 8601); return what names the request.

        By the tape interface, or where there is none by a bulk request.
        """
        files = [{"path": path, "diskLifetime": lifetime} for path in wanted]
        try:
            answer = self._ask("POST", "/stage", base=_TAPE, json={"files": files})
        except (NotFound, Unsupported):
            asked = {"activity": "STAGE", "target": list(wanted), "arguments": {"diskLifetime": lifetime}}
            answer = self._ask("POST", "", base=_BULK, json=asked)
            name = answer.headers.get("request-url", "").rstrip("/").rpartition("/")[2]
            return self._named("bulk", name)
        said = _json(answer)
        return self._named("tape", said.get("requestId") if isinstance(said, dict) else None)

    def staged(self, name: str) -> list[tuple[str, str]]:
        """Return the files of a request that `stage` named, each with its state."""
        kind, _, identity = name.partition(":")
        base, key, path = (_TAPE, "files", "path") if kind == "tape" else (_BULK, "targets", "target")
        answer = self._ask("GET", f"{'/stage' * (kind == 'tape')}/{identity}", base=base)
        said = _json(answer)
        if not isinstance(said, dict) or not isinstance(said.get(key), list):
            raise BadAnswer(f"The frontend of {self.title} does not tell how far the request {identity} is.")
        return list(states(said[key], path, "state"))

    def _named(self, kind: str, name: object) -> str:
        if not isinstance(name, str) or not name or "/" in name:
            raise BadAnswer(f"The frontend of {self.title} gave its request no name.")
        return f"{kind}:{name}"

    def _http(self) -> httpx.Client:
        from ctadata_jlab.storage.turns import signed  # noqa: PLC0415 - a listing that is not empty needs no frontend

        with self._lock:
            if self._client is None:
                self._client = client(self._url, self._trust, signed(self._authorise, self._url, self._pause))
            return self._client

    def _ask(
        self,
        method: str,
        path: str,
        *,
        base: str = _NAMESPACE,
        params: dict[str, str] | None = None,
        json: object = None,
    ) -> httpx.Response:
        import httpx  # noqa: PLC0415 - a listing that is not empty needs no frontend

        what = f"{paths.display(path or 'a request')} on the frontend of {self.title}"
        try:
            answer = self._http().request(method, base + paths.quoted(path), params=params, json=json)
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


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None
