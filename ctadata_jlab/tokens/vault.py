"""Where a login's refresh token is at rest: in the system's keyring, where there is one; else in the login's own file (0600).

The package ``keyring`` (extra ``ctadata_jlab[keyring]``) reaches Secret Service, KWallet, macOS's and Windows' own. Its backends that
keep plain text do not count as a keyring.
"""

from __future__ import annotations

import importlib
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from ctadata_jlab.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Keyring", "Vault", "system_vault"]

_SERVICE = "ctadata_jlab"
_RECOMMENDED = 1  # keyring's own mark: backends below are "suitable but not recommended", or none at all


class Vault(Protocol):
    """Keeps one secret text for each place, outside of the file at that place."""

    def put(self, place: Path, secret: str) -> bool:
        """Keep *secret*; returns whether that worked."""
        ...

    def get(self, place: Path) -> str | None:
        """Return what is kept, None if nothing is; raises `Misconfigured` if it is locked."""
        ...

    def remove(self, place: Path) -> None:
        """Forget what is kept, if anything is."""
        ...

    @property
    def words(self) -> str:
        """What it is, for people."""
        ...


class Keyring:
    """The keyring that *backend* of the package `keyring` reaches."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    @property
    def words(self) -> str:
        """What it is, for people."""
        return f"the keyring of {socket.gethostname()} ({getattr(self._backend, 'name', 'unnamed')})"

    def put(self, place: Path, secret: str) -> bool:
        """Keep *secret*; a keyring that is locked or gone does not."""
        try:
            self._backend.set_password(_SERVICE, str(place), secret)
            return bool(self._backend.get_password(_SERVICE, str(place)) == secret)
        except _errors():
            return False

    def get(self, place: Path) -> str | None:
        """Return what is kept, None if nothing is; raises `Misconfigured` if it is locked."""
        try:
            found: str | None = self._backend.get_password(_SERVICE, str(place))
        except _errors() as error:
            raise Misconfigured(
                f"The login is in {self.words}, which cannot be opened: {type(error).__name__}.",
                hint="Unlock the keyring, or log in again.",
            ) from None
        return found

    def remove(self, place: Path) -> None:
        """Forget what is kept, if anything is."""
        with suppress(*_errors()):
            self._backend.delete_password(_SERVICE, str(place))


def system_vault() -> Keyring | None:
    """Return this machine's keyring; None without the package, or where it finds none that is safe."""
    try:
        found = importlib.import_module("keyring").get_keyring()
        chained = getattr(found, "backends", None)  # a chain of them ranks high, whatever is in it
        ranks = [(float(one.priority), one) for one in ((found,) if chained is None else chained)]
    except (ImportError, AttributeError, RuntimeError, TypeError, ValueError):
        return None
    return next((Keyring(one) for rank, one in ranks if rank >= _RECOMMENDED), None)


def _errors() -> tuple[type[Exception], ...]:
    """Return what keyrings raise: the package's own errors, and the system's."""
    found = importlib.import_module("keyring.errors")
    return (found.KeyringError, OSError, RuntimeError)
