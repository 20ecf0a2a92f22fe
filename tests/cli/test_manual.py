"""The manual page: complete, as the program is now, and without a complaint of what reads it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ctadata_jlab.cli import main
from ctadata_jlab.cli.manual import page
from ctadata_jlab.cli.table import TABLE
from tests.cli.settings import REPOSITORY

PAGE = REPOSITORY / "docs/man/ctadata-jlab.1"


def test_the_page_that_is_installed_is_of_this_program() -> None:
    """`scripts/make-man` writes it anew."""
    assert PAGE.read_text() == page(main, "ctadata-jlab")


def test_every_command_is_in_it() -> None:
    """With its options; `list` is the same as `ls`."""
    text = PAGE.read_text()
    assert not [word for word in TABLE if word != "list" and f"\n.SS {word.replace('-', chr(92) + '-')} " not in text]
    assert "\\-\\-files\\-from" in text
    assert "\n.SS jobs wait " in text


def test_what_reads_it_does_not_complain() -> None:
    """Groff warns of nothing, and shows names, quotes and backslashes as they are."""
    if shutil.which("groff") is None and not os.environ.get("RIG_REQUIRED"):
        pytest.skip("groff is not installed")
    command = ["groff", "-man", "-Tutf8", "-ww", str(PAGE)]
    read = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert read.stderr == ""
    assert "get 'lst/DL1/*/dl1_*.h5' /scratch/me/" in read.stdout
    assert "exit codes" in read.stdout.lower()
