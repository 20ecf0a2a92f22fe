"""`%dcache` in a notebook: the same storage from a cell.

``%load_ext ctadata_jlab``, then ``%dcache help``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.magics.commands import obey
from ctadata_jlab.magics.told import Told

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["DataMagics", "load"]


@magics_class
class DataMagics(Magics):  # type: ignore[misc]
    """The line magic `%dcache`."""

    @line_magic  # type: ignore[untyped-decorator]
    def dcache(self, line: str) -> Any:
        """List, get and put files of the storage: `%dcache help` tells how."""
        try:
            return obey(line)
        except CtaDataError as error:
            raise Told(error) from None


def load(shell: InteractiveShell) -> None:
    """Give *shell* the magic."""
    shell.register_magics(DataMagics)
