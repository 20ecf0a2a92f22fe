"""A transfer's progress, for whoever watches: a bar on a terminal or in a notebook, one line where nobody does."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.foreground import Standing

__all__ = ["Progress", "shown"]

Progress = "bool | Callable[[Standing], object]"
"""``True``: a bar; ``False``: nothing; or what is called with a `Standing` a few times a second."""


@contextmanager
def shown(progress: bool | Callable[[Standing], object], title: str) -> Iterator[Callable[[Standing], object]]:
    """Give what a transfer reports to, as *progress* says."""
    if not isinstance(progress, bool):
        yield progress
    elif not progress:
        yield lambda _: None
    else:
        from tqdm.auto import tqdm  # noqa: PLC0415 - for those who want a bar

        with tqdm(desc=title, unit="B", unit_scale=True, unit_divisor=1000, file=sys.stderr) as bar:

            def report(standing: Standing) -> None:
                bar.total = standing.bytes_total
                bar.set_postfix_str(f"{standing.files_done}/{standing.files_total} files", refresh=False)
                bar.update(standing.bytes_done - bar.n)

            yield report
