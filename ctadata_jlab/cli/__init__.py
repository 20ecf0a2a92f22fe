"""The command line: one program, a file for each group of commands, loaded when one of them is called."""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper

import click

from ctadata_jlab import __version__
from ctadata_jlab.cli.program import Choice, Program

__all__ = ["main"]


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-d", "--dev", is_flag=True, help="Use the dev instance (the twin) of the source.")
@click.option("--source", metavar="NAME", help="Use this source; `sources` lists them. Default: the first one.")
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context, source: str | None, *, dev: bool) -> None:
    """Remote scientific storage from the shell: list, get and put, never losing a byte.

    \b
    Examples:
      ls lst/DL1                         what is in a folder
      get -r lst/DL1/20241114            download it to ./20241114
      put notes.txt your-folder/         upload as your-folder/notes.txt
      -d ls /                            the same on the dev instance

    Doing a transfer again goes on where it stopped: what is right is left alone, and no file is replaced unasked.

    \b
    Exit codes:
      0  all done                        6  storage not reachable, or busy
      1  some files, or all else failed  7  exists already, or has changed
      2  wrong usage, path or setting    8  disk or quota full
      3  not logged in                   9  bytes or answers are not right
      4  not found                     130  stopped by Ctrl-C
      5  forbidden                     141  nobody reads the output any more
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a name that the terminal's encoding lacks is no reason to stop
    context.color = (
        True  # names are written as they are, also into a pipe: click would take out what looks like a colour
    )
    gc.set_threshold(50_000)  # most commands end before there is anything to collect
    context.call_on_close(gc.freeze)  # and Python need not look through everything again when it ends
    context.obj = Choice(source, dev=dev)
    context.call_on_close(context.obj.close)
