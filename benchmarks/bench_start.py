"""How long the shell's program takes to start: beside scripts that load no more than the libraries it stands on."""

from __future__ import annotations

import compileall
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.race import Contestant, Race

if TYPE_CHECKING:
    import pytest

    from benchmarks.report import Report
    from tests.rig.doors import Door

ROUNDS = 4
"""Times the usual number of rounds: a start is short, and the machine's moods are as long."""
HELP = """
import click

@click.command()
def main(): "Say what this is."

main()
"""
LISTING = """
import click, pycurl

@click.command()
@click.argument("url")
@click.argument("ca")
@click.argument("token", type=click.File())
def main(url, ca, token):
    handle, pieces = pycurl.Curl(), []
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.CAINFO, ca)
    handle.setopt(pycurl.CUSTOMREQUEST, "PROPFIND")
    handle.setopt(pycurl.HTTPHEADER, ["Depth: 1", "Authorization: Bearer " + token.read().strip()])
    handle.setopt(pycurl.WRITEFUNCTION, pieces.append)
    handle.perform()
    assert handle.getinfo(pycurl.RESPONSE_CODE) == 207
    click.echo(len(b"".join(pieces)))

main()
"""


def test_start(wsgidav: Door, tmp_path: Path, report: Report, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Race ``--help`` and ``ls`` of a local door; Python's compiled files are there, as pip leaves them."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    compileall.compile_dir(Path(__file__).parents[1] / "ctadata_jlab", quiet=2)
    folder = wsgidav.fresh()
    for number in range(10):
        wsgidav.raw_put(f"{folder}/run{number}.h5", b"1")
    token = tmp_path / "token"
    token.write_text(wsgidav.token() if wsgidav.token else "")
    token.chmod(0o600)
    settings = tmp_path / "ctadata.toml"
    settings.write_text(
        f'only = []\n[sources.door]\nurl = "{wsgidav.url}"\nca = "{wsgidav.ca}"\n'
        f'login = {{ kind = "file", file = "{token}" }}\n'
    )
    help_, listing = tmp_path / "help.py", tmp_path / "listing.py"
    help_.write_text(HELP)
    listing.write_text(LISTING)
    program = Path(sys.executable).with_name("ctadata-jlab")
    environment = {"CTADATA_CONFIG": str(settings), "HOME": str(tmp_path)}
    asked = [f"{wsgidav.url}{folder}/", str(wsgidav.ca), token]
    races = [
        Race(
            "Starting: --help",
            1,
            "starts",
            [
                Contestant("ours, --help", [program, "--help"], environment),
                Contestant("limit: a script that imports only click", [sys.executable, help_, "--help"]),
            ],
        ),
        Race(
            "Starting: ls of a local door",
            1,
            "listings",
            [
                Contestant("ours, ls", [program, "ls", folder], environment),
                Contestant("limit: click and pycurl, one question", [sys.executable, listing, *asked]),
            ],
        ),
    ]
    for race in races:
        race.go(tmp_path, runs * ROUNDS, lambda: None, lambda: None)
        report.add(race)
    wsgidav.raw_remove(folder)
