"""Understands what stands behind `%dcache`."""

from __future__ import annotations

import argparse
import shlex
from typing import NoReturn

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.magics.told import Told

__all__ = ["Words", "split"]


class Words(argparse.ArgumentParser):
    """Understands the words of one command; wrong ones are an error in words instead of the end of the process."""

    def __init__(self, command: str) -> None:
        super().__init__(prog=command, add_help=False, allow_abbrev=False)
        self.add_argument("-d", "--dev", action="store_true")
        self.add_argument("--source")

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong."""
        raise Told(Misconfigured(f"%dcache {self.prog}: {message}", hint="%dcache help tells what there is."))


def split(line: str) -> list[str]:
    """Return the words of *line*, quoted as in a shell."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Misconfigured(f"This line cannot be understood: {error}.", hint="Close all quotes.") from None
