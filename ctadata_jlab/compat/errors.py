"""The old client's exceptions. What is raised is always both: the old name's kind, and this package's error with its hint.

::

    DirectApiError
    ├── StorageException        whatever the storage, a path or a disk says: also `NotFound`, `Forbidden`, …
    ├── TokenError              no usable token: also `NotLoggedIn`
    │   └── TokenExpiredError   there was one, but it has ended
    ├── ClientSecretNotFound    (kept for `except` clauses; nothing here asks for a client secret)
    ├── EnvironmentError        a setting that cannot be used: also `Misconfigured`
    └── CertificateError        (kept for `except` clauses)
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ctadata_jlab import errors
from ctadata_jlab.errors import CtaDataError, Misconfigured, NotLoggedIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.tokens.keeper import Keeper

__all__ = [
    "CertificateError",
    "ClientSecretNotFound",
    "DirectApiError",
    "EnvironmentError",
    "StorageException",
    "TokenError",
    "TokenExpiredError",
    "as_before",
]


class DirectApiError(Exception):
    """Anything that goes wrong on purpose; its text says what happened and what to do."""

    hint = ""
    message = ""

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message or super().__str__()


class StorageException(DirectApiError):
    """The storage, a path or a disk says no."""


class TokenError(DirectApiError):
    """There is no usable token."""


class TokenExpiredError(TokenError):
    """There was a token, but it has ended."""


class ClientSecretNotFound(DirectApiError):
    """There is no client secret."""


class EnvironmentError(DirectApiError):  # noqa: A001 - the old client's name
    """A setting, or something on this machine, cannot be used."""


class CertificateError(Exception):
    """A certificate was not taken."""


_KINDS: dict[tuple[type[DirectApiError], type[CtaDataError]], type[DirectApiError]] = {}


@contextmanager
def as_before(keeper: Keeper | None = None) -> Iterator[None]:
    """Raise this package's errors as the old client's, too; *keeper* tells whether a missing token has expired."""
    try:
        yield
    except DirectApiError:
        raise
    except CtaDataError as error:
        raise _both(_old_kind(error, keeper), error) from error


def _old_kind(error: CtaDataError, keeper: Keeper | None) -> type[DirectApiError]:
    if isinstance(error, NotLoggedIn):
        return TokenExpiredError if keeper is not None and keeper.state().state == "expired" else TokenError
    return EnvironmentError if isinstance(error, Misconfigured) else StorageException


def _both(old: type[DirectApiError], error: CtaDataError) -> Exception:
    new = type(error) if type(error).__module__ == errors.__name__ else CtaDataError
    if (old, new) not in _KINDS:
        _KINDS[old, new] = type(old.__name__, (old, new), {"__doc__": new.__doc__, "__module__": old.__module__})
    both = _KINDS[old, new](error.message)
    both.__dict__.update(error.__dict__)
    both.hint = error.hint
    return both
