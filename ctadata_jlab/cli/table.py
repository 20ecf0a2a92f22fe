"""Which commands there are, where each is, and what it is for in a few words: `--help` loads none of them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["HIDDEN", "TABLE", "Row"]


class Row(NamedTuple):
    """One command: its section of the help, its file in `cli/`, the name of its function there, and its short help."""

    section: str
    module: str
    function: str
    help: str


_LOOK, _MOVE, _CHANGE, _LOGIN, _MORE, _OLD = "Look", "Move", "Change", "Log in", "More", "Of the old client"

HIDDEN = ""
"""The section of what only this program itself calls."""

TABLE: dict[str, Row] = {
    "list": Row(_LOOK, "listing", "list_", "List a folder; the same as ls."),
    "ls": Row(_LOOK, "listing", "list_", "List a folder."),
    "stat": Row(_LOOK, "listing", "stat", "Tell what is known of a file or folder."),
    "tree": Row(_LOOK, "trees", "tree", "Draw a folder and what is below it."),
    "du": Row(_LOOK, "trees", "du", "Add up the sizes of folders."),
    "find": Row(_LOOK, "finding", "find", "Find by name, kind, size or time."),
    "cat": Row(_LOOK, "reading", "cat", "Write files to stdout."),
    "head": Row(_LOOK, "reading", "head", "Write the beginning of a file to stdout."),
    "checksum": Row(_LOOK, "sums", "checksum", "Write, or check, the manifest of a tree."),
    "get": Row(_MOVE, "moving", "get", "Download files and folders."),
    "put": Row(_MOVE, "moving", "put", "Upload files and folders."),
    "sync": Row(_MOVE, "moving", "sync", "Make one folder like another."),
    "cp": Row(_MOVE, "moving", "copy", "Copy within the storage, or between sources."),
    "jobs": Row(_MOVE, "queue", "jobs", "Look at the panel's queue of transfers, or work it off."),
    "mkdir": Row(_CHANGE, "changing", "mkdir", "Make folders, with those above them."),
    "mv": Row(_CHANGE, "changing", "mv", "Rename or move; nothing is replaced."),
    "rm": Row(_CHANGE, "changing", "rm", "Remove for good."),
    "login": Row(_LOGIN, "device", "log_in", "Log in by a code that is confirmed in a browser."),
    "logout": Row(_LOGIN, "device", "log_out", "Log out, and remove the login from this machine."),
    "token": Row(_LOGIN, "login", "token", "Tell where tokens come from."),
    "print-token": Row(_LOGIN, "login", "print_token", "Print the access token for other tools."),
    "sources": Row(_MORE, "places", "sources", "List the sources, and who is logged in."),
    "data": Row(_MORE, "places", "data", "Name your data that uninstalling keeps."),
    "demo": Row(_MORE, "places", "demo", "Start two doors with sample data and a JupyterLab on them."),
    "doctor": Row(_MORE, "doctor", "doctor", "Tell what the door can do, and what is wrong."),
    "man": Row(_MORE, "manual", "manual", "Write the manual page."),
    "completion": Row(_MORE, "completion", "completion", "Complete commands and remote paths with Tab."),
    "start-agent": Row(_OLD, "agent", "start_agent", "Keep the token file fresh in the background."),
    "stop-agent": Row(_OLD, "agent", "stop_agent", "End what start-agent started."),
    "reset-config": Row(_OLD, "agent", "reset_config", "Log out, and forget everything about the login."),
    "agent": Row(HIDDEN, "agent", "be_agent", "Be what start-agent starts."),
}
