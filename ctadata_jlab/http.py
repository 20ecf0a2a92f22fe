"""How servers are trusted and asked: certificates, time-outs, redirects, and what their status codes mean."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    Busy,
    CtaDataError,
    Forbidden,
    Misconfigured,
    NoSpace,
    NotFound,
    NotLoggedIn,
    Unreachable,
    Unsupported,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    import httpx

__all__ = [
    "CONNECT_SECONDS",
    "FIRST_BYTE_SECONDS",
    "USER_AGENT",
    "Trust",
    "client",
    "failure",
    "origin",
    "require_safe",
    "retry_after",
]

CONNECT_SECONDS = 15.0
FIRST_BYTE_SECONDS = 310.0
"""dCache queues a mover for up to 300 s before the first byte (dCache book, webdav.properties)."""
USER_AGENT = "ctadata_jlab"
TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE = 429, 503
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificate authorities are believed: a bundle, a folder of hashed certificates, or both."""

    bundle: str | None = None
    folder: str | None = None

    @classmethod
    def of(cls, ca: str = "") -> Trust:
        """Return the trust that *ca* (file or folder) means; empty: SSL_CERT_FILE, X509_CERT_DIR, the system's, or certifi's."""
        if ca:
            place = Path(ca).expanduser()
            if not place.exists():
                raise Misconfigured(
                    f"The certificate authority {place} does not exist.", hint="Correct `ca` of this source."
                )
            return cls(folder=str(place)) if place.is_dir() else cls(bundle=str(place))
        import ssl  # noqa: PLC0415 - slow to load; libcurl has its own

        system = ssl.get_default_verify_paths()
        bundle = system.cafile or _certifi()
        return cls(bundle=bundle, folder=os.environ.get("X509_CERT_DIR") or system.capath)

    def context(self) -> ssl.SSLContext:
        """Return a context for httpx that checks certificates and names."""
        import ssl  # noqa: PLC0415 - as above

        context = ssl.create_default_context(cafile=self.bundle, capath=self.folder)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def client(url: str, trust: Trust, auth: httpx.Auth | None, *, connections: int = 8) -> httpx.Client:
    """Return the client for namespace calls to the server at *url*; it follows no redirect by itself."""
    import httpx  # noqa: PLC0415 - who only looks and transfers needs no second HTTP library

    require_safe(url)
    return httpx.Client(
        base_url=url,
        auth=auth,
        verify=trust.context(),
        timeout=httpx.Timeout(FIRST_BYTE_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        headers={"User-Agent": USER_AGENT},
        follow_redirects=False,
        trust_env=True,
    )


def origin(url: str) -> str:
    """Return scheme, host and port of *url* in one spelling; a token belongs to an origin."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def require_safe(url: str) -> None:
    """Raise `Misconfigured` unless *url* is https, or plain http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise Misconfigured(
        f"This address is not https: {parts.scheme}://{parts.hostname}", hint="Correct `url` of this source."
    )


def failure(status: int, what: str, reason: str = "", headers: Mapping[str, str] | None = None) -> CtaDataError:
    """Return the error that a server's *status* means for *what* was asked, such as “/lst/a.h5 on dCache”.

    *reason* is the reason phrase, in which dCache puts its explanation; HTTP's own phrases explain nothing.
    """
    said = f" ({reason})" if reason and not _is_usual(reason) else ""
    wait = _seconds((headers or {}).get("retry-after"))
    if status == TOO_MANY_REQUESTS or (status == SERVICE_UNAVAILABLE and wait is not None):
        return Busy(f"The storage is busy{said}: {what}.", after=wait)
    kind, words = _MEANINGS.get(
        status, (Unreachable if status >= 500 else BadAnswer, f"The server answered {status} for %s")
    )
    return kind(f"{words.replace('%s', what)}{said}.")


def retry_after(status: int, headers: Mapping[str, str]) -> float | None:
    """Return how many seconds a refusal by the server's rate limit (429) asks to wait, 1 if it does not say; None for other answers."""
    if status != TOO_MANY_REQUESTS:
        return None
    said = _seconds(headers.get("retry-after"))
    return 1.0 if said is None else said


_MEANINGS: dict[int, tuple[type[CtaDataError], str]] = {
    401: (NotLoggedIn, "The storage wants a valid token for %s"),
    403: (Forbidden, "The storage does not let you do this with %s"),
    404: (NotFound, "There is no %s"),
    405: (Unsupported, "The server has no such operation for %s"),
    408: (Unreachable, "The server gave up waiting about %s"),
    409: (NotFound, "The folder above does not exist: %s"),
    412: (AlreadyExists, "Something is there already: %s"),
    431: (Misconfigured, "The token is larger than the server takes; ask for one with fewer groups or scopes: %s"),
    414: (Unsupported, "The server finds the path too long: %s"),
    423: (Busy, "Somebody has locked %s"),
    501: (Unsupported, "The server cannot do this with %s"),
    507: (NoSpace, "The storage or your quota is full: %s"),
}


def _is_usual(reason: str) -> bool:
    from http.client import responses  # noqa: PLC0415 - slow to load, and most is answered well

    return reason.lower() in {phrase.lower() for phrase in responses.values()}


def _certifi() -> str:
    import certifi  # noqa: PLC0415 - only where the system has no certificates

    return certifi.where()


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
