"""What `%dcache` understands, and what each word of it does."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ctadata_jlab import foreground, paths
from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.magics.login import log_in, log_out
from ctadata_jlab.magics.table import Listing
from ctadata_jlab.magics.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.foreground import Standing, Summary

__all__ = ["HELP", "obey"]

HELP = """\
%dcache ls [-l] [PATH]            what is in a folder; as a value: a list of entries
%dcache get [-r] REMOTE [LOCAL]   download a file, or (-r) a folder; as a value: its Path here
%dcache put [-r] LOCAL REMOTE     upload a file, or (-r) a folder; REMOTE/ is completed by the file's name
%dcache login, %dcache logout     log in by a code that is confirmed in any browser; revoke that login
%dcache help                      this

-d                takes the dev instance, --source NAME another source
--conflict WHAT   what to do with another file of that name: skip, replace, rename or newer; else it is an error

Names with spaces are quoted. {name} and $name stand for Python variables. Doing a transfer again goes on where it stopped.
"""


class _Words(argparse.ArgumentParser):
    """Understands a line; a wrong one is an error in words instead of the end of the process."""

    def error(self, message: str) -> NoReturn:
        raise Told(Misconfigured(f"%dcache {self.prog}: {message}", hint="%dcache help tells what there is."))


def obey(line: str) -> Any:
    """Do what *line* says; returns its result for the cell."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise Misconfigured(f"This line cannot be understood: {error}.", hint="Close all quotes.") from None
    command, rest = (words[0], words[1:]) if words else ("help", [])
    if command == "help":
        print(HELP, end="")
        return None
    if command not in _COMMANDS:
        known = ", ".join([*_COMMANDS, "help"])
        raise Misconfigured(f"%dcache has no command {command!r}.", hint=f"There are {known}.")
    parser = _Words(prog=command, add_help=False, allow_abbrev=False)
    parser.add_argument("-d", "--dev", action="store_true")
    parser.add_argument("--source")
    return _COMMANDS[command](parser, rest)


def _ls(parser: _Words, words: list[str]) -> Listing:
    parser.add_argument("-l", "--long", action="store_true")
    parser.add_argument("path", nargs="?")
    said = parser.parse_args(words)
    source = foreground.chosen(foreground.shared_session(), said.source, dev=said.dev)
    return Listing(foreground.entries(source.storage, said.path or source.home), long=said.long)


def _get(parser: _Words, words: list[str]) -> Path:
    parser.add_argument("remote")
    parser.add_argument("local", nargs="?")
    said = _transfer(parser, words)
    session = foreground.shared_session()
    source = foreground.chosen(session, said.source, dev=said.dev)
    is_folder = said.recursive and source.storage.stat(paths.remote(said.remote)).is_folder
    target = foreground.landing(said.remote, said.local, is_folder=is_folder)
    with _Line() as line:
        done = foreground.get(
            session, source.name, said.remote, target, recursive=said.recursive, conflict=said.conflict, report=line
        )
    return Path(_concluded(done, "downloaded", single=not is_folder))


def _put(parser: _Words, words: list[str]) -> str:
    parser.add_argument("local", type=Path)
    parser.add_argument("remote")
    said = _transfer(parser, words)
    session = foreground.shared_session()
    source = foreground.chosen(session, said.source, dev=said.dev)
    target = foreground.upload_path(said.local, said.remote)
    with _Line() as line:
        done = foreground.put(
            session, source.name, said.local, target, recursive=said.recursive, conflict=said.conflict, report=line
        )
    return _concluded(done, "uploaded", single=not said.recursive)


_COMMANDS: dict[str, Callable[[_Words, list[str]], Any]] = {
    "ls": _ls,
    "get": _get,
    "put": _put,
    "login": log_in,
    "logout": log_out,
}


def _transfer(parser: _Words, words: list[str]) -> argparse.Namespace:
    parser.add_argument("-r", "--recursive", action="store_true")
    parser.add_argument("--conflict", choices=["skip", "replace", "rename", "newer"], default="ask")
    return parser.parse_args(words)


def _concluded(done: Summary, verb: str, *, single: bool = False) -> str:
    """Say what it has come to, each failure by name, and return where it went; raises if anything failed."""
    for result in done.failed if len(done.failed) > 1 else ():
        print(f"error: {paths.display(result.path)}: {result.error}", file=sys.stderr)
    done.require()
    where = done.results[0].target if single and done.results else done.target
    files = f"{done.files} {'file' if done.files == 1 else 'files'}"
    print(f"{files} ({foreground.readable_size(done.size)}) {verb}: {paths.display(where, 1000)}")
    return where


class _Line:
    """One line below the cell that is written again and again, and taken away in the end."""

    def __init__(self) -> None:
        self._width = 0

    def __call__(self, standing: Standing) -> None:
        """Show *standing*."""
        text = str(standing)
        print("\r" + text.ljust(self._width), end="", flush=True)
        self._width = len(text)

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="", flush=True)
