"""`find`: what of a tree fits a name, a kind, a size, an age."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli.remotepath import RemotePath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ctadata_jlab.cli.program import Choice
    from ctadata_jlab.storage import Entry, Storage

    Test = Callable[[Entry], bool]

__all__ = ["find"]

_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_TIMES = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class _Size(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic only since click 8.4
    """More (+) or less (-) than so many bytes: ``+2G``, ``-100k``, ``0``."""

    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Test:
        found = re.fullmatch(r"([+-]?)(\d+)([kmgt]?)b?", value.strip().lower())
        if not found:
            self.fail(f"{value!r} is no size; write +2G, -100k or 0.", param, ctx)
        sign, limit = found[1], int(found[2]) * _SIZES[found[3]]
        if sign == "+":
            return lambda entry: not entry.is_folder and (entry.size or 0) > limit
        if sign == "-":
            return lambda entry: not entry.is_folder and entry.size is not None and entry.size < limit
        return lambda entry: not entry.is_folder and entry.size == limit


class _Moment(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic only since click 8.4
    """A time: a date such as 2024-11-14 (with a time after T, if wanted; local), or an age such as 7d or 12h."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if found := re.fullmatch(r"(\d+)([smhdw])", value.strip().lower()):
            return datetime.now(timezone.utc) - timedelta(seconds=int(found[1]) * _TIMES[found[2]])
        try:
            return datetime.fromisoformat(value).astimezone()
        except ValueError:
            self.fail(f"{value!r} is no time; write 2024-11-14, 2024-11-14T18:00, 7d or 12h.", param, ctx)


@click.command()
@click.argument("path", default="", type=RemotePath(folders_only=True))
@click.option("--name", metavar="GLOB", help="Names like GLOB (*, ?, [...]); quote it.")
@click.option("--path", "whole", metavar="GLOB", help="Paths like GLOB, as seen from PATH; * fits / too.")
@click.option("--type", "kind", type=click.Choice(["f", "d"]), help="Files (f) or folders (d) only.")
@click.option("--size", type=_Size(), metavar="[+-]N", help="Files of more (+) or less (-) than N bytes; +2G, -100k.")
@click.option("--newer", type=_Moment(), metavar="TIME", help="Changed after TIME: 2024-11-14, or 7d ago.")
@click.option("--older", type=_Moment(), metavar="TIME", help="Changed before TIME.")
@click.option("--on-tape", is_flag=True, help="Files that must be brought from tape first.")
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Not deeper than N folders.")
@click.option("-0", "--null", is_flag=True, help="A NUL after each path, for xargs -0.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def find(
    choice: Choice,
    path: str,
    name: str | None,
    whole: str | None,
    kind: str | None,
    size: Test | None,
    newer: datetime | None,
    older: datetime | None,
    depth: int | None,
    *,
    on_tape: bool,
    null: bool,
    as_json: bool,
) -> None:
    """Find what is below PATH and fits all that is asked; whole paths, as they are found.

    \b
    Examples:
      find lst/DL1 --name '*.h5' --size +2G
      find lst --newer 7d --type f
      find lst -0 --name '*.h5' | xargs -0 -n 1 cta-data get
    """  # noqa: D301
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.cli.text import facts, line, safe  # noqa: PLC0415

    source = choice.source
    top = paths.remote(path or source.home)
    tests: list[Test] = [
        *([lambda entry: fnmatchcase(entry.name, name)] if name else []),
        *([lambda entry: fnmatchcase(paths.relative(entry.path, top), whole)] if whole else []),
        *([lambda entry: entry.is_folder is (kind == "d")] if kind else []),
        *([size] if size else []),
        *([lambda entry: entry.modified is not None and entry.modified > newer] if newer else []),
        *([lambda entry: entry.modified is not None and entry.modified < older] if older else []),
        *([lambda entry: entry.online is False] if on_tape else []),
    ]
    for entry in _below(source.storage, top, depth):
        if all(test(entry) for test in tests):
            click.echo(line(facts(entry)) if as_json else safe(entry.path), nl=not null)
            if null:
                click.echo("\0", nl=False)


def _below(storage: Storage, top: str, depth: int | None) -> Iterator[Entry]:
    from ctadata_jlab import paths  # noqa: PLC0415 - help needs no storage
    from ctadata_jlab.transfer.walk import walk  # noqa: PLC0415

    def enter(entry: Entry) -> bool:
        return depth is None or paths.relative(entry.path, top).count("/") + 1 < depth

    first = storage.stat(top)
    return walk(storage, first.path, enter=enter) if first.is_folder else iter([first])
