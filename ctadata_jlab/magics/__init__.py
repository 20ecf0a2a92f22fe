"""`%dcache` in a notebook: the same storage from a cell.

``%load_ext ctadata_jlab``, then ``%dcache help``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class

from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.magics.commands import obey
from ctadata_jlab.magics.completion import MAGIC, completions
from ctadata_jlab.magics.desk import Desk
from ctadata_jlab.magics.told import Told

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["DataMagics", "load"]


@magics_class
class DataMagics(Magics):  # type: ignore[misc]
    """The magics `%dcache` and `%%dcache`."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.desk = Desk()

    @line_cell_magic  # type: ignore[untyped-decorator]
    def dcache(self, line: str, cell: str | None = None) -> Any:
        """List, get and put files of the storage: `%dcache help` tells how."""
        try:
            return obey(line, cell, self.desk)
        except CtaDataError as error:
            if "--debug" in line.split():
                raise
            raise Told(error) from None

    def complete(self, _: Any, event: Any) -> list[str]:
        """Return what IPython's *event* could be completed to."""
        return completions(event.text_until_cursor, event.symbol, self.desk)


def load(shell: InteractiveShell) -> None:
    """Give *shell* the magics."""
    magics = DataMagics(shell)
    shell.register_magics(magics)
    shell.set_hook("complete_command", magics.complete, re_key=MAGIC.pattern)
