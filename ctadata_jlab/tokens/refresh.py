"""A login that lasts: its access token is renewed early, once for all processes of the user, and shared in the token file."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ctadata_jlab.errors import BadAnswer, Busy, CtaDataError, Misconfigured, Unreachable
from ctadata_jlab.tokens import file as token_file
from ctadata_jlab.tokens import stored as logins
from ctadata_jlab.tokens.asking import drive
from ctadata_jlab.tokens.attempt import Attempt, tried, when
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.grant import Grant, granted
from ctadata_jlab.tokens.oauth import discovered
from ctadata_jlab.tokens.revocation import revoke
from ctadata_jlab.tokens.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.tokens import Token
    from ctadata_jlab.tokens.file import TokenFile
    from ctadata_jlab.tokens.oauth import Answer, Client, Get, Post, Provider
    from ctadata_jlab.tokens.vault import Vault

__all__ = ["Refresh"]

_LOCK_SECONDS = 50.0  # longer than a question to a slow provider
_EARLY = (0.1, 0.2)  # of a token's life; each process draws its own, so that they do not all come at once
_LONGEST_EARLY = 600.0


class Refresh:
    """The tokens of the login stored at *place*, made by *client*; `shared` is the file that other programs read them from.

    It hands out the file's token while that lasts, and renews it under a lock: a rotated refresh token is written down before the
    access token that came with it is used. A stored login of another issuer or client offers nothing.
    """

    name = "login"

    def __init__(
        self,
        place: Path,
        shared: TokenFile,
        client: Callable[[], Client],
        ask: Callable[[Get | Post], Answer | None],
        clock: Callable[[], float] = time.time,
        vault: Callable[[], Vault | None] = lambda: None,
    ) -> None:
        self.place = place.expanduser()
        self.shared = shared
        self.client = client
        self.ask = ask
        self._clock = clock
        self._vault = vault
        self._share = random.uniform(*_EARLY)  # noqa: S311 - spreads the load, keeps no secret
        self._provider: Provider | None = None

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the login's token, renewed if need be; None without a login, or once the provider has ended it.

        Raises `Unreachable` or `Busy` if it must be renewed and cannot be now, `Misconfigured` if it never can.
        """
        token, is_due = self._look(min_valid, refused)
        if not is_due:
            return token
        try:
            with self._locked():
                token, is_due = self._look(min_valid, refused)  # somebody else may have renewed it meanwhile
                return self._renew() if is_due else token
        except CtaDataError as error:
            is_moment = error.retryable or isinstance(error, (BadAnswer, _Elsewhere))
            if is_moment and token is not None and token.lasts(1, self._clock()):
                return token  # a good token outlives its provider's bad moment
            raise

    def explain(self) -> list[Attempt]:
        """Tell whether there is a login, and whether it still holds."""
        place = f"the login kept in {self.place}"
        try:
            stored = self._own()
        except Misconfigured as error:
            return [Attempt(self.name, place, error.message)]
        if stored is None:
            return [Attempt(self.name, place, "not logged in here")]
        if stored.is_ended:
            ended = stored.ended or stored.obtained
            words = f"the login server ended it at {when(ended)}; log in again"
            return [Attempt(self.name, place, words, issuer=stored.issuer, expires=ended)]
        return [tried(self, f"{place}, {_at_rest(stored)}")]

    @property
    def at_rest(self) -> str:
        """Where the refresh token is and whether it is encrypted there, in words; "" without a login."""
        with suppress(Misconfigured):
            stored = self._own()
            return "" if stored is None or stored.is_ended else _at_rest(stored)
        return ""

    def keep(self, grant: Grant) -> Token:
        """Take over what a login gave, for all processes."""
        with self._locked():
            return self._keep(grant, "")

    def log_out(self) -> None:
        """Remove the login and its token here, and have the provider revoke it (RFC 7009).

        Raises `Unreachable` if the provider could not be told; here, it is gone all the same.
        """
        secret = ""
        with self._locked():
            with suppress(Misconfigured):  # a damaged login is removed all the same
                stored = self._own()
                secret = "" if stored is None else stored.secret(self.place, self._vault())
            logins.remove(self.place, self._vault())
            token_file.forget(self.shared.path)
        if secret and not self._revoked(secret):
            raise Unreachable(
                "The login is removed here, but the login server did not confirm that it is revoked there.",
                hint="End the session on the login server's own page, if that matters.",
            )

    def give_up(self) -> None:
        """Remove the login and its token here, as another program keeps the user's login from now on.

        It is not revoked: at the provider, both may be of one session.
        """
        with self._locked():
            logins.remove(self.place, self._vault())
            token_file.forget(self.shared.path)

    # --- what there is ---

    def _own(self) -> Stored | None:
        client, stored = self.client(), logins.load(self.place)
        is_own = stored is not None and (stored.issuer, stored.client_id) == (client.issuer, client.identity)
        return stored if is_own else None

    def _look(self, min_valid: float, refused: Token | None) -> tuple[Token | None, bool]:
        """Return the shared token, if it is this login's business, and whether it is time to renew it."""
        stored = self._own()
        if stored is None or stored.is_ended:
            return None, False
        token = self.shared.held(refused)
        if token is None:
            return None, True
        if token.fingerprint == stored.access:
            # By our clock, which noted how long it lasts: the provider's may differ by minutes.
            expires = token.expires if stored.expires is None else stored.expires
            token = replace(token, expires=expires, source=self.name)
        elif token.issuer is not None and token.issuer.rstrip("/") != stored.issuer.rstrip("/"):
            return None, False  # somebody put another issuer's token there; the file itself offers that
        now = self._clock()
        return token if token.lasts(0, now) else None, not token.lasts(self._wanted(stored, min_valid), now)

    def _wanted(self, stored: Stored, min_valid: float) -> float:
        life = stored.seconds or 2 * min_valid
        return min(max(min_valid, min(life * self._share, _LONGEST_EARLY)), life / 2)

    # --- renewing; the lock is held ---

    @contextmanager
    def _locked(self) -> Iterator[None]:
        import filelock  # noqa: PLC0415 - slow to load, and a token lasts for many commands

        lock = self.place.with_name(f"{self.shared.path.name}.lock")
        try:
            lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = filelock.FileLock(lock, timeout=_LOCK_SECONDS, mode=0o600).acquire()
        except filelock.Timeout:
            raise Busy("Another process has been renewing the login for long.", hint="Try again in a minute.") from None
        except OSError as error:
            raise Misconfigured(f"{lock} cannot be locked: {error.strerror}.", hint="Logins are kept there.") from None
        with held:
            yield

    def _renew(self) -> Token | None:
        stored, client = self._own(), self.client()
        if stored is None:
            return None
        secret = stored.secret(self.place, self._vault())
        if not secret:
            raise _Elsewhere(f"The login is renewed by {stored.vault}, not from here.", hint="Log in here, too.")
        form = {"grant_type": "refresh_token", "refresh_token": secret}
        provider = self._known()
        answer = self.ask(client.post(provider, provider.token, **form))
        if answer is None or answer.is_later:
            raise Unreachable(f"The login server {client.issuer} does not answer.")
        if answer.error == "invalid_grant":
            return self._ended(stored)
        return self._keep(granted(answer), secret)

    def _ended(self, sent: Stored) -> Token | None:
        """Note that the provider ended the login, unless another node, whose lock did not reach here, has just renewed it."""
        now = self._own()
        if now is not None and not now.is_ended and now.access != sent.access:
            return self._look(0, None)[0]
        logins.save(self.place, replace(sent, refresh_token="", vault="", proof="", ended=self._clock()))
        return None

    def _keep(self, grant: Grant, before: str) -> Token:
        client, now = self.client(), self._clock()
        expires = None if grant.seconds is None else now + grant.seconds
        token = token_from(grant.access_token, self.name, ends=expires, issuer=client.issuer)
        refresh = grant.refresh_token or before
        life = (grant.seconds, expires, token.fingerprint)
        logins.save(self.place, Stored(client.issuer, client.identity, refresh, now, None, *life), self._vault())
        try:
            token_file.store(self.shared.path, token.value)
        except OSError as error:
            raise Misconfigured(f"{self.shared.path} cannot be written: {error.strerror}.") from None
        return token

    def _known(self) -> Provider:
        if self._provider is None:
            # Without pauses: all processes wait for the lock, and what needs the token is repeated anyway.
            self._provider = drive(discovered(self.client().issuer), self.ask, lambda _: None)
        return self._provider

    def _revoked(self, refresh_token: str) -> bool:
        try:
            client = self.client()
        except CtaDataError:
            return False
        return revoke(client, self.ask, refresh_token, self._provider)


class _Elsewhere(Misconfigured):
    """The refresh token is in another machine's keyring."""

    @property
    def name(self) -> str:
        """The name that the outside knows."""
        return Misconfigured.__name__


def _at_rest(stored: Stored) -> str:
    return f"encrypted by {stored.vault}" if stored.vault else "not encrypted, readable by you alone"
