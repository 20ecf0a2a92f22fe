"""What `%dcache` understands, and who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.magics import looking, moving, queue
from ctadata_jlab.magics.login import log_in, log_out
from ctadata_jlab.magics.opening import open_
from ctadata_jlab.magics.words import Words, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.magics.desk import Desk

__all__ = ["COMMANDS", "HELP", "obey"]

HELP = """\
%dcache ls [-l] [PATH]            what is in a folder; as a value: a list of entries
%dcache cd [PATH]                 look from this folder; without a path: tell from which
%dcache stat PATH                 what is known of a file or folder
%dcache find [PATH] [--name GLOB] [--type f|d] [--size +N|-N]     what is below a folder
%dcache get [-r] REMOTE [LOCAL]   download a file, a pattern's files, or (-r) a folder; as a value: its Path here
%dcache put [-r] LOCAL REMOTE     upload a file, or (-r) a folder; REMOTE/ is completed by the file's name
%%dcache put [--replace] REMOTE   store the cell's text as a file
%dcache sync REMOTE LOCAL [--up]  make the folder here like the one there, or the other way round; nothing is removed
%dcache open PATH [--text]        the file, opened for reading; only what is read is fetched
%dcache jobs [--failed]           the transfers of the panel
%dcache sources                   what is configured, and who is logged in
%dcache login, %dcache logout     log in by a code that is confirmed in any browser; revoke that login
%dcache help                      this

-d                takes the dev instance, --source NAME another source
--conflict WHAT   what to do with another file of that name: skip, replace, rename or newer; else it is an error
--debug           shows the whole traceback of an error

Names with spaces are quoted, or completed with Tab. {name} and $name stand for Python variables.
Doing a transfer again goes on where it stopped.
"""

COMMANDS: dict[str, Callable[[Words, list[str], Desk], Any]] = {
    "ls": looking.ls,
    "cd": looking.cd,
    "stat": looking.stat,
    "find": looking.find,
    "get": moving.get,
    "put": moving.put,
    "sync": moving.sync,
    "open": open_,
    "jobs": queue.jobs,
    "sources": looking.sources,
    "login": lambda parser, words, _: log_in(parser, words),
    "logout": lambda parser, words, _: log_out(parser, words),
}


def obey(line: str, cell: str | None, desk: Desk) -> Any:
    """Do what *line* says, with the text of the *cell* below it if there is one; returns the cell's result."""
    words = [word for word in split(line) if word != "--debug"]
    command, rest = (words[0], words[1:]) if words else ("help", [])
    if command == "help":
        print(HELP, end="")
        return None
    if cell is not None:
        if command != "put":
            raise Misconfigured(
                f"%%dcache has no command {command!r}.", hint="%%dcache put PATH stores the cell's text."
            )
        return moving.put_text(Words(command), rest, desk, cell)
    if command not in COMMANDS:
        known = ", ".join([*COMMANDS, "help"])
        raise Misconfigured(f"%dcache has no command {command!r}.", hint=f"There are {known}.")
    return COMMANDS[command](Words(command), rest, desk)
