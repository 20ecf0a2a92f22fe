"""`doctor`: what is not well is told in words; it changes nothing unasked, and a report tells nobody who the user is."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ctadata_jlab.cli import main
from ctadata_jlab.cli.diagnosis import network, place
from tests.cli.settings import desk_for
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.cli.settings import Desk
    from tests.door.double import Double

Found = dict[str, list[dict[str, Any]]]


@pytest.fixture
def dcache(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Found]:
    """Return what examines the double, whose settings may be changed; gives the findings by what they are about."""
    home = tmp_path / "home-of-somebody"
    home.mkdir()
    token = home / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN + "\n")
    settings = tmp_path / "doctor.toml"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CTADATA_CONFIG", str(settings))

    def examine(*words: str, **other: str) -> Found:
        known = {"kind": "dcache", "url": double.door.url, "ca": str(double.ca), **other}
        lines = "".join(f'{name} = "{value}"\n' for name, value in known.items())
        settings.write_text(f'only = []\n[sources.x]\n{lines}login = {{ kind = "file", file = "{token}" }}\n')
        result = CliRunner().invoke(main, ["doctor", "--json", *words])
        found: Found = {}
        for finding in json.loads(result.stdout):
            found.setdefault(finding["about"], []).append(finding)
        levels = {finding["level"] for findings in found.values() for finding in findings}
        assert result.exit_code == ("problem" in levels)
        assert TOKEN not in result.output
        return found

    return examine


def levels(found: Found, about: str) -> list[str]:
    return [finding["level"] for finding in found.get(about, [])]


def test_a_door_that_is_well(double: Double, dcache: Callable[..., Found]) -> None:
    """Everything is told; nothing is asked but what only looks."""
    double.raw_put("/lst/f", b"12345")
    found = dcache()
    for about in ("name", "connection", "certificates", "clock", "server", "login", "listing", "checksums", "bytes"):
        assert levels(found, about)[0] == "ok", found[about]
    assert "redirects to" in found["bytes"][0]["text"]
    assert "Not tried" in found["writing"][0]["text"]
    assert {asked.method for asked in double.asked} <= {"OPTIONS", "PROPFIND", "HEAD", "GET"}
    assert double.movers == {}


@pytest.mark.parametrize(
    ("traps", "about", "says"),
    [
        (Traps(http_pools=True), "bytes", "plain http"),
        (Traps(no_checksums=True), "checksums", "size only"),
        (Traps(silent_empty=True, unreadable={"/"}), "listing", "let you"),
    ],
)
def test_what_a_site_configures_otherwise(
    double: Double, dcache: Callable[..., Found], traps: Traps, about: str, says: str
) -> None:
    """In words, with what to do."""
    double.reset(traps)
    double.raw_put("/lst/f", b"12345")
    [*_, finding] = dcache()[about]
    assert finding["level"] in {"warning", "problem"}
    assert says in finding["text"] + finding["hint"]
    assert finding["hint"]


@pytest.mark.parametrize(
    ("settings", "about", "says"),
    [
        ({"url": "https://nowhere.invalid:2880"}, "name", "nowhere.invalid"),
        ({"url": "https://127.0.0.1:9"}, "connection", "does not answer"),
        ({"ca": "/etc/ssl/certs/none.pem"}, "certificates", "does not exist"),
        ({"ca": "/etc/ssl/certs"}, "certificates", "not trusted"),
    ],
)
def test_what_is_configured_wrongly(
    dcache: Callable[..., Found], settings: dict[str, str], about: str, says: str
) -> None:
    """The first thing that is not well is the last that is tried."""
    found = dcache(**settings)
    assert levels(found, about)[-1] == "problem"
    assert says in found[about][-1]["text"]
    assert "login" not in found


def test_a_refused_token_is_not_tried_further(double: Double, dcache: Callable[..., Found]) -> None:
    """The listing tells it; nothing is sent to the pools."""
    double.tokens = {"another": {"storage.read"}}
    found = dcache()
    assert levels(found, "listing") == ["problem"]
    assert "checksums" not in found


def test_clocks_that_differ(double: Double, dcache: Callable[..., Found], monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens would be refused, and nobody would know why."""
    late = timedelta(seconds=4000)
    monkeypatch.setattr(network, "parsedate_to_datetime", lambda text: parsedate_to_datetime(text) - late)
    [finding] = dcache()["clock"]
    assert finding["level"] == "problem"
    assert "ahead" in finding["text"]


