"""What a token says about itself. No signature is checked here: only the storage can tell whether a token is true.

A JWT is three base64url parts without padding, joined by dots (RFC 7519, RFC 7515 §3.1); the second is a JSON object.
Any other token is opaque: it is used as it is and says nothing.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass
from typing import Any

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens import Token

__all__ = ["Claims", "looks_broken", "read_claims", "token_from"]

_JWT_PARTS = 3
_LONGEST_WORD = 512
_VALUE = re.compile(r"[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims that we show or use; `expires` in seconds since the epoch. An opaque token's are all empty."""

    expires: float | None = None
    issuer: str | None = None
    subject: str | None = None
    name: str | None = None
    """How the provider calls the user; for people, not for decisions."""
    audience: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


def read_claims(value: str) -> Claims:
    """Return the claims of the token *value*, unverified; what has an odd type is left out, nothing raises."""
    said = _payload(value)
    return Claims(
        expires=_time(said.get("exp")),
        issuer=_word(said.get("iss")),
        subject=_word(said.get("sub")),
        name=_word(said.get("preferred_username")) or _word(said.get("name")),
        audience=_words(said.get("aud")),
        scopes=_words(said.get("scope"), separator=" "),
    )


def looks_broken(value: str) -> bool:
    """Whether *value* begins as a JWT does, but says nothing that can be read: cut off, say, when it was copied."""
    return value.startswith("eyJ") and len(value.split(".")) <= _JWT_PARTS and not _payload(value)


def token_from(
    value: str, source: str, *, ends: float | None = None, issuer: str | None = None, place: str = ""
) -> Token:
    """Return the token with the text *value*, as the source named *source* gave it.

    White space around it is dropped. *ends* is when it ends by our own clock, where the giver said how long it lasts: that counts more
    than the token's word, whose clock may differ by minutes. *issuer* counts where the token itself does not say.
    Raises `Misconfigured`, naming *place* and never the value, if it cannot be a token.
    """
    text = value.strip()
    if not _VALUE.fullmatch(text):
        what = "is empty" if not text else "contains spaces, line breaks or characters that no token has"
        raise Misconfigured(
            f"The token from {place or source} {what}.",
            hint="Store the token alone, in one line and without the word Bearer.",
        )
    said = read_claims(text)
    return Token(
        text,
        expires=said.expires if ends is None else ends,
        source=source,
        issuer=said.issuer or issuer,
        subject=said.name or said.subject,
    )


def _payload(value: str) -> dict[str, Any]:
    parts = value.split(".")
    if len(parts) != _JWT_PARTS:
        return {}
    middle = parts[1].rstrip("=")
    try:
        text = base64.b64decode(middle + "=" * (-len(middle) % 4), altchars=b"-_", validate=True)
        import json  # noqa: PLC0415 - slow to load; not all tokens are JWTs

        said = json.loads(text.decode())
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _time(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def _word(value: Any) -> str | None:
    is_word = isinstance(value, str) and value and len(value) <= _LONGEST_WORD and value.isprintable()
    return value if is_word else None


def _words(value: Any, separator: str | None = None) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(separator) if separator else [value]
    if not isinstance(value, list):
        return ()
    return tuple(word for item in value if (word := _word(item)) is not None)
