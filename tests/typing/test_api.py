"""The Python API is typed for both checkers: the examples pass, and a mistake in them does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).with_name("api.py")
REPOSITORY = Path(__file__).parents[2]
MISTAKES = [
    'dcache.get("/a", conflict="whatever")',
    'dcache.open("/a", "rw")',
    'dcache.sync("/a", "b")',
    "dcache.read(5)",
    "dcache.nothing()",
]


def mistaken(folder: Path) -> Path:
    """Return a file in which every mistake stands alone on a line."""
    file = folder / "mistaken.py"
    file.write_text("import ctadata_jlab\ndcache = ctadata_jlab.source()\n" + "\n".join(MISTAKES) + "\n")
    return file


def pyright(file: Path) -> set[int]:
    """Return the lines in which pyright finds an error."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(file)]
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=500, env=environment
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"}


def mypy(file: Path) -> set[int]:
    """Return the lines in which mypy finds an error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent", str(file)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=500)
    return {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}


@pytest.mark.slow
@pytest.mark.parametrize("check", [mypy, pyright])
def test_the_examples_are_typed(check: object, tmp_path: Path) -> None:
    """No error in the examples; one in each line of the mistakes."""
    if check is pyright and shutil.which("node") is None:
        pytest.skip("pyright needs node")
    assert callable(check)
    assert check(EXAMPLES) == set()
    assert check(mistaken(tmp_path)) == set(range(3, 3 + len(MISTAKES)))
