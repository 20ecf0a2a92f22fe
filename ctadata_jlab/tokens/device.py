"""Login by device code (RFC 8628) as a conversation without a network: the user confirms a short code in any browser."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from ctadata_jlab.errors import BadAnswer, NotLoggedIn, Unsupported
from ctadata_jlab.tokens.grant import Grant, granted
from ctadata_jlab.tokens.oauth import Answer, Get, Post, Wait, discovered, insist, words

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ctadata_jlab.tokens.oauth import Client, Provider

__all__ = ["Show", "Step", "log_in"]

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_INTERVAL = 5.0  # seconds, where the provider does not say (RFC 8628 §3.2)
_SLOWER = 5.0  # seconds more after each `slow_down` (§3.5)
_LONGEST_PAUSE = 30.0  # seconds between two questions to a provider that does not answer
_AGAIN = "Start the login again."


@dataclass(frozen=True, slots=True)
class Show:
    """Show the user this code and where to confirm it; the secret device code is not in it."""

    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: float
    interval: float


Step: TypeAlias = "Get | Post | Show | Wait"


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked until the user has decided, and how long that makes sense."""

    post: Post = field(repr=False)
    interval: float
    ends: float


def log_in(
    client: Client, clock: Callable[[], float] = time.monotonic, verifier: str | None = None
) -> Generator[Step, Answer | None, Grant]:
    """Log in as *client*: yields what to do, is sent answers, returns what was granted.

    *verifier* is the secret of PKCE; by default a fresh one. Raises `NotLoggedIn` if the user declines or the code expires,
    `NeedsSecret`, `Misconfigured` or `BadAnswer` if the provider does not play along, `Unreachable` if it cannot be reached at first.
    """
    provider = yield from discovered(client.issuer)
    if not provider.device:
        raise Unsupported(f"{client.issuer} has no login by device code.", hint="Use oidc-agent, or paste a token.")
    proof = verifier or secrets.token_urlsafe(48)
    began = clock()
    form = {**({"scope": client.scope} if client.scope else {}), **_challenge(provider, proof)}
    answer = yield from insist(client.post(provider, provider.device, **form), client.issuer)
    show = _shown(answer)
    yield show
    form = {"grant_type": _GRANT, "device_code": answer.text("device_code")}
    if provider.takes_challenges:
        form["code_verifier"] = proof
    return (
        yield from _decided(
            _Question(client.post(provider, provider.token, **form), show.interval, began + show.expires_in), clock
        )
    )


def _challenge(provider: Provider, proof: str) -> dict[str, Any]:
    if not provider.takes_challenges:
        return {}
    digest = base64.urlsafe_b64encode(hashlib.sha256(proof.encode()).digest()).rstrip(b"=").decode()
    return {"code_challenge": digest, "code_challenge_method": "S256"}


def _shown(answer: Answer) -> Show:
    if not answer.is_good:
        raise words(answer, "The login server gives no code")
    code, place = answer.text("user_code"), answer.text("verification_uri") or answer.text("verification_url")
    if not code.isprintable() or not code or not answer.text("device_code") or not _is_page(place):
        raise BadAnswer("The login server gives a code that cannot be used.")
    whole = answer.text("verification_uri_complete")
    seconds = answer.number("expires_in") or 600.0
    return Show(
        code, place, whole if _is_page(whole) else None, seconds, max(1.0, answer.number("interval") or _INTERVAL)
    )


def _is_page(url: str) -> bool:
    """Whether a browser may be sent there: no script, no file."""
    return urlsplit(url).scheme in {"https", "http"} and url.isprintable()


def _decided(asked: _Question, clock: Callable[[], float]) -> Generator[Step, Answer | None, Grant]:
    """Ask until the user has decided."""
    interval = pause = asked.interval
    while True:
        yield Wait(max(0.0, min(pause, asked.ends - clock())))
        if clock() >= asked.ends:
            raise NotLoggedIn("The code has expired before it was confirmed.", hint=_AGAIN)
        answer = yield asked.post
        if answer is None or answer.is_later:
            pause = min(pause * 2, max(_LONGEST_PAUSE, interval))
            continue
        if answer.is_good:
            return granted(answer)
        interval += _SLOWER if answer.error == "slow_down" else 0.0
        pause = interval
        _require_undecided(answer)


def _require_undecided(answer: Answer) -> None:
    if answer.error in {"authorization_pending", "slow_down"}:
        return
    if answer.error == "access_denied":
        raise NotLoggedIn("The login was declined in the browser.", hint=_AGAIN)
    if answer.error == "expired_token":
        raise NotLoggedIn("The code has expired before it was confirmed.", hint=_AGAIN)
    raise words(answer, "The login server refuses the login")
