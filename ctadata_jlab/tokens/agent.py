"""Tokens from oidc-agent, the program that keeps a user's logins; its library is not needed."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import Misconfigured, Unreachable
from ctadata_jlab.tokens.agent_sockets import found_sockets
from ctadata_jlab.tokens.attempt import Attempt, tried
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.conversation import converse
from ctadata_jlab.tokens.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ctadata_jlab.tokens import Token

__all__ = ["OidcAgent"]

_FORCE_NEW = -1  # oidc-agent's own sign for "not the one you keep" (FORCE_NEW_TOKEN, `oidc-token --force-new`)
_AWAY = re.compile(r"disconnected|not connect|n't connect|resolve|time(d )?out|unreachable", re.IGNORECASE)
"""What it says while the provider is gone: libcurl's words, or, 4.2.6, that its own other half has died of that."""
_NOT_LOADED = re.compile(r"not loaded|no account", re.IGNORECASE)


class OidcAgent:
    """The tokens of one *account* (short name) or *issuer* that a running oidc-agent has loaded.

    The agent is that of ``OIDC_SOCK``, else one of this user's that is found running. An account that is not loaded offers
    nothing, unless it is not *optional*; it is never loaded from here, which might ask for a password where nobody sees it.
    """

    name = "oidc-agent"

    def __init__(
        self,
        account: str = "",
        issuer: str = "",
        *,
        optional: bool = True,
        timeout: float = 10,
        variables: Mapping[str, str] | None = None,
        find: Callable[[Mapping[str, str]], list[Path]] = found_sockets,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not account and not issuer:
            raise Misconfigured("oidc-agent needs to know an account or an issuer.", hint="Set `account` of the login.")
        self._wanted = {"account": account} if account else {"issuer": issuer}
        self._optional = optional
        self._timeout = timeout
        self._variables = os.environ if variables is None else variables
        self._find = find
        self._clock = clock

    @property
    def _label(self) -> str:
        return " ".join(f"{key} {value}" for key, value in self._wanted.items())

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the agent's token, within *timeout* seconds in all; a *refused* one makes the agent get another.

        Raises `Misconfigured` if the agent of ``OIDC_SOCK`` is gone, or an agent is silent, or it cannot renew the token, and
        `Unreachable` while its provider does not answer and the token that it has is no good.
        """
        deadline = time.monotonic() + self._timeout
        for path in self._sockets():
            if not self._is_loaded(path, deadline):
                continue
            token = self._current(path, min_valid, refused, deadline)
            if token is not None:
                return token
        return None

    def _current(self, path: Path, min_valid: float, refused: Token | None, deadline: float) -> Token | None:
        """Return the token of the agent at *path*, None if it has none that fits."""
        try:
            token = self._token(path, int(min_valid), deadline)
            if refused is not None and token is not None and token.value == refused.value:
                token = self._token(path, _FORCE_NEW, deadline)
        except Unreachable:
            token, min_valid = self._token(path, 0, deadline), 1  # a good token outlives its provider's bad moment
            if token is None or not self._fits(token, min_valid, refused):
                raise
        return token if token is not None and self._fits(token, min_valid, refused) else None

    def _fits(self, token: Token, min_valid: float, refused: Token | None) -> bool:
        is_other = refused is None or token.value != refused.value
        return is_other and token.lasts(min_valid, self._clock())

    def explain(self) -> list[Attempt]:
        """Tell whether an agent runs, whether it has the account, and whether it gives a token."""
        place = f"oidc-agent, {self._label}"
        attempt = tried(self, place)
        if attempt.ok or attempt.outcome != "no token there":
            return [attempt]
        runs = self._sockets()
        return [Attempt(self.name, place, "it is not loaded there" if runs else "no agent is running")]

    def _sockets(self) -> list[Path]:
        named = self._variables.get("OIDC_SOCK", "")
        return [Path(named)] if named else self._find(self._variables)

    def _is_loaded(self, path: Path, deadline: float) -> bool:
        if "account" not in self._wanted:
            return True
        answer = self._ask(path, {"request": "loaded_accounts"}, deadline)
        if answer is None:
            return False
        loaded = answer.get("info")
        if not isinstance(loaded, list) or self._wanted["account"] in loaded:
            return True
        self._require_optional()
        return False

    def _require_optional(self) -> None:
        if not self._optional:
            raise Misconfigured(f"oidc-agent has not loaded the {self._label}.", hint=self._advice)

    @property
    def _advice(self) -> str:
        return (
            f"Run `oidc-add {self._wanted.get('account', 'ACCOUNT')}` in a terminal, or `oidc-gen` if it has no login."
        )

    def _token(self, path: Path, period: int, deadline: float) -> Token | None:
        request = {"request": "access_token", **self._wanted, "min_valid_period": period}
        answer = self._ask(path, {**request, "application_hint": "ctadata_jlab"}, deadline)
        if answer is None:
            return None
        value = answer.get("access_token")
        if answer.get("status") == "success" and isinstance(value, str):
            ends, issuer = answer.get("expires_at"), answer.get("issuer")
            known = float(ends) if isinstance(ends, int) and ends > 0 else None
            issuer = issuer if isinstance(issuer, str) else None
            return token_from(value, self.name, ends=known, issuer=issuer)
        reason = _reason(answer)
        if "issuer" in self._wanted and _NOT_LOADED.search(reason):
            self._require_optional()
            return None
        if _AWAY.search(reason):
            raise Unreachable(f"oidc-agent cannot reach the login server of the {self._label}: {reason}.")
        raise Misconfigured(f"oidc-agent gives no token for the {self._label}: {reason}", hint=self._advice)

    def _ask(self, path: Path, request: Mapping[str, Any], deadline: float) -> dict[str, Any] | None:
        """Return the answer, or None if a socket that was only found is a dead one."""
        try:
            return converse(path, request, deadline)
        except TimeoutError:
            reason = f"did not answer within {self._timeout:g} s"
        except (OSError, ValueError) as error:
            if isinstance(error, (ConnectionRefusedError, FileNotFoundError)) and not self._variables.get("OIDC_SOCK"):
                return None
            reason = f"cannot be spoken to: {getattr(error, 'strerror', None) or error}"
        raise Misconfigured(
            f"oidc-agent at {path} {reason}.", hint="Start oidc-agent again, or unset OIDC_SOCK."
        ) from None


def _reason(answer: Mapping[str, Any]) -> str:
    said = [str(answer[key]) for key in ("error", "info") if answer.get(key)]
    return redacted("; ".join(said)) or "it does not say why"