def test_a_frontend_that_is_configured(double: Double, dcache: Callable[..., Found]) -> None:
    """It is asked, too."""
    double.raw_put("/f", b"1")
    found = dcache(frontend=double.frontend.url)
    assert levels(found, "frontend") == ["ok"]


@pytest.mark.parametrize("proxies", [False, True])
def test_writing_is_tried_where_the_user_said(double: Double, dcache: Callable[..., Found], proxies: bool) -> None:
    """Redirect, checksum, replacing and removing are told; nothing stays."""
    double.reset(Traps(proxies_writes=proxies))
    double.names.make_folder("/mine")
    found = dcache("--try-writing", "mine")
    assert levels(found, "writing")[0] == "ok"
    assert ("does not redirect" if proxies else "redirected to") in found["writing"][1]["text"]
    assert levels(found, "replacing") == ["ok", "ok"]
    assert levels(found, "removing") == ["ok"]
    assert double.raw_names("/mine") == []


def test_writing_where_one_may_not(double: Double, dcache: Callable[..., Found]) -> None:
    """A problem, not a traceback."""
    double.reset(Traps(read_only=True))
    assert "problem" in levels(dcache("--try-writing", "/"), "writing")


def test_an_overwrite_policy(double: Double, dcache: Callable[..., Found]) -> None:
    """Where no PUT may overwrite, a file is replaced by renaming all the same; that it is, and how, is told."""
    double.reset(Traps(overwrite_refused=True))
    double.names.make_folder("/mine")
    [unasked, asked] = dcache("--try-writing", "mine")["replacing"]
    assert (unasked["level"], asked["level"]) == ("ok", "ok")
    assert "not replaced unasked" in unasked["text"]
    assert "replaced when that is asked, by " in asked["text"]
    assert double.raw_names("/mine") == []


def test_what_the_token_allows(double: Double, dcache: Callable[..., Found], tmp_path: Path) -> None:
    """By its scopes, in words; one without is judged by the storage."""
    assert "no storage scopes" in dcache()["scopes"][0]["text"]
    token = jwt(sub="somebody", exp=time.time() + 3600, scope="openid storage.read:/ storage.modify:/lst/mine")
    double.tokens = {token: {"storage.read:/", "storage.modify:/lst/mine"}}
    (tmp_path / "home-of-somebody" / "token").write_text(token + "\n")
    [finding] = dcache()["scopes"]
    assert finding == {**finding, "level": "ok", "text": "The token may read everything, write below /lst/mine."}


def test_an_older_client_is_found(dcache: Callable[..., Found], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both would fight over the same names."""

    class Old:
        version = "0.7.0"

    monkeypatch.setattr(place, "distribution", lambda _: Old)
    assert "0.7.0" in dcache()["older client"][0]["text"]


def test_a_report_is_new_and_tells_nobody_who_the_user_is(
    wsgidav: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token, no user's name, no home; a file that is there is not replaced; nothing is written to the storage."""
    desk: Desk = desk_for(wsgidav, tmp_path, monkeypatch)
    desk.raw_put("/secret-plan.h5", b"1")
    monkeypatch.setenv("USER", "marie-curie")
    monkeypatch.setenv("LOGNAME", "marie-curie")

    def doctor(*words: str) -> Result:
        return CliRunner().invoke(main, ["doctor", *words])

    assert doctor("--report", "report.txt").exit_code == 0
    report = (desk.cwd / "report.txt").read_text()
    assert "[ok] dcache: listing" in report
    for secret in (desk.door.token() if desk.door.token else "", str(tmp_path / "home"), "marie-curie", "secret-plan"):
        assert secret not in report
    again = doctor("--report", "report.txt")
    assert again.exit_code == 7
    assert doctor("--report", "other.txt", "--try-writing", "/").exit_code == 2
    assert not (desk.cwd / "other.txt").exists()


def test_people_read_it_by_source(desk: Desk, run: Callable[..., Result]) -> None:
    """Each finding on a line, what to do below it."""
    desk.raw_put("/f", b"1")
    lines = run("doctor", "--all").stdout.splitlines()
    assert lines[0] == "This machine"
    assert "dcache" in lines
    assert "dcache-dev" in lines
    assert any(line.startswith("  ok login: ") for line in lines)
