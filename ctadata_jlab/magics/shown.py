"""How a transfer is shown below its cell: a bar that is updated in a notebook, one line in a terminal."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from IPython.display import HTML, display

if TYPE_CHECKING:
    from ctadata_jlab.foreground import Standing

__all__ = ["Shown"]


class Shown:
    """Takes the reports of a transfer; a context manager that takes its line or bar away in the end."""

    def __init__(self) -> None:
        self._width = 0
        self._handle: Any = None
        self._is_notebook = hasattr(get_ipython(), "kernel")

    def __call__(self, standing: Standing) -> None:
        """Show *standing*."""
        if self._is_notebook:
            self._draw(standing)
        else:
            text = str(standing)
            print("\r" + text.ljust(self._width), end="", flush=True)
            self._width = len(text)

    def _draw(self, standing: Standing) -> None:
        done, total = standing.bytes_done, max(standing.bytes_total, 1)
        bar = f'<progress value="{min(done, total)}" max="{total}" style="width: 20em"></progress>'
        shown = {"text/html": f"{bar} {escape(str(standing))}", "text/plain": str(standing)}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def __enter__(self) -> Shown:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self._handle.update(HTML(""))
        if self._width:
            print("\r" + " " * self._width + "\r", end="", flush=True)
