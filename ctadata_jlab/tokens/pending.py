"""A login by device code while the user confirms it: at most one at a time, however many ask."""

from __future__ import annotations

import copy
import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Busy, Cancelled, CtaDataError, NotLoggedIn, Unreachable
from ctadata_jlab.tokens.asking import drive
from ctadata_jlab.tokens.device import Show, log_in
from ctadata_jlab.tokens.revocation import revoke

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens.grant import Grant
    from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post
    from ctadata_jlab.tokens.refresh import Refresh

__all__ = ["ByCode", "Pending"]

_LOG = logging.getLogger(__name__)
_SHOW_SECONDS = 60.0


class ByCode:
    """The logins of one source, as *client*; *ask* asks its provider.

    `ended` are called, in a thread of their own, when a login has ended, whichever way; they must not raise.
    """

    def __init__(self, client: Callable[[], Client], ask: Callable[[Get | Post], Answer | None]) -> None:
        self._client = client
        self._ask = ask
        self.ended: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None

    def start(self, keep: Callable[[Client, Grant], object], keeper: str = "") -> Show:
        """Start a login, unless one is under way, and return what to show; raises why there is nothing to show.

        *keep* takes what it gives, and raises if it cannot; *keeper* names who that is. Raises `Busy` if somebody else is to keep
        what the login that is under way gives.
        """
        with self._lock:
            if self._attempt is None or self._attempt.is_over:
                self._attempt = _Attempt(keeper)
                # Nothing that stays has `keep`, which may hold a password: neither the attempt nor the frames of its error.
                what = (self._attempt, keep)
                threading.Thread(target=self._run, args=what, name="ctadata-login", daemon=True).start()
            attempt = self._attempt
            if attempt.keeper != keeper:
                raise Busy("Another login to this source is under way.", hint="Confirm it, or cancel it, first.")
        attempt.told.wait(_SHOW_SECONDS)
        if isinstance(attempt.error, Cancelled):
            raise NotLoggedIn("The login was given up before there was a code.")
        if attempt.error is not None:
            raise copy.copy(attempt.error)
        shown = attempt.left()
        if shown is None:
            raise Unreachable("The login server takes too long to give a code.")
        return shown

    @property
    def show(self) -> Show | None:
        """What the user has to confirm now, with the time that is left; None if no login is under way."""
        attempt = self._attempt
        return None if attempt is None or attempt.is_over else attempt.left()

    @property
    def problem(self) -> CtaDataError | None:
        """Why the latest login came to nothing; None if it did not, or was cancelled."""
        attempt = self._attempt
        return None if attempt is None or isinstance(attempt.error, Cancelled) else attempt.error

    def cancel(self) -> bool:
        """Give up the login that is under way; returns whether there was one."""
        with self._lock:
            attempt = self._attempt
            if attempt is None or attempt.is_over:
                return False
            attempt.stop.set()
            attempt.is_over = True
        return True

    def forget(self) -> None:
        """Forget the latest login's problem."""
        with self._lock:
            if self._attempt is not None and self._attempt.is_over:
                self._attempt = None

    def _run(self, attempt: _Attempt, keep: Callable[[Client, Grant], object]) -> None:
        try:
            client = self._client()
            grant = drive(log_in(client), self._ask, attempt.pause, attempt.take)
            try:
                with self._lock:
                    attempt.pause(0)
                    keep(client, grant)
            except Cancelled:  # after the user confirmed it: nobody has it, so it ends at the provider, too
                if grant.refresh_token is not None:
                    revoke(client, self._ask, grant.refresh_token)
                raise
        except CtaDataError as error:
            attempt.error = copy.copy(error)
        except Exception as error:  # noqa: BLE001 - a thread's top; the text may hold secrets
            _LOG.error("A login failed unexpectedly: %s", type(error).__name__)
            attempt.error = CtaDataError(f"The login failed: {type(error).__name__}.", hint="Log in again.")
        finally:
            attempt.is_over = True
            attempt.told.set()
            for listener in self.ended:
                listener()


class Pending(ByCode):
    """The built-in logins of one source, whose tokens `kept` keeps."""

    def __init__(self, kept: Refresh) -> None:
        super().__init__(kept.client, lambda step: kept.ask(step))  # noqa: PLW0108 - as it is then
        self.kept = kept

    def keep(self, _: Client, grant: Grant) -> None:
        """Keep what a login gave."""
        self.kept.keep(grant)


@dataclass(eq=False)
class _Attempt:
    """One login."""

    keeper: str = ""
    shown: Show | None = None
    ends: float = 0.0
    error: CtaDataError | None = None
    is_over: bool = False

    def __post_init__(self) -> None:
        self.told, self.stop = threading.Event(), threading.Event()

    def take(self, show: Show) -> None:
        """Let the user see *show*."""
        self.ends = time.monotonic() + show.expires_in
        self.shown = show
        self.told.set()

    def left(self) -> Show | None:
        """Return what is shown, with the time that is left."""
        shown = self.shown
        return None if shown is None else replace(shown, expires_in=max(0.0, self.ends - time.monotonic()))

    def pause(self, seconds: float) -> None:
        """Wait, unless the login is given up."""
        if self.stop.wait(seconds) or self.stop.is_set():
            raise Cancelled("The login was given up.")
