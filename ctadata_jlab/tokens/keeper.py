"""The current token: fetched once for all threads, renewed before it ends, and never sent again once refused."""

from __future__ import annotations

import copy
import math
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Busy, CtaDataError, Misconfigured, NotLoggedIn
from ctadata_jlab.tokens.attempt import Attempt, explain
from ctadata_jlab.tokens.claims import read_claims
from ctadata_jlab.tokens.login_state import LoginState, after_failure, logged_in, not_logged_in
from ctadata_jlab.tokens.refusals import Refusals
from ctadata_jlab.tokens.scopes import missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.tokens import Token, TokenSource
    from ctadata_jlab.tokens.published import Published
    from ctadata_jlab.tokens.scopes import Ability

__all__ = ["Keeper", "LoginState"]

_SHORTEST = 10.0  # seconds; a token with less left may end on its way to the storage
_LOOK_AGAIN = 30.0  # seconds; a file that was replaced, or a log-out elsewhere, is noticed within this time


class Keeper:
    """Hands out the token of *source* to all who ask, from any thread.

    It is kept until it ends in `min_valid` seconds; one that never lasted long is renewed after half of its life. Whoever waits
    while somebody asks the source gets that answer too. `changed` are called, in whichever thread it happens, with each new state;
    they must not raise. Refusals are shared with other processes where there is something *published*.
    """

    def __init__(
        self, source: TokenSource, clock: Callable[[], float] = time.time, published: Published | None = None
    ) -> None:
        self.changed: list[Callable[[LoginState], object]] = []
        self.prove: Callable[[Token], bool] | None = None
        """Tries a token that comes after a refused one with one request, while everybody else waits for it."""
        self._source = source
        self._clock = clock
        self._refusals = Refusals(clock, published)
        self._asking = threading.Lock()
        self._rounds = 0
        self._asked_at = -math.inf
        self._kept: tuple[Token, float] | None = None  # and since when
        self._failure: CtaDataError | None = None
        self._attempts: list[Attempt] = []
        self._state = self._told = LoginState("missing")

    def token(self, min_valid: float = 60, refused: Token | None = None) -> Token:
        """Return a token, valid for *min_valid* seconds where the source can do that, and never one that was refused.

        Raises `NotLoggedIn` saying where tokens were looked for, or which source is set but unusable, `Unreachable` while its login
        server does not answer, and `Busy` while one more refused token could make dCache block this address.
        """
        if refused is not None:
            self.refuse(refused)
        rounds, kept = self._rounds, self._fresh(min_valid)
        if kept is not None and abs(self._clock() - self._asked_at) < _LOOK_AGAIN:
            return kept
        if not self._asking.acquire(blocking=kept is None) and kept is not None:
            return kept
        try:
            return self._answer(min_valid, rounds)
        finally:
            listeners = () if self._state == self._told else tuple(self.changed)
            news = self._told = self._state
            self._asking.release()
            for listener in listeners:
                listener(news)

    def get_access_token(self) -> str:
        """Return the current token's text: the interface that pyfirecrest and others accept."""
        return self.token().value

    def refuse(self, token: Token) -> None:
        """Note that the storage answered 401 to *token*; it is never handed out again."""
        self._refusals.add(token)

    def has_refused(self, token: Token) -> bool:
        """Whether the storage is known to have refused *token*."""
        return self._refusals.knows(token)

    def look_again(self) -> None:
        """Drop what is kept, after a login or a log-out here: the next one to ask gets what the source has then."""
        self._kept, self._asked_at = None, -math.inf

    def lacks(self, ability: Ability, path: str) -> str | None:
        """Return the scope that *ability* at *path* needs and the kept token lacks; None if it has it, or does not say. Asks nobody."""
        kept = self._kept
        return None if kept is None else missing(read_claims(kept[0].value).scopes, ability, path)

    @property
    def current(self) -> Token | None:
        """The token that is kept, if it is still valid; asks nobody."""
        return self._fresh(0)

    def state(self) -> LoginState:
        """Return who is logged in, or why nobody is; never raises. May ask the source, and then takes as long as that does."""
        with suppress(CtaDataError):
            self.token()
        return self._state

    def explain(self) -> list[Attempt]:
        """Ask every source anew and tell what each found."""
        return explain(self._source)

    def _fresh(self, min_valid: float) -> Token | None:
        kept = self._kept  # once: another thread may drop it meanwhile
        if kept is None:
            return None
        token, since = kept
        if self._refusals.knows(token):
            return None
        life = math.inf if token.expires is None else token.expires - since
        return token if token.lasts(max(min(min_valid, life / 2), 1), self._clock()) else None

    def _answer(self, min_valid: float, rounds: int) -> Token:
        """Ask the source, unless somebody did since *rounds* was read; called by one thread at a time."""
        kept = self._fresh(min_valid)
        if self._rounds != rounds and kept is not None:
            return kept
        if self._rounds != rounds and self._failure is not None:
            raise copy.copy(self._failure)
        self._asked_at = self._clock()
        try:
            return self._keep(self._fetched(min_valid), kept)
        except CtaDataError as error:
            if kept is not None and not isinstance(error, NotLoggedIn):
                return kept  # a good token outlives its source's bad moment
            raise self._fail(error) from error.__cause__
        finally:
            self._rounds += 1

    def _fetched(self, min_valid: float) -> Token | None:
        refused = self._refusals.last
        for period in (min_valid, _SHORTEST):
            token = self._source.fetch(period, refused)
            if token is None:
                continue
            if self._refusals.knows(token):
                refused = token
            elif token.lasts(1, self._clock()):
                return token
        return None

    def _keep(self, token: Token | None, before: Token | None) -> Token:
        if token is None:
            self._attempts = self.explain()
            raise not_logged_in(self._attempts, self._refusals.last)
        if before is None or token.value != before.value:
            wait = self._refusals.wait()
            if wait > 0:
                raise Busy("The storage refused two tokens in a row; the next is not tried at once.", after=wait)
            if self.prove is not None and self._refusals.is_recent and not self.prove(token):
                self.refuse(token)
                return self._keep(None, before)
            self._kept = token, self._clock()
        self._failure, self._state = None, logged_in(token)
        return token

    def _fail(self, error: CtaDataError) -> CtaDataError:
        """Take note of *error* and return it as callers get it: what is wrong with a login is the user's to mend, so it asks for one."""
        is_setting = isinstance(error, Misconfigured)
        self._kept, self._failure = None, NotLoggedIn(error.message, hint=error.hint) if is_setting else error
        self._state = after_failure(error, self._attempts, self._refusals.last)
        return copy.copy(self._failure)
