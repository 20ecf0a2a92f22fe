"""Uploads of short-lived proxy certificates to the platform's certificate service.

Only the old client's uploads are matched; nothing is ever fetched from that service. It tells some refusals inside of an answer
that looks well (200), so what it says is looked at, not the status alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx

from ctadata_jlab.compat.errors import CertificateError
from ctadata_jlab.http import Trust, client
from ctadata_jlab.transfer.disk import local_errors

__all__ = ["SERVICE", "upload_personal", "upload_shared"]

SERVICE = "https://platform.cta.cscs.ch/services/certificateservice/"
_STORED = {"Certificate stored", "Shared certificate stored"}


def _allowed_keys() -> list[str]:
    """Return what a personal certificate may be for: ``CTACS_ALLOWED_CERT_KEYS``, by default cta, lst, arc."""
    return [key.strip() for key in os.environ.get("CTACS_ALLOWED_CERT_KEYS", "cta,lst,arc").split(",") if key.strip()]


def upload_personal(
    service: str, token: str, file: str | os.PathLike[str], key: str, user: str | None
) -> dict[str, Any]:
    """Give the service the certificate in *file* for *key*; returns its answer, ``message`` and ``validity``."""
    if key not in _allowed_keys():
        raise CertificateError(f"The key must be one of {', '.join(_allowed_keys())}, not {key!r}.")
    return _post(service, token, "certificate", {"certificate": _read(file), "certificate_key": key, "user": user})


def upload_shared(
    service: str, token: str, file: str | os.PathLike[str], bundle: str | os.PathLike[str] | None
) -> dict[str, Any]:
    """Give the service the certificate that those without one share; for admins."""
    content = {"certificate": _read(file)}
    if bundle is not None:
        content["cabundle"] = _read(bundle)
    return _post(service, token, "main-certificate", content)


def _read(file: str | os.PathLike[str]) -> str:
    place = Path(file).expanduser()
    with local_errors(place):
        return place.read_text(encoding="utf-8")


def _post(service: str, token: str, verb: str, content: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with client(service, Trust.of(), None, connections=1) as http:
            answer = http.post(f"{service.rstrip('/')}/{verb}", json=content, headers=headers)
    except httpx.HTTPError:
        raise CertificateError("The certificate service cannot be reached.") from None
    try:
        said = json.loads(answer.content)
    except ValueError:
        said = answer.text
    if answer.status_code != httpx.codes.OK or not isinstance(said, dict) or said.get("message") not in _STORED:
        raise CertificateError(_reason(said, answer.status_code))
    return said


def _reason(said: object, status: int) -> str:
    """Return what the service says, unless it repeats the certificate, which has a private key in it."""
    words = str(said.get("message", said) if isinstance(said, dict) else said).strip()
    if not words or "BEGIN" in words:
        words = f"the service answered {status}"
    return f"The certificate was not taken: {words[:300]}"
