"""Tokens kept in a file, as the old ``ctadata`` clients and agents share them: the raw token and a line feed, mode 0600."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens import private
from ctadata_jlab.tokens.attempt import Attempt, tried, when
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.line import first_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.tokens import Token

__all__ = ["TokenFile", "forget", "store"]


class TokenFile:
    """The token in the first line of *path*, read again whenever the file changes.

    A missing file offers nothing, unless it is not *optional*. A token that has expired offers nothing either: the file is a
    place where somebody else renews it.
    """

    def __init__(
        self, path: Path, *, name: str = "file", optional: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = name
        self.path = path.expanduser()
        self._optional = optional
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._token: Token | None = None

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the file's token; raises `Misconfigured` if the file is unreadable or holds something else."""
        token = self.held(refused)
        now = self._clock()
        return token if token is not None and token.lasts(min_valid, now) and not self._has_ended(token, now) else None

    def held(self, refused: Token | None = None) -> Token | None:
        """Return what the file holds, other than *refused*, be it too old or not; raises as `fetch`."""
        with self._lock:
            self._read(again=refused is not None)
            token = self._token
        return None if token is None or (refused is not None and token.value == refused.value) else token

    def explain(self) -> list[Attempt]:
        """Tell whether the file is missing, expired or good."""
        place = f"the file {self.path}"
        attempt = tried(self, place)
        token = self._token
        if attempt.ok or token is None or token.expires is None or not self._has_ended(token, self._clock()):
            return [attempt]
        ended = f"its token expired at {when(token.expires)}"
        return [Attempt(self.name, place, ended, issuer=token.issuer, expires=token.expires)]

    @staticmethod
    def _has_ended(token: Token, now: float) -> bool:
        return token.expires is not None and token.expires <= now

    def _read(self, *, again: bool) -> None:
        """Look at the file; *again* also if nothing seems to have changed, as clocks of file systems are coarse."""
        seen = self._look()
        if self._token is not None and seen == self._seen and not again:
            return
        what = f"The file {self.path}"
        self._seen, previous, self._token = None, self._token, None  # what raises below is looked at anew next time
        text = None if seen is None else first_line(self.path, what)
        if text is None:
            self._require_optional(what)
        elif not text:
            # The old agents empty the file before they write it: for that moment, what was read before still counts.
            self._token = previous
        else:
            self._token = token_from(text, self.name, place=f"the file {self.path}")
            self._seen = seen

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Misconfigured(
                f"The file {self.path} cannot be read: {error.strerror}.", hint="Correct or remove it."
            ) from None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _require_optional(self, what: str) -> None:
        if not self._optional:
            raise Misconfigured(f"{what} does not exist.", hint="Put a token there, or correct the source's login.")


def store(path: Path, value: str) -> None:
    """Write the token *value* to *path*: whole or not at all, for this user's eyes only (0600), as the old clients read it.

    Raises `Misconfigured` if *value* cannot be a token, OSError if the file cannot be written.
    """
    private.write(path, token_from(value, "file", place="what was given").value + "\n")


def forget(path: Path) -> None:
    """Remove the token at *path*, if there is one."""
    path.expanduser().unlink(missing_ok=True)
