"""What is said to an OpenID provider and what it answers, as plain values: nothing here touches the network.

A conversation is a generator: it yields what is to be done (`Get`, `Post`, `Wait`), is sent the provider's `Answer`, or None if
nobody answered, and returns what came of it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote_plus

from ctadata_jlab.errors import BadAnswer, CtaDataError, Misconfigured, Unreachable
from ctadata_jlab.http import require_safe
from ctadata_jlab.tokens.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

__all__ = ["Answer", "Client", "Get", "NeedsSecret", "Post", "Provider", "Wait", "discovered", "insist", "words"]

_PATIENCE = (1.0, 3.0)  # seconds between the tries of what nobody waits long for


@dataclass(frozen=True, slots=True)
class Get:
    """Read *url*; *authorization* is the value of that header."""

    url: str
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """Send *form* to *url*; *authorization* is the value of that header. Its `repr` shows no secret."""

    url: str
    form: Mapping[str, str] = field(repr=False)
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Let *seconds* pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: its status, and the JSON object, empty if it was none."""

    status: int
    said: Mapping[str, Any] = field(repr=False)

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked to do."""
        return 200 <= self.status < 300

    @property
    def is_later(self) -> bool:
        """Whether the same question may well be answered a little later."""
        return self.status >= 500 or self.status == 429

    @property
    def error(self) -> str:
        """The error's name (RFC 6749 §5.2), empty if there is none."""
        return self.text("error")

    def text(self, key: str) -> str:
        """Return a text of the answer, empty if there is none."""
        value = self.said.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> float | None:
        """Return a positive number of the answer."""
        value = self.said.get(key)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9
        return float(value) if is_number and value is not None else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list, empty if there is none."""
        value = self.said.get(key)
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


Asking: TypeAlias = "Generator[Get | Post | Wait, Answer | None, Answer]"


class NeedsSecret(Misconfigured):
    """The provider wants a client secret, or another one."""

    hint = "Ask the storage's administrators for the client secret; `ctadata-jlab login` asks for it."

    @property
    def name(self) -> str:
        """The name that the outside knows."""
        return Misconfigured.__name__


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as the provider at *issuer* knows us: public without a *secret*, confidential with one."""

    issuer: str
    identity: str
    scope: str = ""
    secret: str | None = field(default=None, repr=False)

    def post(self, provider: Provider, url: str, **form: str) -> Post:
        """Return the request with *form*, made in this client's name as the provider wants it (RFC 6749 §2.3.1)."""
        named = {**form, "client_id": self.identity}
        if self.secret is None:
            return Post(url, named)
        if provider.takes_basic:
            pair = f"{quote_plus(self.identity)}:{quote_plus(self.secret)}"
            return Post(url, named, "Basic " + base64.b64encode(pair.encode()).decode())
        return Post(url, {**named, "client_secret": self.secret})


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider takes what, from its discovery document."""

    token: str
    device: str = ""
    revocation: str = ""
    takes_basic: bool = True
    takes_challenges: bool = False
    """Whether it knows PKCE with S256."""


def discovered(issuer: str) -> Generator[Get | Post | Wait, Answer | None, Provider]:
    """Look up the provider at *issuer*; raises `Misconfigured` or `BadAnswer` if there is none."""
    require_safe(issuer)
    base = issuer.rstrip("/")
    answer = yield from insist(Get(f"{base}/.well-known/openid-configuration"), issuer)
    if not answer.is_good or answer.text("issuer").rstrip("/") != base:
        raise BadAnswer(f"There is no OpenID provider at {issuer}.", hint="Correct `issuer` of this source's login.")
    methods = answer.texts("token_endpoint_auth_methods_supported") or ("client_secret_basic",)
    provider = Provider(
        answer.text("token_endpoint"),
        answer.text("device_authorization_endpoint"),
        answer.text("revocation_endpoint"),
        takes_basic="client_secret_basic" in methods,
        takes_challenges="S256" in answer.texts("code_challenge_methods_supported"),
    )
    for url in (provider.token, provider.device, provider.revocation):
        if url or url == provider.token:
            require_safe(url)
    return provider


def insist(step: Get | Post, issuer: str) -> Asking:
    """Do *step*, a few times if need be; raises `Unreachable` if nobody answers."""
    for pause in (*_PATIENCE, None):
        answer = yield step
        if answer is not None and not answer.is_later:
            return answer
        if pause is not None:
            yield Wait(pause)
    raise Unreachable(f"The login server {issuer} does not answer.")


def words(answer: Answer, what: str) -> CtaDataError:
    """Return the error for a provider that does not do *what*, in its own words as far as they hold no secret."""
    said = "; ".join(filter(None, (answer.error, answer.text("error_description"))))
    reason = redacted(said) or f"status {answer.status}"
    if answer.error in {"invalid_client", "unauthorized_client"} or answer.status == 401:
        return NeedsSecret(f"The login server does not accept this program's client id or secret: {reason}.")
    if answer.error in {"invalid_scope", "invalid_request"}:
        return Misconfigured(f"{what}: {reason}.", hint="Correct `client_id` and `scope` of this source's login.")
    return BadAnswer(f"{what}: {reason}.", hint="Try again; if it happens again, tell the storage's administrators.")
