"""The token goes to its source's host only, whatever a door answers and however a user overrides the settings."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.session import Session
from ctadata_jlab.tokens.file import store
from tests.e2e.server import REPOSITORY
from tests.storage.suite import Bytes
from tests.tokens.making import jwt
from tests.tokens.thief import listening

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.storage import Storage
    from tests.rig.certificate import Certificate

ISSUER = "https://issuer.example/realms/prod/"
OPERATIONS: dict[str, Callable[[Storage], Any]] = {
    "list": lambda door: list(door.list("/lst")),
    "stat": lambda door: door.stat("/lst/a"),
    "read": lambda door: _read(door),  # noqa: PLW0108 - defined below
    "put": lambda door: door.put("/lst/a", Bytes(b"x" * 70_000), ticket="t"),
    "make_folder": lambda door: door.make_folder("/lst/new"),
    "move": lambda door: door.move("/lst/a", "/lst/b"),
    "remove": lambda door: door.remove("/lst/a"),
    "stage": lambda door: door.stage(["/lst/a"]),
}


def _read(door: Storage) -> None:
    with door.open("/lst/a") as reader:
        reader.pour(0, None, lambda _: None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a user with nothing set."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("BEARER_TOKEN", "BEARER_TOKEN_FILE", "OIDC_SOCK", "JUPYTERHUB_API_URL", "CTADATA_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("ctadata_jlab.tokens.agent.found_sockets", lambda _: [])
    return home


def _session(folder: Path, text: str) -> Session:
    file = folder / "ctadata.toml"
    file.write_text(text)
    return Session(config.load(places=[file]))


def _try(operation: str, door: Storage) -> None:
    with contextlib.suppress(CtaDataError):
        OPERATIONS[operation](door)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("place", ["another port", "another host", "plain http"])
@pytest.mark.parametrize("kind", ["webdav", "dcache"])
def test_redirects(home: Path, certificate: Certificate, kind: str, place: str, status: int) -> None:
    """Whichever operation is sent elsewhere, the token stays: neither in a header, nor in an address, nor in a body."""
    token = jwt(exp=time.time() + 600)
    tls = None if place == "plain http" else certificate
    with listening(status, certificate) as door, listening(404, tls) as thief:
        door.location = thief.url("127.0.0.1" if place == "another host" else "localhost")
        store(home / "token", token)
        with _session(
            home,
            f'only = []\n[sources.sky]\nkind = "{kind}"\nurl = "{door.url()}"\nca = "{certificate.ca}"\n'
            f'login = {{ kind = "file", file = "{home / "token"}" }}\n',
        ) as session:
            for operation in OPERATIONS:
                _try(operation, session.storage("sky"))
    assert any(token in heard for heard in door.heard)  # or this shows nothing
    assert len(door.heard) >= len(OPERATIONS) - 2
    assert thief.heard or place == "plain http"  # reads are sent on, as to a pool; never without TLS
    assert not [heard for heard in thief.heard if token in heard or "uthorization" in heard]


def test_prods_token_at_devs_door(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What prod's issuer issued is not offered to dev, wherever it was found; nor is anything at all sent without a token."""
    token = jwt(iss=ISSUER, exp=time.time() + 600)
    monkeypatch.setenv("BEARER_TOKEN", token)
    with listening() as prod, listening() as dev:
        with _session(
            home,
            f'only = []\n[sources.prod]\nurl = "{prod.url()}"\nlogin.issuer = "{ISSUER}"\n'
            f'[sources.dev]\nurl = "{dev.url()}"\nlogin.issuer = "https://issuer.example/realms/dev/"\n',
        ) as session:
            for operation in OPERATIONS:
                _try(operation, session.storage("prod"))
                _try(operation, session.storage("dev"))
        assert any(token in heard for heard in prod.heard)
        assert not dev.heard


@pytest.mark.parametrize("override", ["url", "url and issuer", "issuer"])
def test_an_overridden_source_gets_no_inherited_token(
    home: Path, monkeypatch: pytest.MonkeyPatch, override: str
) -> None:
    """A file that points the built-in source elsewhere loses its login: token file, stored login, and what the environment has."""
    issuer = config.BUILT_IN["dcache"].login.issuer
    token = jwt(iss=issuer, exp=time.time() + 600)
    profile = home / ".config" / "cta-data"
    store(profile / "token", token)
    stored = {"issuer": issuer, "client_id": "dcache-cta-cscs-ch-users", "refresh_token": "refresh-secret"}
    (profile / "refresh-dcache").write_text(json.dumps(stored))
    monkeypatch.setenv("BEARER_TOKEN", token)
    with listening() as thief:
        settings = "[sources.dcache]\n"
        if "url" in override:
            settings += f'url = "{thief.url()}"\n'
        if "issuer" in override:
            settings += f'login.issuer = "{thief.url()}/realm"\nlogin.client_id = "dcache-cta-cscs-ch-users"\n'
        with _session(home, settings) as session:
            source = session.source("dcache")
            if "url" in override:
                for operation in OPERATIONS:
                    _try(operation, session.storage("dcache"))
            assert source.keeper is not None
            assert source.keeper.state().state != "ok"
            if source.login is not None:
                with contextlib.suppress(CtaDataError):
                    source.login.kept.log_out()
        assert not [heard for heard in thief.heard if token in heard or "refresh-secret" in heard]


