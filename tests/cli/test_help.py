"""`--help`: there at once, complete, and true to the commands."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from ctadata_jlab.cli import main
from ctadata_jlab.cli.table import TABLE

if TYPE_CHECKING:
    from tests.cli.settings import Desk

HEAVY = {"httpx", "pycurl", "tornado", "IPython", "jupyter_server", "jupyter_core", "stamina", "filelock", "ssl"}


def loaded(code: str) -> set[str]:
    """Return which modules *code* loads, in an interpreter of its own."""
    code = f"import sys\n{code}\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


def test_help_loads_no_command_and_nothing_heavy() -> None:
    """What the whole program's help tells is in a table."""
    modules = loaded("from ctadata_jlab.cli import main\nmain(['--help'], standalone_mode=False)")
    assert not modules & HEAVY
    ours = {module for module in modules if module.startswith("ctadata_jlab.")}
    assert ours <= {f"ctadata_jlab.{name}" for name in ("_version", "cli", "cli.program", "cli.table", "errors")}


def test_a_commands_help_loads_nothing_heavy() -> None:
    """Of no command."""
    code = (
        "from ctadata_jlab.cli import main\nfrom ctadata_jlab.cli.table import TABLE\n"
        "for name in TABLE: main([name, '--help'], standalone_mode=False)"
    )
    assert not loaded(code) & HEAVY


@pytest.mark.parametrize("name", TABLE)
def test_each_command_of_the_table_is_there(name: str) -> None:
    """It is a command, says what it is for, and documents its options."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_an_unknown_command_is_told_with_those_that_are_like_it() -> None:
    """2."""
    done = subprocess.run(
        [sys.executable, "-m", "ctadata_jlab.cli", "lst"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "lst" in done.stderr


def test_a_listing_loads_no_second_http_library_and_no_transfers(desk: Desk) -> None:
    """`ls` costs a listing: libcurl, and what reads the answer."""
    desk.raw_put("/lst/a", b"1")
    modules = loaded("from ctadata_jlab.cli import main\nmain(['ls', 'lst'], standalone_mode=False)")
    assert "pycurl" in modules
    assert not modules & (HEAVY - {"pycurl"})
    assert not {module for module in modules if module.startswith(("ctadata_jlab.transfer", "ctadata_jlab.foreground"))}
