"""The secret hunt finds what it is to find."""

from __future__ import annotations

import base64
import json
import pickle
import secrets
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests import hunt
from tests.hunt import Hunter
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRETS = (jwt(sub="s") + "x" * 40, secrets.token_urlsafe(32), secrets.token_urlsafe(30) + "+/=")


def hunter(*known: str) -> Hunter:
    made = Hunter()
    made.secrets = set(known)
    return made


@pytest.mark.parametrize("secret", SECRETS, ids=["token", "code", "odd"])
@pytest.mark.parametrize(
    "write",
    [
        lambda file, secret: file.write_text(f"12:00 GET /x Authorization: Bearer {secret}\n"),
        lambda file, secret: file.write_text(f"https://host/path/{quote(secret, safe='')}/more"),
        lambda file, secret: file.write_text(f"https://host/?authz={secret}&x=1"),
        lambda file, secret: file.write_text(json.dumps({"out": f"got {secret}."})),
        lambda file, secret: file.write_bytes(pickle.dumps({"token": secret, "n": b"\xff"})),
        lambda file, secret: file.write_text("Basic " + base64.b64encode(secret.encode()).decode()),
    ],
    ids=["log", "path", "query", "json", "pickle", "base64"],
)
def test_in_a_file(tmp_path: Path, write: Callable[[Path, str], object], secret: str) -> None:
    """Wherever and however it is written, it is found, and not repeated."""
    write(tmp_path / "some.log", secret)
    one = hunter(secret)
    one.search(tmp_path)
    assert one.found == [f"in {tmp_path / 'some.log'}"]


def test_in_a_database(tmp_path: Path) -> None:
    """Binary files, too."""
    with sqlite3.connect(tmp_path / "jobs.sqlite") as database:
        database.execute("create table job (note text)")
        database.execute("insert into job values (?)", (f'"{SECRETS[1]}"',))
    one = hunter(SECRETS[1])
    one.search(tmp_path)
    assert len(one.found) == 1


@pytest.mark.parametrize(
    "name", ["token", "token-dev", ".token-sky.ab12cd34", "refresh-dcache", "secret-dev", "minted"]
)
def test_its_own_files(tmp_path: Path, name: str) -> None:
    """There it may be, if nobody else can read it."""
    file = tmp_path / name
    file.write_text(SECRETS[0] + "\n")
    file.chmod(0o600)
    one = hunter(SECRETS[0])
    one.search(tmp_path)
    assert one.found == []
    file.chmod(0o640)
    one.search(tmp_path)
    assert one.found == [f"open to others: {file}"]


def test_what_was_said_and_called() -> None:
    """Output, log and failures of tests, and the command lines of processes, however short they lived."""
    one = hunter(*SECRETS)
    one.start()
    one.hear("test_x (call)", f"printed {SECRETS[0]}")
    one.hear("test_y (call)", "printed nothing of interest at all")
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", f"--secret={SECRETS[1]}"])
    end = time.monotonic() + 20
    while not any(SECRETS[1] in line for line in one._lines) and time.monotonic() < end:
        time.sleep(0.1)
    process.kill()
    process.wait()
    one.finish()
    assert one.found == ["said by test_x (call)", "on a command line"]


def test_nothing_else_is_found(tmp_path: Path) -> None:
    """Beginnings, other tokens and hashes are no findings; what the run really minted is known."""
    (tmp_path / "log").write_text(SECRETS[1][:20] + " " + jwt(sub="other") + " " + "0" * 64)
    one = hunter(*SECRETS)
    one.search(tmp_path)
    assert one.found == []
    (tmp_path / hunt.MINTED).write_text("\n".join(SECRETS) + "\nshort\n")
    known = Hunter()
    known.learn(tmp_path)
    assert known.secrets == set(SECRETS)
