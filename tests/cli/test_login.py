"""Tokens, sources, data and the queue, as the command line shows them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.session import Session
from ctadata_jlab.transfer.job import JobRequest, Place
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from tests.cli.settings import Desk


@pytest.mark.parametrize("extra", ["", "x", "xx", "xxx", "ÿ~?>"])
def test_print_token_prints_the_token_alone(desk: Desk, run: Callable[..., Result], extra: str) -> None:
    """Stdout is for other tools, stderr says how long; a JWT of any length is read (the old client refused a third)."""
    token = jwt(exp=time.time() + 3600, sub=extra)
    desk.token_file.write_text(token + "\n")
    result = run("print-token")
    assert result.stdout == token + "\n"
    assert result.stderr.startswith("valid till ")


def test_an_expired_token_is_not_printed(desk: Desk, run: Callable[..., Result]) -> None:
    """3; stdout stays empty, so that no tool uses the words as a token."""
    desk.token_file.write_text(jwt(exp=time.time() - 60) + "\n")
    result = run("print-token")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "expired" in result.stderr


def test_token_explain_names_the_places_but_no_token(desk: Desk, run: Callable[..., Result]) -> None:
    """Who looks for a wrong token needs to see where it comes from."""
    result = run("token", "explain")
    assert result.exit_code == 0
    assert str(desk.token_file) in result.stdout


def test_token_explain_says_who_may_what(desk: Desk, run: Callable[..., Result]) -> None:
    """Who, by whom, for whom, until when and what the scopes allow, in words."""
    claims = {
        "iss": "https://issuer.example/",
        "aud": "https://dcache",
        "scope": "openid storage.read:/ storage.modify:/lst",
    }
    desk.token_file.write_text(jwt(exp=time.time() + 3600, preferred_username="alice", **claims) + "\n")
    said = run("token", "explain").stdout
    for what in (
        "alice",
        "https://issuer.example/",
        "https://dcache",
        "may read everything, write below /lst",
        "Until:",
    ):
        assert what in said


def test_sources_are_listed_with_their_logins(desk: Desk, run: Callable[..., Result]) -> None:
    """Name, title, address."""
    first, second = run("sources").stdout.splitlines()
    assert first.split()[:2] == ["dcache", "dCache"]
    assert desk.door.url in second


def test_data_names_what_uninstalling_keeps(desk: Desk, run: Callable[..., Result]) -> None:
    """The folders of tokens, queue and demo, with sizes."""
    profile = Path.home() / ".config/cta-data"
    profile.mkdir(parents=True)
    (profile / "token").write_text("x" * 1500)
    said = run("data").stdout
    assert str(profile) in said
    assert "1.5 kB" in said
    assert str(config.state_folder()) in said
    assert "ctadata-jlab-demo" in said
    assert "rm -r" in said


def test_demo_passes_its_options_on(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exit code is the demo's."""
    seen = []

    def demo(*words: object, **more: object) -> int:
        seen.append((words, more))
        return 7

    monkeypatch.setattr("ctadata_jlab.demo.run.run", demo)
    assert run("demo", "--folder", "x", "--port", "9000", "--no-browser").exit_code == 7
    assert seen == [((Path("x"), 9000), {"open_browser": False})]


def test_the_queue_can_be_worked_off_without_a_server(desk: Desk, run: Callable[..., Result]) -> None:
    """A job that a server took is done by `jobs run`, in the workspace that was the server's."""
    desk.raw_put("/lst/a", b"1")
    workspace = desk.cwd / "workspace"
    workspace.mkdir()
    with Session(config.load().with_workspace(workspace)) as session:
        session.engine.start()
        session.engine._dispatcher._stopping = True  # the server is killed before it begins
        job = session.engine.submit(JobRequest("download", "dcache", ("/lst",), Place("local", "/"), "skip"))
        session.engine.stop()
    assert run("jobs", "run").exit_code == 2
    result = run("jobs", "run", "--workspace", str(workspace), "--until-idle")
    assert result.exit_code == 0, result.output
    assert (workspace / "lst/a").read_bytes() == b"1"
    [listed] = json.loads(run("jobs", "list", "--json").stdout)
    assert (listed["id"], listed["state"]) == (job.id, "done")
    assert job.id in run("jobs", "list").stdout
