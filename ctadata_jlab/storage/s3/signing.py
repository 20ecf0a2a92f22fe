"""Signatures of S3 requests (AWS Signature Version 4): by headers for questions, by the URL for bytes.

Questions are signed by headers, which nobody logs. Bytes go by presigned URLs: those need no header, so that a redirect carries nothing
away; each is made for one transfer and good for a quarter of an hour.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

__all__ = ["Keys", "Signer"]

_UNSIGNED = "UNSIGNED-PAYLOAD"
_SECONDS = 900
"""How long a presigned URL is good for; a transfer that has begun may take longer."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The two halves of an S3 credential, and the token of a temporary one."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    session: str = field(default="", repr=False)


class Signer(httpx.Auth):
    """Signs for *region* with what *keys* returns at that moment; None: an open server, nothing is signed."""

    requires_request_body = True

    def __init__(
        self,
        keys: Callable[[], Keys | None],
        region: str,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._keys = keys
        self._region = region
        self._now = now

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign *request* and all of its headers that the signature must cover."""
        keys = self._keys()
        if keys is not None:
            request.headers["x-amz-date"] = self._now().strftime("%Y%m%dT%H%M%SZ")
            request.headers["x-amz-content-sha256"] = hashlib.sha256(request.content).hexdigest()
            if keys.session:
                request.headers["x-amz-security-token"] = keys.session
            request.headers["authorization"] = self._authorization(request, keys)
        yield request

    def presigned(self, method: str, url: str, query: Mapping[str, str] | None = None) -> str:
        """Return *url* with *query* and the permission to do *method* on it."""
        keys = self._keys()
        asked = dict(query or {})
        if keys is None:
            return f"{url}?{_pairs(asked.items())}" if asked else url
        moment = self._now().strftime("%Y%m%dT%H%M%SZ")
        asked |= {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{keys.access}/{self._scope(moment)}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(_SECONDS),
            "X-Amz-SignedHeaders": "host",
        }
        if keys.session:
            asked["X-Amz-Security-Token"] = keys.session
        parts, pairs = urlsplit(url), _pairs(asked.items())
        told = "\n".join((method, parts.path, pairs, f"host:{parts.netloc}\n", "host", _UNSIGNED))
        return f"{url}?{pairs}&X-Amz-Signature={self._signature(keys, moment, told)}"

    def _authorization(self, request: httpx.Request, keys: Keys) -> str:
        headers = request.headers
        names = sorted(name for name in headers if name == "host" or name.startswith("x-amz-"))
        path, _, query = request.url.raw_path.decode().partition("?")
        lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
        pairs = _pairs(parse_qsl(query, keep_blank_values=True))
        told = "\n".join((request.method, path, pairs, lines, ";".join(names), headers["x-amz-content-sha256"]))
        moment = headers["x-amz-date"]
        credential = f"{keys.access}/{self._scope(moment)}"
        signature = self._signature(keys, moment, told)
        return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(names)}, Signature={signature}"

    def _scope(self, moment: str) -> str:
        return f"{moment[:8]}/{self._region}/s3/aws4_request"

    def _signature(self, keys: Keys, moment: str, told: str) -> str:
        """Return the signature of the canonical request *told* (AWS General Reference, "Create a signed request")."""
        to_sign = "\n".join(
            ("AWS4-HMAC-SHA256", moment, self._scope(moment), hashlib.sha256(told.encode()).hexdigest())
        )
        key = f"AWS4{keys.secret}".encode()
        for part in (moment[:8], self._region, "s3", "aws4_request", to_sign):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()


def _pairs(query: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query))
