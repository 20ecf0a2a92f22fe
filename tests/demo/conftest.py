"""A demo door over a small folder, and curl, which shares no code with it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.demo import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "token-of-the-tests"


@dataclass(frozen=True)
class Door:
    """A running door: where it is, what it serves, and a curl that has its token."""

    url: str
    root: Path
    token_file: Path

    def curl(self, *options: str, token: str | None = TOKEN) -> str:
        """Return what curl prints, the response's head included."""
        login = ["--header", f"Authorization: Bearer {token}"] if token else []
        command = ["curl", "--silent", "--include", "--path-as-is", *login, *options]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

    def code(self, *options: str, token: str | None = TOKEN) -> int:
        """Return the status that a request is answered with in the end."""
        answer = self.curl("--output", os.devnull, "--write-out", "%{http_code}", *options, token=token)
        return int(answer)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the dev door's files: everything but the large ones."""
    target = tmp_path_factory.mktemp("sample") / "dcache-dev"
    sample.make(target, dev=True)
    return target


@pytest.fixture
def door(tree: Path, tmp_path: Path) -> Iterator[Door]:
    """Open a door over the sample tree."""
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    options = ["--root", str(tree), "--token-file", str(token_file), "--refuse", sample.REFUSED, "--tethered"]
    command = [sys.executable, "-m", "ctadata_jlab.demo.door", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Door(process.stdout.readline().strip(), tree, token_file)
        finally:
            process.kill()
