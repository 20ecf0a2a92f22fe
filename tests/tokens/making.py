"""What the tests of tokens share: unsigned JWTs, a clock that is set by hand, a source that is told what to say."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ctadata_jlab.tokens.claims import token_from

if TYPE_CHECKING:
    import threading

    from ctadata_jlab.tokens import Token

__all__ = ["ISSUER", "NOW", "Clock", "Scripted", "jwt"]

NOW = 1_800_000_000.0
ISSUER = "https://keycloak.example/realms/master/"


def jwt(**claims: Any) -> str:
    """Return a JWT with these claims; its signature is nonsense."""
    parts = [json.dumps({"alg": "RS256"}), json.dumps(claims), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Scripted:
    """A source that offers `values` one after the other: a text, None, or an error to raise; the last stays."""

    values: list[str | Exception | None]
    name: str = "scripted"
    asked: list[tuple[float, Token | None]] = field(default_factory=list)
    gate: threading.Event | None = None

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        self.asked.append((min_valid, refused))
        if self.gate is not None:
            assert self.gate.wait(10)
        value = self.values.pop(0) if len(self.values) > 1 else self.values[0]
        if isinstance(value, Exception):
            raise value
        return None if value is None else token_from(value, self.name)
