"""A login that is kept, in a file of its own (JSON, 0600); its refresh token is in the system's keyring where there is one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens import private
from ctadata_jlab.tokens.line import first_line

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.tokens.vault import Vault

__all__ = ["Stored", "load", "remove", "save"]


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
    vault: str = ""
    """The keyring that has the refresh token, in words; empty: it is here, as plain as the old agents' were."""
    proof: str = ""
    """A hash of the refresh token in the keyring: another machine's keyring may have an older one of this place."""

    @property
    def is_ended(self) -> bool:
        """Whether nothing renews it any more."""
        return not self.refresh_token and not self.vault

    def secret(self, path: Path, vault: Vault | None) -> str:
        """Return the refresh token of the login kept at *path*; "" if it is in another machine's keyring. Raises as `Vault.get`."""
        if not self.vault:
            return self.refresh_token
        found = None if vault is None else vault.get(path)
        return found if found is not None and _hash(found) == self.proof else ""


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


def save(path: Path, stored: Stored, vault: Vault | None = None) -> None:
    """Keep *stored* at *path*, its refresh token in *vault* if that takes it; raises `Misconfigured` if that cannot be done."""
    if stored.refresh_token and vault is not None and vault.put(path, stored.refresh_token):
        stored = replace(stored, refresh_token="", vault=vault.words, proof=_hash(stored.refresh_token))
    try:
        private.write(path, json.dumps(asdict(stored)) + "\n")
    except OSError as error:
        raise Misconfigured(
            f"The login cannot be kept in {path}: {error.strerror}.", hint="Make room there, and log in again."
        ) from None


def remove(path: Path, vault: Vault | None = None) -> None:
    """Forget the login kept at *path*, if there is one."""
    if vault is not None:
        vault.remove(path)
    path.unlink(missing_ok=True)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _is_sound(stored: Stored) -> bool:
    texts = (stored.issuer, stored.client_id, stored.refresh_token, stored.access, stored.vault, stored.proof)
    times = (stored.obtained, stored.ended, stored.seconds, stored.expires)
    return all(isinstance(one, str) for one in texts) and all(
        isinstance(one, (int, float, type(None))) for one in times
    )
