"""The secret of a confidential client: from the environment, or from a file as the old ``ctadata`` clients keep it (base64, one line)."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens import private
from ctadata_jlab.tokens.line import first_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Secret"]


class Secret:
    """The client secret of one source, in the environment variable *variable*, else in the file *path*."""

    def __init__(self, path: Path, variable: str, variables: Mapping[str, str] | None = None) -> None:
        self.path = path.expanduser()
        self.variable = variable
        self._variables = os.environ if variables is None else variables

    def read(self) -> str | None:
        """Return it, None for a public client; raises `Misconfigured` if the file holds something else."""
        given = self._variables.get(self.variable, "").strip()
        if given:
            return given
        line = first_line(self.path, f"The file {self.path}")
        if not line or not line.strip():
            return None
        try:
            secret = base64.b64decode(line.strip(), validate=True).decode().strip()
        except ValueError:
            raise Misconfigured(
                f"The file {self.path} holds no client secret in base64.", hint="Remove it, then log in in a terminal."
            ) from None
        return secret or None

    def keep(self, secret: str) -> None:
        """Write it to the file, for this user's eyes only."""
        private.write(self.path, base64.b64encode(secret.strip().encode()).decode() + "\n")
