"""`%dcache jobs`: the queue of transfers that the panel shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.magics.table import Jobs

if TYPE_CHECKING:
    from ctadata_jlab.magics.desk import Desk
    from ctadata_jlab.magics.words import Words

__all__ = ["jobs"]


def jobs(parser: Words, words: list[str], desk: Desk) -> Jobs:
    """Return the jobs of the queue, newest first; with *failed* those only."""
    parser.add_argument("--failed", action="store_true")
    said = parser.parse_args(words)
    return Jobs(job for job in desk.session.engine.jobs() if not said.failed or job.state.value == "failed")
