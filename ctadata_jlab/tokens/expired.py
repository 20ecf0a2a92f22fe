"""The error of a source whose token is too old."""

from __future__ import annotations

from ctadata_jlab.errors import Misconfigured

__all__ = ["Expired"]


class Expired(Misconfigured):
    """A token is set, but it has ended; `expires` in seconds since the epoch, `issuer` as the token names it.

    To the outside it is a `Misconfigured`; inside, a source that wants another issuer's tokens may ignore it.
    """

    def __init__(self, message: str, *, expires: float, issuer: str | None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.expires = expires
        self.issuer = issuer

    @property
    def name(self) -> str:
        """The name that the outside knows."""
        return Misconfigured.__name__
