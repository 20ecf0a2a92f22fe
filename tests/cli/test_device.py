"""`login` and `logout` at the rig's real provider, with the person who confirms."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.tokens.stored import load
from tests.rig.process import RigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from ctadata_jlab.tokens.device import Show
    from tests.cli.settings import Desk
    from tests.rig.provider import Provider


@pytest.fixture
def home(desk: Desk, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a user whose source `sky` belongs to the provider's confidential client."""
    home = tmp_path / "home-of-logins"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("OIDC_SOCK", raising=False)
    settings = tmp_path / "logins.toml"
    settings.write_text(
        f'only = []\n[sources.sky]\nurl = "{desk.door.url}"\nca = "{provider.ca}"\n'
        f'[sources.sky.login]\nissuer = "{provider.issuer}"\nclient_id = "users"\nscope = "openid storage.read:/"\n'
        f'[sources.open]\nurl = "{desk.door.url}"\nlogin.kind = "none"\n'
    )
    monkeypatch.setenv("CTADATA_CONFIG", str(settings))
    return home / ".config" / "cta-data"


@pytest.fixture
def user(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Confirm every code that the terminal shows; return those codes."""
    from ctadata_jlab.cli import device

    show, codes = device._show, []

    def confirmed(shown: Show) -> None:
        show(shown)
        codes.append(shown.user_code)
        threading.Thread(target=provider.approve, args=(shown.user_code,), daemon=True).start()

    monkeypatch.setattr(device, "_show", confirmed)
    return codes


def test_login_asks_for_the_secret_once(
    home: Path, run: Callable[..., Result], user: list[str], provider: Provider
) -> None:
    """A confidential client's secret is asked for unseen, kept as the old client keeps it, and not asked for again."""
    result = run("--source", "sky", "login", stdin=provider.client_secret + "\n")
    assert result.exit_code == 0, result.output
    assert f"enter the code  {user[0]}" in result.stdout
    assert re.search(r"https://localhost:\d+/device\b", result.stdout)
    assert "Logged in to sky as scientist" in result.stdout
    assert f"{home / 'refresh-sky'}, not encrypted" in result.stdout
    assert provider.client_secret not in result.output
    token = run("--source", "sky", "print-token").stdout.strip()
    assert (home / "token-sky").read_text() == token + "\n"
    assert run("login", "--source", "sky").exit_code == 0
    assert len(user) == 2
    stored = load(home / "refresh-sky")
    assert stored is not None
    assert stored.refresh_token not in result.output
    result = run("logout", "--source", "sky")
    assert (result.exit_code, result.stdout) == (0, "Logged out of sky.\n")
    assert not (home / "token-sky").exists()
    with pytest.raises(RigError, match="invalid_grant"):
        provider.post("token", grant_type="refresh_token", refresh_token=stored.refresh_token)
    assert run("logout", "--source", "sky").exit_code == 4


def test_secret_from_the_environment(
    home: Path, run: Callable[..., Result], user: list[str], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a variable has the secret, nothing is asked and nothing is written."""
    monkeypatch.setenv("CTADATA_CLIENT_SECRET_SKY", provider.client_secret)
    assert run("--source", "sky", "login").exit_code == 0
    assert not (home / "secret-sky").exists()
    explained = run("--source", "sky", "token", "explain")
    assert f"yes  the login kept in {home / 'refresh-sky'}" in explained.stdout


def test_prod_and_dev_side_by_side(
    home: Path, run: Callable[..., Result], user: list[str], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its login, its token and its client; logging out of one leaves the other."""
    monkeypatch.setenv("CTADATA_CLIENT_SECRET_SKY", provider.client_secret)
    settings = Path(os.environ["CTADATA_CONFIG"])
    url = config.load(places=[settings]).sources["sky"].url
    settings.write_text(
        settings.read_text().replace("[sources.sky]\n", '[sources.sky]\ntwin = "sky-dev"\n')
        + f'[sources.sky-dev]\nurl = "{url}"\nca = "{provider.ca}"\ntwin = "sky"\n[sources.sky-dev.login]\n'
        f'issuer = "{provider.issuer}"\nclient_id = "users-public"\nscope = "openid offline_access storage.read:/"\n'
    )
    for words in (["login"], ["login", "--dev"]):
        result = run(*words)
        assert result.exit_code == 0, result.output
    prod, dev = (run(*words).stdout.strip() for words in (["print-token"], ["--dev", "print-token"]))
    assert (home / "token-sky").read_text().strip() == prod
    assert (home / "token-sky-dev").read_text().strip() == dev
    assert prod != dev
    assert None not in {load(home / "refresh-sky"), load(home / "refresh-sky-dev")}
    assert run("logout").exit_code == 0
    assert run("print-token").exit_code == 3
    assert run("--dev", "print-token").stdout.strip() == dev
    assert run("logout", "--dev").exit_code == 0
    assert not {"token-sky", "token-sky-dev", "refresh-sky", "refresh-sky-dev"} & {file.name for file in home.iterdir()}


@pytest.mark.parametrize("stdin", ["", "wrong-and-never-shown\n"])
def test_without_the_secret(home: Path, run: Callable[..., Result], user: list[str], stdin: str) -> None:
    """2, in words; a wrong secret is not kept."""
    result = run("--source", "sky", "login", stdin=stdin)
    assert result.exit_code == 2
    assert "client" in result.stderr
    assert "never-shown" not in result.output
    assert not list(home.glob("*"))


def test_source_without_a_client(home: Path, run: Callable[..., Result]) -> None:
    """A source that has no such login says so."""
    for command in ("login", "logout"):
        assert "no login by code" in run("--source", "open", command).stderr


def test_interrupted(home: Path, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while waiting ends it, without a trace."""
    monkeypatch.setenv("CTADATA_CLIENT_SECRET_SKY", "any")
    from ctadata_jlab.foreground import login

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(login, "confirmed", interrupted)
    assert run("--source", "sky", "login").exit_code == 130
