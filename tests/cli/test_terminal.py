"""What a person sees on a terminal of 80 or 200 columns, and what a program gets where there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.cli.settings import REPOSITORY
from tests.cli.terminal import on_a_terminal
from tests.door.traps import Traps
from tests.faults.siege import source_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.settings import Desk
    from tests.door.double import Double

PROGRAM = [sys.executable, "-m", "ctadata_jlab.cli"]


@pytest.fixture
def slow(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Double:
    """Return a storage, known to the program, that takes a second for a file of 12 MiB."""
    config = tmp_path / "ctadata.toml"
    config.write_text(source_of(double, tmp_path))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CTADATA_CONFIG", str(config))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    double.reset(replace(Traps.usual(), rate=12 << 20))
    return double


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_progress_is_the_whole_and_the_files_that_move_and_goes_away(slow: Double, columns: int) -> None:
    """No line is broken; at the end only the sum is left."""
    for name in "abc":
        slow.raw_put(f"/lst/{name * 60}.h5", os.urandom(1 << 20) * 12)
    seen = on_a_terminal([*PROGRAM, "get", "-r", "lst"], columns)
    assert seen.code == 0
    assert any("of 3 files" in line for line in seen.ever)
    assert any("aaa" in line and "%" in line for line in seen.ever)
    bars = [line for line in seen.ever if line.startswith("[")]
    assert all(len(line) < columns and "%" in line for line in bars)
    assert "".join(seen.screen).startswith("3 files (37.7 MB) downloaded: ")


def test_errors_stay_above_the_progress(desk: Desk) -> None:
    """By name, once with a hint; the sum is below."""
    desk.raw_put("/lst/a", b"1")
    desk.raw_put("/lst/big", b"x" * (12 << 20))
    (desk.cwd / "lst").mkdir()
    (desk.cwd / "lst/a").write_bytes(b"mine, longer")
    seen = on_a_terminal([*PROGRAM, "get", "-r", "lst"], 80)
    assert seen.code == 1
    text = " ".join(seen.screen)
    assert text.index("error: /lst/a") < text.index("1 file (12.6 MB) downloaded") < text.index("1 failed")
    assert "[#" not in text


@pytest.mark.parametrize(
    "words", [["ls", "-l", "lst"], ["tree", "lst"], ["find", "lst"], ["du", "lst"], ["stat", "lst/x"]]
)
@pytest.mark.parametrize("columns", [80, 200])
def test_a_terminal_does_not_obey_a_name(desk: Desk, words: list[str], columns: int) -> None:
    """Control characters are shown as what they are not; in a pipe names are what they are."""
    name = "\x1b]0;title\x07\x1b[2Jred"
    desk.raw_put(f"/lst/{name}", b"1")
    desk.raw_put("/lst/x", b"1")
    seen = on_a_terminal([*PROGRAM, *words], columns, stdout=True)
    assert seen.code == 0
    assert "\x1b" not in "".join(seen.screen)
    if words[0] in {"ls", "find", "tree"}:
        assert any("\N{REPLACEMENT CHARACTER}[2Jred" in line for line in seen.screen)
        piped = subprocess.run([*PROGRAM, *words], capture_output=True, text=True, check=True, timeout=60)
        assert name in piped.stdout


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("words", [["--help"], ["get", "--help"], ["find", "--help"], ["doctor", "--help"]])
def test_help_fits(columns: int, words: list[str]) -> None:
    """Within the terminal, and no wider than what is read easily."""
    seen = on_a_terminal([*PROGRAM, *words], columns, stdout=True, lines=200)
    assert seen.code == 0
    assert max(map(len, seen.screen)) <= min(columns, 100)
    assert any("Examples:" in line for line in seen.screen)


def schema(name: str) -> dict[str, object]:
    """Return the schema that the documentation gives to programs."""
    found: dict[str, object] = json.loads((REPOSITORY / f"docs/reference/{name}.schema.json").read_text())
    return found


def test_entries_for_scripts(desk: Desk) -> None:
    """Each command that tells of files writes the same object."""
    desk.raw_put("/lst/sub/a.h5", b"12345")

    def said(*words: str) -> str:
        return subprocess.run([*PROGRAM, *words, "--json"], capture_output=True, text=True, check=True).stdout

    found = [*json.loads(said("ls", "-R", "lst")), json.loads(said("stat", "lst/sub/a.h5")), json.loads(said("tree"))]
    found += [json.loads(line) for line in said("find").splitlines()]
    assert len(found) == 2 + 1 + 1 + 3
    for entry in found:
        jsonschema.validate(entry, schema("entry"))


def events(*words: str | Path, code: int = 0) -> list[dict[str, object]]:
    """Run a transfer with ``--json``; return its events, each of which fits the schema."""
    done = subprocess.run([*PROGRAM, *words, "--json"], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (code, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for event in found:
        jsonschema.validate(event, schema("events"))
    return found


def test_events_for_scripts(desk: Desk) -> None:
    """A line a file and a few in between, the sum at the end, nothing on stderr."""
    for name in "ab":
        desk.raw_put(f"/lst/{name}", b"12345")
    found = events("get", "-r", "lst")
    assert {event["event"] for event in found} == {"file", "progress", "end"}
    assert sorted(str(event["path"]) for event in found if event["event"] == "file") == ["/lst/a", "/lst/b"]
    assert found[-1] == {
        "event": "end",
        "target": str(desk.cwd / "lst"),
        "files": 2,
        "bytes": 10,
        "failed": 0,
        "not_tried": 0,
        "exit_code": 0,
    }


def test_events_tell_what_failed(desk: Desk) -> None:
    """With the error's name and hint; the exit code is in the last event, too."""
    desk.raw_put("/lst/a", b"theirs")
    desk.raw_put("/lst/b", b"1")
    (desk.cwd / "lst").mkdir()
    (desk.cwd / "lst/a").write_bytes(b"mine, longer")
    found = events("get", "-r", "lst", code=1)
    [failed] = [event for event in found if event.get("error")]
    assert failed["path"] == "/lst/a"
    assert failed["error"]["error"] == "AlreadyExists"  # type: ignore[index]
    assert found[-1]["exit_code"] == 1
