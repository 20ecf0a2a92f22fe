"""How names, times and entries are written on a terminal and as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime

    from ctadata_jlab.storage import Entry

__all__ = ["emit", "facts", "line", "local_time", "row", "safe", "styled"]


def safe(name: str) -> str:
    """Return *name* for stdout: as it is in a pipe, without control characters on a terminal, which would obey them."""
    if not sys.stdout.isatty():
        return name
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)


def styled(text: str, **style: Any) -> str:
    """Return *text* in colours and the like on a terminal, as it is in a pipe."""
    return click.style(text, **style) if sys.stdout.isatty() else text


def local_time(moment: datetime | None) -> str:
    """Return *moment* in the user's time zone, to the minute."""
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def row(entry: Entry, name: str, *, human: bool = False) -> str:
    """Return one line of a long listing: size in bytes (*human*: as people read it), time, name; folders end with a slash."""
    from ctadata_jlab.foreground.standing import readable_size  # noqa: PLC0415 - a plain listing needs no sizes

    size = "-"
    if entry.size is not None and not entry.is_folder:
        size = readable_size(entry.size) if human else str(entry.size)
    tape = " (on tape)" if entry.online is False else ""
    return f"{size:>14}  {local_time(entry.modified):16}  {safe(name)}{'/' if entry.is_folder else ''}{tape}"


def facts(entry: Entry) -> dict[str, Any]:
    """Return *entry* as JSON has it; times in ISO 8601, unknown facts null."""
    return {
        "name": entry.name,
        "path": entry.path,
        "kind": entry.kind,
        "size": None if entry.is_folder else entry.size,
        "modified": None if entry.modified is None else entry.modified.isoformat(),
        "version": entry.version,
        "checksum": None if entry.checksum is None else str(entry.checksum),
        "online": entry.online,
    }


def emit(value: Any) -> None:
    """Write *value* to stdout as JSON for people and programs."""
    import json  # noqa: PLC0415 - only here and below

    click.echo(json.dumps(value, indent=1, ensure_ascii=False))


def line(value: Any) -> str:
    """Return *value* as one line of JSON."""
    import json  # noqa: PLC0415 - as above

    return json.dumps(value, ensure_ascii=False)
