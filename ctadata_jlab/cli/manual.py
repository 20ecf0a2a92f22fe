"""`man`: the manual page, made of what `--help` says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ctadata_jlab.cli.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["manual", "page"]

_FILES = """\
.TP
.I ctadata.toml
The settings, looked for along Jupyter's own configuration path (system, environment, user), then at $CTADATA_CONFIG.
.TP
.I ~/.config/cta-data/
Tokens and logins, shared with the older clients.
.SH ENVIRONMENT
.TP
.B CTADATA_CONFIG
One more file of settings, the strongest.
.TP
.BR BEARER_TOKEN ", " BEARER_TOKEN_FILE
A token, or the file that holds it (WLCG Bearer Token Discovery).
.TP
.BR X509_CERT_DIR
The grid's certificate authorities.
"""


@click.command("man")
@click.pass_context
def manual(ctx: click.Context) -> None:
    """Write the manual page to stdout, for those whose `man` does not find it.

    \b
    Examples:
      man cta-data
      cta-data man | man -l -
    """  # noqa: D301
    root = ctx.find_root()
    click.echo(page(root.command, root.info_name or "ctadata-jlab"), nl=False)


def page(program: click.Command, name: str) -> str:
    """Return the page of *program*, called *name*, in the macros of man(7)."""
    return "\n".join(_lines(program, name)) + "\n"


def _lines(program: click.Command, name: str) -> Iterator[str]:
    context = click.Context(program, info_name=name, **program.context_settings)
    yield f'.TH {name.upper()} 1 "" "ctadata_jlab" "User Commands"'
    yield ".SH NAME"
    yield f"{name} \\- remote scientific storage from the shell"
    yield ".SH SYNOPSIS"
    yield f".B {name}\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGS\\fR]..."
    yield ".SH DESCRIPTION"
    yield from _text(program.help or "")
    yield ".SH OPTIONS"
    yield from _options(program, context)
    yield ".SH COMMANDS"
    for word in TABLE:
        if word != "list":
            yield from _command(program, context, word)
    yield ".SH FILES"
    yield _FILES.rstrip()


def _command(program: click.Command, context: click.Context, word: str) -> Iterator[str]:
    assert isinstance(program, click.Group)  # noqa: S101 - for the type checker: the program has commands
    command = program.get_command(context, word)
    if command is None or command.hidden:
        return
    below = click.Context(command, info_name=word, parent=context)
    usage = " ".join(command.collect_usage_pieces(below))
    yield f".SS {_plain(word)} {_plain(usage)}"
    yield from _text(command.help or "")
    yield from _options(command, below)
    if isinstance(command, click.Group):
        for name in command.list_commands(below):
            yield from _subcommand(command, below, word, name)


def _subcommand(group: click.Group, context: click.Context, word: str, name: str) -> Iterator[str]:
    command = group.get_command(context, name)
    if command is None:
        return
    below = click.Context(command, info_name=name, parent=context)
    yield f".SS {word} {name} {_plain(' '.join(command.collect_usage_pieces(below)))}"
    yield from _text(command.help or "")
    yield from _options(command, below)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            yield f".TP\n.B {_plain(record[0])}\n{_plain(record[1])}"


def _text(text: str) -> Iterator[str]:
    """Yield paragraphs; those that click leaves as they are (after a backspace) are examples and tables."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if paragraph.lstrip().startswith("\b"):
            body = [_plain(line) for line in paragraph.split("\n")[1:]]
            yield "\n".join([".PP", ".nf", *body, ".fi"])
        else:
            yield (".PP\n" if number else "") + _plain(" ".join(paragraph.split()))


def _plain(text: str) -> str:
    """Return *text* so that roff takes nothing in it for a command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("…", "...")
    return f"\\&{text}" if text.startswith((".", "\\(aq")) else text
