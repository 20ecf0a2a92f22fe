"""What was wrong with the old client beyond single functions, each as a rule; the functions' own are beside them."""

from __future__ import annotations

import logging
import subprocess
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import compat as ctadata
from ctadata_jlab import foreground
from ctadata_jlab.errors import AlreadyExists, Forbidden, NotFound, NotLoggedIn
from tests.remote.conftest import desk_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.settings import Desk


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine with a dCache."""
    return desk_of(request, "double", tmp_path, monkeypatch)


def test_no_program_is_needed_and_none_is_started(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither davix nor oidc-agent nor jq nor a shell: nothing of a token is in a list of processes."""

    def refuse(*command: object, **_: object) -> None:
        raise AssertionError(command)

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr("os.system", refuse)
    monkeypatch.setenv("PATH", "")
    desk.raw_put("/lst/a", b"12345")
    (desk.cwd / "b").write_bytes(b"1")
    assert ctadata.list_dir("lst") == ["a"]
    assert ctadata.fetch_and_save_file("lst/a") == 5
    assert ctadata.upload_file("b", "lst/b")["total_written"] == 1


def test_no_token_is_logged_or_told_also_when_things_go_wrong(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The old client logged the whole command with it at each failure."""
    caplog.set_level(logging.DEBUG)
    assert desk.door.token is not None
    token = desk.door.token()
    with pytest.raises(NotFound) as missing:
        ctadata.fetch_and_save_file("lst/none")
    double = desk.door.double  # type: ignore[attr-defined]
    double.tokens.clear()
    double.tokens["another"] = {"storage.read"}
    with pytest.raises(NotLoggedIn) as refused:
        ctadata.list_dir("/")
    said = (
        caplog.text + "".join(capfd.readouterr()) + repr(missing.value) + str(refused.value) + repr(ctadata.APIClient())
    )
    assert token not in said


def test_certificates_are_checked(desk: Desk) -> None:
    """The old client gave its token to whoever answered (`-k`)."""
    desk.config.write_text(
        "\n".join(line for line in desk.config.read_text().splitlines() if not line.startswith("ca ="))
    )
    with pytest.raises(ctadata.EnvironmentError, match="certificate"):
        ctadata.list_dir("/")


def test_what_went_wrong_can_be_told_apart(desk: Desk) -> None:
    """By class: no token, no right, no file, a file that is there; the old client had one error with davix's words."""
    desk.raw_put("/a", b"1")
    (desk.cwd / "a").write_bytes(b"22")
    double = desk.door.double  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        ctadata.list_dir("none")
    with pytest.raises(AlreadyExists):
        ctadata.upload_file("a", "a", conflict="ask")
    assert desk.door.token is not None
    double.tokens[desk.door.token()] = {"storage.read"}
    with pytest.raises(Forbidden):
        ctadata.upload_file("a", "b")
    double.tokens.clear()
    double.tokens["another"] = {"storage.read"}
    with pytest.raises(NotLoggedIn):
        ctadata.list_dir("/")


def test_nothing_is_printed(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    """The old client wrote 'entry …' for each file, and the paths of its programs."""
    for n in range(3):
        desk.raw_put(f"/d/{n}", b"1")
    ctadata.fetch_and_save_file_or_dir("d", recursive=True)
    ctadata.list_dir("d", recursive=True)
    assert capfd.readouterr() == ("", "")


def test_one_connection_serves_many_calls(desk: Desk) -> None:
    """No process and no login for each file: the calls of a script share what they need."""
    first = foreground.shared_session()
    desk.raw_put("/a", b"1")
    for _ in range(3):
        ctadata.fetch_and_save_file("a")
    assert foreground.shared_session() is first