def test_the_hubs_token_stays_at_the_hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's service gets it; another server, another user's session beside it, and who overrides the address do not."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-hubs-token")
    with listening() as hub, listening() as thief:
        monkeypatch.setenv("JUPYTERHUB_API_URL", f"{hub.url()}/hub/api")
        login = 'login = { kind = "hub-token" }\n'
        places = {
            "service": f"{hub.url()}/services/files",
            "thief": f"{thief.url()}/services/files",
            "mallory": f"{hub.url()}/user/mallory/services/files",
        }
        settings = "only = []\n" + "".join(f'[sources.{name}]\nurl = "{url}"\n{login}' for name, url in places.items())
        with _session(home, settings) as session:
            for name in places:
                for operation in OPERATIONS:
                    _try(operation, session.storage(name))
            mallory = session.source("mallory").keeper
            assert mallory is not None
            assert "own services only" in mallory.state().hint
        override = home / "override.toml"
        override.write_text(f'[sources.service]\nurl = "{thief.url()}/services/files"\n')
        with Session(config.load(places=[home / "ctadata.toml", override])) as session:
            for operation in OPERATIONS:
                _try(operation, session.storage("service"))
        assert any("the-hubs-token" in heard for heard in hub.heard)  # or this shows nothing
        assert not [heard for heard in hub.heard if "mallory" in heard.splitlines()[0]]
        assert not thief.heard


def test_a_provider_that_sends_elsewhere(home: Path, certificate: Certificate) -> None:
    """A login server's redirect is not followed: client secret, device code and refresh token stay with it."""
    from ctadata_jlab.tokens.asking import ask_with
    from ctadata_jlab.tokens.oauth import Client, Provider

    with listening(307, certificate) as provider, listening(200, certificate) as thief:
        provider.location = thief.url()
        client = Client(provider.url(), "users", secret="client-secret")
        url = provider.url() + "/token"
        answer = ask_with(str(certificate.ca))(client.post(Provider(url), url, refresh_token="refresh-secret"))
    assert answer is not None
    assert answer.status == 307
    assert "refresh-secret" in provider.heard[0]
    assert thief.heard == []


_OLD_CALLS = """
import os, sys
from ctadata_jlab import compat as ctadata

service, token = sys.argv[1:]
for call in (lambda: ctadata.list_dir("/", downloadservice=service), lambda: ctadata.webdav4_client(downloadservice=service).ls("/")):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
os.environ["CTADS_URL"] = service
os.environ["JUPYTERHUB_API_TOKEN"] = token
try:
    ctadata.list_dir("/")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("leave", ["", "started with it", "a setting", "another's setting", "no session"])
def test_the_old_keyword_does_not_give_the_hubs_token_away(home: Path, leave: str) -> None:
    """The session's own token goes to its hub's services only, also in the old way; a token that the user sets goes where that is set."""
    with listening() as thief:
        service = f"{thief.url()}/services/downloadservice"
        settings = home / "ctadata.toml"
        lines = {
            "a setting": f'[sources.hub]\nkind = "download-service"\nurl = "{service}"\nlogin = {{ kind = "hub-token" }}\n',
            "another's setting": f'[sources.hub]\nkind = "webdav"\nurl = "{service}"\n',
        }
        settings.write_text("only = []\n" + lines.get(leave, ""))
        known = {"JUPYTERHUB_API_TOKEN": "the-hubs-token", "CTADATA_CONFIG": str(settings), "HOME": str(home)}
        if leave != "no session":
            known["JUPYTERHUB_API_URL"] = "http://127.0.0.1:1/hub/api"
        if leave == "started with it":
            known["CTADS_URL"] = f"{service}/"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "CTA"))}
        done = subprocess.run(
            [sys.executable, "-c", _OLD_CALLS, service, "given-for-it"],
            env={**clean, **known}, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    is_given = leave in {"started with it", "a setting", "no session"}
    assert any("the-hubs-token" in heard for heard in thief.heard) == is_given
    assert ("its hub's services only" in done.stdout) != is_given
    assert any("given-for-it" in heard for heard in thief.heard)
    assert "hubs-token" not in done.stdout + done.stderr
