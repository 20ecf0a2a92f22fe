"""Who may pass the demo's door, and what it answers that plain WebDAV does not: three small WSGI layers.

They know nothing of WebDAV beyond a few headers, so they fit around any WSGI application.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Environ = dict[str, Any]
    StartResponse = Callable[..., Any]
    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

__all__ = ["Digest", "NeedsBearer", "Refuses", "digest_of", "path_of"]

BLOCK = 1 << 20


class NeedsBearer:
    """Let nobody in without the token that *token_file* holds; it is read each time, so that it can be changed."""

    def __init__(self, app: Application, token_file: Path) -> None:
        self._app = app
        self._token_file = token_file

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, or answer 401 and say which kind of login is wanted."""
        if self._is_welcome(environ.get("HTTP_AUTHORIZATION", "")):
            return self._app(environ, start_response)
        extra = [("WWW-Authenticate", 'Bearer realm="ctadata demo"')]
        return _refuse(HTTPStatus.UNAUTHORIZED, environ, start_response, extra)

    def _is_welcome(self, header: str) -> bool:
        kind, _, given = header.partition(" ")
        wanted = self._token_file.read_bytes().strip()
        offered = given.strip().encode("latin-1", "replace")
        return kind.lower() == "bearer" and bool(wanted) and hmac.compare_digest(offered, wanted)


class Refuses:
    """Answer 403 for everything in folders of the given *names*, as a group's private folder does to the others.

    The folder itself is seen in its parent and answers ``PROPFIND Depth: 0``. Listings without an end
    (``Depth: infinity``) are refused everywhere, as dCache does; they would show what is inside.
    """

    def __init__(self, app: Application, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, or answer 403; 400 for dots, which a client resolves before it asks."""
        target = unquote(urlsplit(environ.get("HTTP_DESTINATION", "")).path)
        parts = path_of(environ).split("/")
        if ".." in [*parts, *target.split("/")]:
            return _refuse(HTTPStatus.BAD_REQUEST, environ, start_response, [])
        if self._is_allowed(environ, parts) and self._names.isdisjoint(target.split("/")):
            return self._app(environ, start_response)
        return _refuse(HTTPStatus.FORBIDDEN, environ, start_response, [])

    def _is_allowed(self, environ: Environ, parts: list[str]) -> bool:
        if environ["REQUEST_METHOD"] != "PROPFIND":
            return self._names.isdisjoint(parts)
        depth = environ.get("HTTP_DEPTH", "infinity")
        if depth == "0" and parts[-1] in self._names:
            parts = parts[:-1]
        return depth in {"0", "1"} and self._names.isdisjoint(parts)


class Digest:
    """Answer ``Want-Digest`` (RFC 3230) with the checksum of a file below *root*, as dCache and XRootD do."""

    def __init__(self, app: Application, root: Path) -> None:
        self._app = app
        self._root = root

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Add ``Digest`` to a successful HEAD or GET of a file if it was asked for."""
        wanted = environ.get("HTTP_WANT_DIGEST", "")
        if not wanted or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self._app(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            found = self._find(environ, wanted) if status.startswith("2") else None
            extra = [("Digest", found)] if found else []
            return start_response(status, headers + extra, *rest)

        return self._app(environ, start)

    def _find(self, environ: Environ, wanted: str) -> str | None:
        path = self._root / environ["ctadata.path"].lstrip("/")
        kinds = [kind.partition(";")[0].strip().lower() for kind in wanted.split(",")]
        kind = next((kind for kind in kinds if kind in {"adler32", "md5"}), None)
        if kind is None or not path.is_file():
            return None
        facts = path.stat()
        return digest_of(path, kind, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=1024)
def digest_of(path: Path, kind: str, _modified: int, _size: int) -> str:
    """Return the ``Digest`` value of a file; computed once for each version of it."""
    adler, md5 = 1, hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            adler = zlib.adler32(block, adler)
            md5.update(block)
    if kind == "adler32":
        return f"adler32={adler:08x}"
    return "md5=" + base64.b64encode(md5.digest()).decode("ascii")


def path_of(environ: Environ) -> str:
    """Return the path that a request means; kept for the inner layers, whose `PATH_INFO` wsgidav changes."""
    raw = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "surrogateescape")
    path = "/" + "/".join(part for part in raw.split("/") if part not in {"", "."})
    environ["ctadata.path"] = path
    return path


def _refuse(
    status: HTTPStatus, environ: Environ, start_response: StartResponse, extra: list[tuple[str, str]]
) -> Iterable[bytes]:
    """Answer with an error; what the client still sends is read away in blocks, so that it hears the answer."""
    while environ["wsgi.input"].read(BLOCK):
        pass
    body = f"{status.value} {status.phrase}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *extra]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
