"""In which order a source is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.cli.diagnosis import network, storage
from ctadata_jlab.cli.diagnosis.finding import Finding
from ctadata_jlab.cli.diagnosis.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.config import Source as Settings
    from ctadata_jlab.session import Session

__all__ = ["examine"]


def examine(session: Session, settings: Settings, writing: str | None) -> Iterator[Finding]:
    """Yield what is found at the source of *settings*, from the network up; below *writing*, if given, a small file is written.

    What needs something that is not well is not tried.
    """
    reached = list(network.examine(settings))
    yield from reached
    if any(finding.level == "problem" for finding in reached):
        return
    source = session.source(settings.name)
    found = list(storage.examine(source, settings))
    yield from found
    if writing is None:
        yield Finding(
            "note",
            "writing",
            "Not tried: whether uploads are redirected, checked and may replace is only seen by writing.",
            "`doctor --try-writing FOLDER` writes a small file there and removes it again.",
        )
    elif not any(finding.level == "problem" for finding in found):
        yield from written(source, writing)
