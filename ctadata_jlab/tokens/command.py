"""Tokens that a program of the user's prints: a site's own tool, a password manager, a script."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens.attempt import Attempt, tried
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.oauth import Answer
from ctadata_jlab.tokens.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.tokens import Token

__all__ = ["Command"]

_LARGEST = 1 << 20  # bytes


class Command:
    """The token that the program with these *words* prints, started without a shell and given *timeout* seconds.

    Its first line that is not blank is the token; or its whole output is a JSON object with ``access_token`` and perhaps
    ``expires_in``, as token endpoints answer (RFC 6749 §5.1).
    """

    name = "command"

    def __init__(self, words: Sequence[str], *, timeout: float = 30, clock: Callable[[], float] = time.time) -> None:
        if not words or not words[0]:
            raise Misconfigured("There is no command to get a token from.", hint="Set `command` of the login, a list.")
        self._words = tuple(words)
        self._timeout = timeout
        self._clock = clock

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the token; raises `Misconfigured`, naming the program, if it fails, hangs or prints something else."""
        token = self._read(self._output())
        if refused is not None and token.value == refused.value:
            return None
        return token if token.lasts(min_valid, self._clock()) else None

    def explain(self) -> list[Attempt]:
        """Run it and tell what came of it."""
        return [tried(self, f"the command {self._program}")]

    @property
    def _program(self) -> str:
        """The program's name; what follows it may hold what nobody should see."""
        return "".join(char if char.isprintable() else "?" for char in self._words[0])[:200]

    def _output(self) -> bytes:
        try:
            done = subprocess.run(
                self._words, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"did not end within {self._timeout:g} s") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it has no possible name"
            raise self._failed(f"cannot be started: {reason}") from None
        if done.returncode:
            said = redacted(done.stderr[:_LARGEST].decode(errors="replace"))
            raise self._failed(f"ended with {done.returncode}{f': {said}' if said else ''}")
        return done.stdout[:_LARGEST]

    def _read(self, output: bytes) -> Token:
        text = output.decode(errors="replace").strip()
        place = f"the command {self._program}"
        if not text.startswith("{"):
            return token_from(text.partition("\n")[0], self.name, place=place)
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            raise self._failed("prints JSON that cannot be read") from None
        answer = Answer(200, said)
        lasts = answer.number("expires_in")
        ends = None if lasts is None else self._clock() + lasts
        return token_from(answer.text("access_token"), self.name, ends=ends, place=place)

    def _failed(self, what: str) -> Misconfigured:
        return Misconfigured(
            f"The command {self._program} {what}.", hint="Try it in a terminal, and correct `command` of the login."
        )
