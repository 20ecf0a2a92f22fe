"""The type of an argument that is a path of the storage: completed by looking there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from ctadata_jlab.errors import CtaDataError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ctadata_jlab.storage import Entry

__all__ = ["REMOTE", "RemotePath"]

_PATIENCE = 5.0
"""Seconds that somebody who has pressed Tab waits."""


class RemotePath(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic only since click 8.4
    """A path of the chosen source; with *folders_only* what is completed are folders."""

    name = "path"

    def __init__(self, *, folders_only: bool = False) -> None:
        self._folders_only = folders_only

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Return what the folder of *incomplete* holds and fits; nothing when it cannot be asked: completion never complains."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when Tab is pressed

        found: list[Entry] = []
        thread = threading.Thread(target=_look, args=(_chosen(ctx), incomplete, found), daemon=True)
        thread.start()
        thread.join(_PATIENCE)
        _, _, beginning = incomplete.rpartition("/")
        before = incomplete[: len(incomplete) - len(beginning)]
        return [
            CompletionItem(before + entry.name + ("/" if entry.is_folder else ""), type="remote")
            for entry in sorted(found, key=lambda entry: entry.path)
            if entry.name.startswith(beginning)
            and (beginning or not entry.name.startswith("."))
            and (entry.is_folder or not self._folders_only)
            and entry.name.isprintable()
        ]


REMOTE = RemotePath()


def _chosen(ctx: click.Context) -> tuple[str | None, bool]:
    """Return which source the line names: while it is completed, no command has been called."""
    said = {**ctx.find_root().params, **{name: value for name, value in ctx.params.items() if value}}
    return said.get("source"), bool(said.get("dev"))


def _look(chosen: tuple[str | None, bool], incomplete: str, found: list[Entry]) -> None:
    from ctadata_jlab.cli.program import Choice  # noqa: PLC0415 - help needs no storage

    name, dev = chosen
    choice = Choice(name, dev=dev)
    try:
        found.extend(choice.source.storage.list(incomplete.rpartition("/")[0] or "/"))
    except CtaDataError:
        found.clear()
