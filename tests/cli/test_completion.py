"""Tab completes commands, options and remote paths, in the shells themselves."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from ctadata_jlab.cli import main
from ctadata_jlab.cli.completion import answers

if TYPE_CHECKING:
    from tests.cli.settings import Desk


@pytest.fixture
def lst(desk: Desk) -> Desk:
    for path in ("/lst/run1.h5", "/lst/two words.h5", "/lst/sub/x", "/lst/a:b.txt", "/lst/.hidden", "/../dev/only-dev"):
        desk.raw_put(path, b"1")
    return desk


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("p job", ["jobs"]),
        ("p ls l", ["lst/"]),
        ("p ls lst/", ["lst/a:b.txt", "lst/run1.h5", "lst/sub/", "lst/two words.h5"]),
        ("p ls /lst/r", ["/lst/run1.h5"]),
        ("p ls lst/.", ["lst/.hidden"]),
        ("p ls 'lst/two w", ["lst/two words.h5"]),
        (r"p ls lst/two\ w", ["lst/two words.h5"]),
        ("p tree lst/", ["lst/sub/"]),
        ("p -d ls o", ["only-dev"]),
        ("p --source dcache-dev ls o", ["only-dev"]),
        ("p get lst/run1.h5 lst/r", ["lst/run1.h5"]),
        ("p ls --js", ["--json"]),
        ("p get --conflict re", ["replace", "rename"]),
        ("p ls nowhere/", []),
        ("p --source nope ls ", []),
    ],
)
def test_what_is_offered(lst: Desk, line: str, values: list[str]) -> None:
    """What fits the word before the cursor, of the source that the line names; hidden names only when asked for."""
    assert [answer.split("\t")[1] for answer in answers(main, line)] == values


def test_local_files_are_left_to_the_shell(lst: Desk) -> None:
    """It knows them best."""
    assert [answer.split("\t")[0] for answer in answers(main, "p put ")] == ["file"]


def test_words_that_bash_splits(lst: Desk) -> None:
    """It replaces only what is behind the last colon."""
    assert [answer.split("\t")[1] for answer in answers(main, "p ls lst/a:", " :=")] == ["b.txt"]


def test_without_a_login_nothing_is_offered(lst: Desk) -> None:
    """Completion never complains."""
    lst.token_file.unlink()
    assert list(answers(main, "p ls l")) == []


SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(ctadata-jlab completion bash)"'),
    "zsh": (["-f", "-i"], 'autoload -U compinit; compinit -u -D; eval "$(ctadata-jlab completion zsh)"'),
    "fish": (["--no-config", "--interactive"], "ctadata-jlab completion fish | source"),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_in_a_real_shell(lst: Desk, shell: str, tmp_path: Path) -> None:
    """A folder is completed without a space behind it, so that one can go on; a name with a space is quoted and arrives whole."""
    program = shutil.which(shell)
    if program is None:
        if os.environ.get("RIG_REQUIRED"):
            pytest.fail(f"{shell} is not installed: scripts/debian-packages")
        pytest.skip(f"{shell} is not installed")
    options, source = SHELLS[shell]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PS1": "READY> ", "TERM": "dumb", "ZDOTDIR": str(tmp_path)}
    talk = pexpect.spawn(program, options, env=environment, encoding="utf-8", timeout=60, dimensions=(40, 200))
    try:
        talk.sendline(source)
        talk.sendline("echo loa''ded")
        talk.expect("loaded")
        talk.send("ctadata-jlab stat ls\t")
        talk.expect(r"lst/")
        talk.send("two\t")
        talk.expect(r"words\.h5")
        talk.send("\n")
        talk.expect(r"path:\s+/lst/two words\.h5")
        talk.send("ctadata-jlab job\t")
        talk.expect("jobs ")
    finally:
        talk.close(force=True)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", ["cta-data", "ctadata-jlab"])
def test_the_script_is_for_the_program_that_printed_it(shell: str, name: str) -> None:
    """Each of the program's names completes itself."""
    from click.testing import CliRunner

    result = CliRunner().invoke(main, ["completion", shell], prog_name=name)
    assert result.exit_code == 0
    assert name in result.stdout
    assert not re.search(r"[{}]{2}", result.stdout)
