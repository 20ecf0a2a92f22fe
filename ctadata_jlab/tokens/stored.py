"""A login that is kept: the refresh token in a file of its own (JSON, 0600, as plain as the old agents' were)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens import private
from ctadata_jlab.tokens.line import first_line

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Stored", "load", "save"]


@dataclass(frozen=True, slots=True)
class Stored:
    """What renews the access token of one source, and what is known of the latest. Times in seconds since the epoch."""

    issuer: str
    client_id: str
    refresh_token: str = field(repr=False)
    """Empty once the provider no longer accepts it."""
    obtained: float = 0.0
    ended: float | None = None
    """When the provider refused to renew."""
    seconds: float | None = None
    """How long access tokens last."""
    expires: float | None = None
    """When the latest access token ends."""
    access: str = ""
    """The fingerprint of the latest access token."""


def load(path: Path) -> Stored | None:
    """Return the login kept at *path*, None if there is none; raises `Misconfigured` if the file holds something else."""
    text = first_line(path, f"The file {path}")
    if not text:
        return None
    try:
        said = json.loads(text)
        known = {spec.name for spec in fields(Stored)}
        stored = Stored(**{key: value for key, value in said.items() if key in known})
    except (ValueError, TypeError, AttributeError, RecursionError):
        stored = None
    if stored is None or not _is_sound(stored):
        raise Misconfigured(f"The file {path} holds no login.", hint="Remove it, and log in again.") from None
    return stored


def save(path: Path, stored: Stored) -> None:
    """Keep *stored* at *path*; raises `Misconfigured` if that cannot be done."""
    try:
        private.write(path, json.dumps(asdict(stored)) + "\n")
    except OSError as error:
        raise Misconfigured(
            f"The login cannot be kept in {path}: {error.strerror}.", hint="Make room there, and log in again."
        ) from None


def _is_sound(stored: Stored) -> bool:
    texts = (stored.issuer, stored.client_id, stored.refresh_token, stored.access)
    times = (stored.obtained, stored.ended, stored.seconds, stored.expires)
    return all(isinstance(one, str) for one in texts) and all(
        isinstance(one, (int, float, type(None))) for one in times
    )
