"""Tokens that a batch system, a hub or the user put where all grid tools look.

The order is that of WLCG Bearer Token Discovery (doi 10.5281/zenodo.3937438): ``BEARER_TOKEN``, ``BEARER_TOKEN_FILE``,
``$XDG_RUNTIME_DIR/bt_u$UID``, ``/tmp/bt_u$UID``. The first that is set decides, whether or not it is usable.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens.attempt import Attempt, tried, when
from ctadata_jlab.tokens.claims import token_from
from ctadata_jlab.tokens.expired import Expired
from ctadata_jlab.tokens.line import first_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.tokens import Token

__all__ = ["Environment"]


class Environment:
    """The token that WLCG discovery finds; looked for anew each time."""

    name = "environment"

    def __init__(
        self,
        variables: Mapping[str, str] | None = None,
        *,
        shared: Path = Path("/tmp"),  # noqa: S108 - the place the protocol names; owner and rights are checked
        user: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._variables = os.environ if variables is None else variables
        self._shared = shared
        self._user = _own_number() if user is None else user
        self._clock = clock

    def fetch(self, min_valid: float = 60, refused: Token | None = None) -> Token | None:
        """Return the discovered token; raises `Misconfigured` naming the place if what is set there is unusable or has expired."""
        token = self._discovered()
        if token is None or (refused is not None and token.value == refused.value):
            return None
        return token if token.lasts(min_valid, self._clock()) else None

    def explain(self) -> list[Attempt]:
        """Tell which of the four places decides."""
        names = [name for name, _ in self._places()]
        return [tried(self, " or ".join(names) or "the environment")]

    def _discovered(self) -> Token | None:
        for place, read in self._places():
            text = read()
            if text is None:
                continue
            token = token_from(text, self.name, place=place)
            if token.expires is not None and token.expires <= self._clock():
                raise Expired(
                    f"The token in {place} expired at {when(token.expires)}.",
                    expires=token.expires,
                    issuer=token.issuer,
                    hint=f"Renew {place}, or remove it so that other tokens are looked for.",
                )
            return token
        return None

    def _places(self) -> Iterator[tuple[str, Callable[[], str | None]]]:
        yield "BEARER_TOKEN", self._from_variable
        yield self._named_file, self._from_named_file
        if self._user is None:
            return
        name = f"bt_u{self._user}"
        folder = self._variables.get("XDG_RUNTIME_DIR", "")
        if folder:
            private = Path(folder, name)
            yield f"the file {private}", lambda: first_line(private, f"The file {private}")
        shared = self._shared / name
        yield f"the file {shared}", lambda: first_line(shared, f"The file {shared}", private_to=self._user)

    def _from_variable(self) -> str | None:
        return self._variables.get("BEARER_TOKEN", "").strip() or None

    @property
    def _named_file(self) -> str:
        path = self._variables.get("BEARER_TOKEN_FILE", "")
        # Somebody may have put the token itself there: only what must be a path is shown.
        return f"the file {path} of BEARER_TOKEN_FILE" if path.startswith("/") else "the file of BEARER_TOKEN_FILE"

    def _from_named_file(self) -> str | None:
        path = self._variables.get("BEARER_TOKEN_FILE", "")
        if not path:
            return None
        what = f"T{self._named_file[1:]}"
        text = first_line(Path(path), what)
        if text is None:
            raise Misconfigured(f"{what} does not exist.", hint="Correct BEARER_TOKEN_FILE, or unset it.")
        return text


def _own_number() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None
