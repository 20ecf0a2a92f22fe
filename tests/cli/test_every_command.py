"""Every command, as a process of its own without a terminal: what it writes where, how it ends, also when nobody reads any more."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.cli.table import HIDDEN, TABLE

if TYPE_CHECKING:
    from tests.cli.settings import Desk

PROGRAM = [sys.executable, "-m", "ctadata_jlab.cli"]
CONTENT = b"12345\n"
ALL_OF_IT = 120


@dataclass(frozen=True)
class Case:
    """One call: *out* stands in stdout and *err* in stderr; empty: nothing is written there."""

    words: str
    out: str = ""
    err: str = ""
    code: int = 0


CASES = (
    Case("list lst", "run.h5"),
    Case("ls lst", "run.h5"),
    Case("ls missing", "", "error: ", 4),
    Case("stat lst/run.h5", "/lst/run.h5"),
    Case("stat missing", "", "error: ", 4),
    Case("tree lst", "run.h5"),
    Case("du lst", "lst"),
    Case("find lst", "/lst/run.h5"),
    Case("cat lst/run.h5", "12345"),
    Case("cat missing", "", "error: ", 4),
    Case("head -n 1 lst/run.h5", "12345"),
    Case("checksum -a md5 lst/run.h5", "MD5 (run.h5) = "),
    Case("checksum --check missing.sums lst", "", "missing.sums", 2),
    Case("get lst/run.h5", "", "1 file"),
    Case("get missing", "", "error: ", 4),
    Case("put here new/here", "", "1 file"),
    Case("put missing new/missing", "", "There is no missing here.", 2),
    Case("sync :lst there", "", "1 file"),
    Case("cp lst/run.h5 new/copied", "", "1 file"),
    Case("jobs list"),
    Case("jobs wait nonesuch", "", "error: ", 4),
    Case("mkdir made"),
    Case("mv lst/run.h5 moved"),
    Case("mv missing moved", "", "error: ", 4),
    Case("rm -y lst/run.h5"),
    Case("rm -y missing", "", "error: ", 4),
    Case("login", "", "error: ", 1),
    Case("logout", "", "error: ", 1),
    Case("token explain", "file"),
    Case("print-token", "\n"),
    Case("sources", "dcache-dev"),
    Case("data", "/"),
    Case("demo --nonsense", "", "No such option", 2),
    Case("doctor", "This machine"),
    Case("man", ".TH"),
    Case("completion bash", "complete"),
    Case("start-agent --nonsense", "", "No such option", 2),
    Case("stop-agent", "No agent was running."),
    Case("reset-config --nonsense", "", "No such option", 2),
)


@pytest.fixture
def stocked(desk: Desk) -> Desk:
    """Return a machine whose door has one file, and which has another."""
    desk.raw_put("/lst/run.h5", CONTENT)
    (desk.cwd / "here").write_bytes(b"mine")
    return desk


def test_none_is_left_out() -> None:
    """Who adds a command adds how it is called."""
    called = {case.words.split()[0] for case in CASES}
    assert called == {name for name, row in TABLE.items() if row.section != HIDDEN}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_it_tells_and_ends_as_it_should(stocked: Desk, case: Case) -> None:
    """Results on stdout, everything else on stderr, no control character in either, no traceback ever."""
    done = subprocess.run(
        [*PROGRAM, *case.words.split()], capture_output=True, text=True, check=False, timeout=ALL_OF_IT
    )
    assert done.returncode == case.code, done.stderr
    assert case.out in done.stdout
    assert case.err in done.stderr
    assert bool(done.stdout) == bool(case.out)
    assert bool(done.stderr) == bool(case.err)
    assert not {char for char in done.stdout + done.stderr if not char.isprintable()} - {"\n", "\t"}
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("case", [case for case in CASES if case.out], ids=lambda case: case.words)
def test_nobody_reads_it(stocked: Desk, case: Case) -> None:
    """As before ``| true``: it ends as the shell says of a program that a closed pipe ended, and does not complain."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [*PROGRAM, *case.words.split()],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=ALL_OF_IT,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (141, "")
