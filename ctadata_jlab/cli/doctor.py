"""`doctor`: in words, what the doors can do and what is not well; as a report that can be sent to somebody."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli.remotepath import RemotePath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ctadata_jlab.cli.diagnosis.finding import Finding
    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.config import Source

__all__ = ["doctor"]

_MARKS = {"ok": "ok", "note": "--", "warning": "??", "problem": "!!"}
_COLOURS = {"ok": "green", "note": None, "warning": "yellow", "problem": "red"}


@click.command()
@click.option("--all", "everyone", is_flag=True, help="Look at all sources, not only the chosen one.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this new file, to be sent."
)
@click.option(
    "--try-writing", type=RemotePath(folders_only=True), metavar="FOLDER", help="Write a small file there, too."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array of objects.")
@click.pass_obj
def doctor(choice: Choice, report: Path | None, try_writing: str | None, *, everyone: bool, as_json: bool) -> None:
    """Look at the network, the login and the door, and tell what is not well and what to do.

    Reads only, unless a folder is given to write in. The report holds no token, no user's name, no home folder and no name of
    a file of the storage. Ends with 1 if there is a problem.

    \b
    Examples:
      doctor
      doctor --all --report report.txt
      doctor --try-writing your-folder
    """  # noqa: D301
    from ctadata_jlab.cli.diagnosis.place import examine  # noqa: PLC0415 - help needs no network
    from ctadata_jlab.cli.text import emit  # noqa: PLC0415

    if report is not None and try_writing is not None:
        raise click.UsageError("--report only reads; leave --try-writing out.")
    config = choice.session.config
    sources = list(config.sources.values()) if everyone else [config.sources[choice.source.name]]
    found: list[tuple[str, Finding]] = []
    for about, finding in _all(choice, examine(), sources, try_writing):
        found.append((about, finding))
        if report is None and not as_json:
            _tell(about, finding, found)
    if as_json:
        emit([{"source": about, **asdict(finding)} for about, finding in found])
    if report is not None:
        _write(report, choice, found)
    sys.exit(any(finding.level == "problem" for _, finding in found))


def _all(
    choice: Choice, here: Iterable[Finding], sources: Iterable[Source], writing: str | None
) -> Iterator[tuple[str, Finding]]:
    from ctadata_jlab.cli.diagnosis.course import examine  # noqa: PLC0415 - help needs no network

    yield from (("", finding) for finding in here)
    for source in sources:
        yield from ((source.name, finding) for finding in examine(choice.session, source, writing))


def _tell(about: str, finding: Finding, so_far: list[tuple[str, Finding]]) -> None:

    from ctadata_jlab.cli.text import styled  # noqa: PLC0415 - help needs no text

    if len(so_far) == 1 or so_far[-2][0] != about:
        click.echo(f"\n{about}" if about else "This machine")
    mark = styled(f"  {_MARKS[finding.level]} ", fg=_COLOURS[finding.level])
    click.echo(f"{mark}{finding.about}: {finding.text}")
    if finding.hint:
        click.echo(f"     {finding.hint}")


def _write(report: Path, choice: Choice, found: list[tuple[str, Finding]]) -> None:
    """Write what was found, without what tells who the user is."""
    from ctadata_jlab.cli.diagnosis.redacted import Redacted  # noqa: PLC0415 - only here
    from ctadata_jlab.errors import AlreadyExists  # noqa: PLC0415

    redacted = Redacted(choice.session, {about for about, _ in found if about})
    lines = [f"ctadata-jlab doctor, {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC", ""]
    for about, finding in found:
        lines.append(f"[{finding.level}] {about or 'this machine'}: {finding.about}: {redacted(finding.text)}")
        lines += [f"    {redacted(finding.hint)}"] if finding.hint else []
    try:
        with report.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise AlreadyExists(f"{report} exists already.", hint="Give the report another name.") from None
    click.echo(f"Written to {report}. Read it before you send it.", err=True)
