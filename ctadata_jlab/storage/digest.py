"""Checksums as HTTP speaks them: ``Digest: adler32=03da0195,md5=<base64>`` (RFC 3230), to and from ours in hex."""

from __future__ import annotations

import base64
import binascii

from ctadata_jlab.storage import Checksum

__all__ = ["QUESTION", "best", "digests"]

QUESTION = {"Want-Digest": "adler32;q=1,md5;q=0.5", "Accept-Encoding": "identity"}
"""What HEAD is asked with (RFC 3230). XRootD must not be asked so by GET: it may die of a sum that it has to compute first."""

_PREFERENCE = ("adler32", "md5", "sha256", "sha512", "sha1")
_NAMES = {"adler32": "adler32", "md5": "md5", "sha": "sha1", "sha-256": "sha256", "sha-512": "sha512"}
_HEX_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}


def digests(value: str) -> dict[str, Checksum]:
    """Return the checksums in a Digest header or in dCache's Checksums property, by algorithm; unknown ones are left out."""
    found: dict[str, Checksum] = {}
    for part in value.split(","):
        name, _, text = part.strip().partition("=")
        algorithm = _NAMES.get(name.strip().lower())
        digits = _hex(algorithm, text.strip()) if algorithm else None
        if algorithm and digits:
            found[algorithm] = Checksum(algorithm, digits)
    return found


def best(value: str | None) -> Checksum | None:
    """Return the checksum of *value* that is cheapest to compare, None where there is none that we know."""
    found = digests(value or "")
    return next((found[name] for name in _PREFERENCE if name in found), None)


def _hex(algorithm: str, text: str) -> str | None:
    lower = text.lower()
    if algorithm == "adler32":
        return lower.zfill(8) if lower and all(char in "0123456789abcdef" for char in lower) else None
    width = _HEX_DIGITS[algorithm]
    if len(lower) == width and all(char in "0123456789abcdef" for char in lower):
        return lower
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) * 2 == width else None
