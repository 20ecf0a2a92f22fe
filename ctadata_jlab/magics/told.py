"""An error that a notebook shows in words, without a traceback. It still stops “Run all”."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctadata_jlab.errors import CtaDataError

__all__ = ["Told"]


class Told(Exception):
    """What went wrong and what to do; `.error` is the error itself."""

    def __init__(self, error: CtaDataError) -> None:
        super().__init__(error.message)
        self.error = error

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to show instead of a traceback."""
        hint = [f"hint: {self.error.hint}"] if self.error.hint else []
        return [f"error: {self.error.message}", *hint]
