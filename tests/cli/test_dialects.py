"""The main job through the command line on XRootD too, with a real token: list, get and put folders, again, remove."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.cli.settings import desk_for

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.rig.doors import Door


def test_folders_go_both_ways_on_xrootd(xrootd: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right bytes with their checksums; a second run moves nothing."""
    desk = desk_for(xrootd, tmp_path, monkeypatch)
    content = {f"run {n} #%é.h5": os.urandom(1000 * n) for n in range(20)}
    for name, data in content.items():
        desk.raw_put(f"/lst/DL1/sub/{name}", data)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ctadata_jlab.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert run("ls", "lst/DL1/sub").stdout.splitlines() == sorted(content)
    assert run("get", "-r", "lst/DL1").stderr.count("adler32 checked") == 20
    assert {name: (desk.cwd / "DL1/sub" / name).read_bytes() for name in content} == content
    assert run("get", "-r", "lst/DL1").stderr.count("skipped: ") == 20
    assert run("put", "-r", "DL1", "copy").stderr.count("done: ") == 20
    assert {name: desk.raw_get(f"/copy/sub/{name}") for name in content} == content
    assert run("put", "-r", "DL1", "copy").stderr.count("skipped: ") == 20
    run("rm", "-r", "--yes", "copy")
    assert run("ls", "/").stdout == "lst\n"
    failed = subprocess.run([sys.executable, "-m", "ctadata_jlab.cli", "ls", "nope"], capture_output=True, check=False)
    assert failed.returncode == 4


def test_a_poor_terminal_does_not_stop_a_listing(
    wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that stdout's encoding lacks is written with escapes."""
    desk = desk_for(wsgidav, tmp_path, monkeypatch)
    desk.raw_put("/5 €", b"")
    command = [sys.executable, "-m", "ctadata_jlab.cli", "ls"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment)
    assert done.stdout == b"5 \\u20ac\n"
