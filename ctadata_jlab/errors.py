"""What can go wrong, by what the user can do about it.

::

    CtaDataError
    ├── Unreachable*    the door or the network does not answer
    ├── Busy*           it answers "not now"; `.after` says when
    ├── NotLoggedIn     no usable token: log in
    ├── Forbidden       a good token without this right
    ├── NotFound        (also FileNotFoundError)
    ├── AlreadyExists   (also FileExistsError)
    ├── Changed         not the version that was asked for
    ├── Offline         on tape: must be staged first
    ├── Corrupted*      the bytes do not fit their checksum or size
    ├── NoSpace         a quota or a disk is full
    ├── Unsupported     this storage cannot do that
    ├── TooLargeToOpen  for an editor; download it instead
    ├── BadPath         a path that nothing may have
    ├── BadAnswer       the server speaks something else than its protocol
    ├── Misconfigured   a setting or a token source that is set but unusable
    └── Cancelled       the user said stop

`*` = worth repeating (`retryable`). Messages never contain a secret; `hint` says what to do next.
"""

from __future__ import annotations

__all__ = [
    "AlreadyExists",
    "BadAnswer",
    "BadPath",
    "Busy",
    "Cancelled",
    "Changed",
    "Corrupted",
    "CtaDataError",
    "Forbidden",
    "Misconfigured",
    "NoSpace",
    "NotFound",
    "NotLoggedIn",
    "Offline",
    "TooLargeToOpen",
    "Unreachable",
    "Unsupported",
]


class CtaDataError(Exception):
    """The root of all errors that this package raises on purpose."""

    retryable: bool = False
    """Whether the same request may well succeed a little later."""
    hint: str = ""
    """What the user can do about it, in one sentence."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint

    @property
    def name(self) -> str:
        """The error's name as REST and the panel know it."""
        return type(self).__name__

    def __str__(self) -> str:
        return self.message


class Unreachable(CtaDataError):
    """The door, a pool or the network did not answer, or broke off."""

    retryable = True
    hint = "Check your network, or try again in a minute; the storage may be under maintenance."


class Busy(CtaDataError):
    """The server, or another process here, asks to wait; `after` is in seconds, None when it did not say."""

    retryable = True
    hint = "The storage limits how fast it can be asked. It is tried again by itself."

    def __init__(self, message: str, *, hint: str | None = None, after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.after = after


class NotLoggedIn(CtaDataError):
    """There is no token, or the one there is was refused; `source` names whose login is meant, if not that of who was asked."""

    hint = "Log in, or put a valid token where it is looked for."

    def __init__(self, message: str, *, hint: str | None = None, source: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source


class Forbidden(CtaDataError):
    """The storage knows who asks and says no."""

    hint = "Ask the storage's administrators for the right, or log in with the missing scope."


class NotFound(CtaDataError, FileNotFoundError):
    """Nothing has this path."""

    hint = "Refresh the folder: it may have been moved or deleted."


class AlreadyExists(CtaDataError, FileExistsError):
    """Something has this path already, and nobody asked to replace it."""

    hint = "Choose another name, or ask for it to be replaced."


class Changed(CtaDataError):
    """The file is no longer the version that was seen before."""

    hint = "Refresh, look at the new version, and start again."


class Offline(CtaDataError):
    """The file is on tape only and must be staged to disk before it can be read."""

    hint = "Ask for it to be staged, then try again; that may take hours."


class Corrupted(CtaDataError):
    """The bytes that arrived do not fit the size or the checksum that was promised."""

    retryable = True
    hint = "Try again; if it happens again, report the file to the storage's administrators."


class NoSpace(CtaDataError):
    """A quota or a disk is full."""

    hint = "Free some space, or choose another place."


class Unsupported(CtaDataError):
    """The storage has no way to do that."""


class TooLargeToOpen(CtaDataError):
    """Too large for an editor in the browser."""

    hint = "Download it to the workspace instead."


class BadPath(CtaDataError):
    """A path that leaves its root, contains NUL, or is too long."""

    hint = "Use a path inside the storage, without '..' and with names of at most 255 bytes."


class BadAnswer(CtaDataError):
    """The server answered with something other than its protocol, such as a login page."""

    hint = "Check the address of the source: is it a WebDAV door?"


class Misconfigured(CtaDataError):
    """Something is set, but cannot be used as it is."""

    hint = "Correct the setting that the message names."


class Cancelled(CtaDataError):
    """The user asked to stop."""
