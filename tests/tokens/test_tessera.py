"""Tessera over the network: its tokens open the grid's door, are renewed by it, and its refusals are told."""

from __future__ import annotations

import pickle
import secrets
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import CtaDataError, NotLoggedIn, Unreachable
from ctadata_jlab.session import Session
from tests.tokens.tessera import Service, serving_tessera
from tests.tokens.thief import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.certificate import Certificate
    from tests.rig.doors import Door
    from tests.rig.provider import Provider


@pytest.fixture
def session_of_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> str:
    """Be in a session of a hub; returns its key."""
    key = secrets.token_urlsafe()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca))
    for name in ("TESSERA_URL", "JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return key


@pytest.fixture(params=["https", "http"])
def service(
    request: pytest.FixtureRequest,
    session_of_hub: str,
    certificate: Certificate,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Service]:
    """Run Tessera for the user: over https, found below the hub's public address; over http on this machine, named by TESSERA_URL."""
    tls = certificate if request.param == "https" else None
    with serving_tessera(Service(session_of_hub, {"the grid": provider.token}), tls) as service:
        if tls is None:
            monkeypatch.setenv("TESSERA_URL", f"{service.url}/services/tessera")
        else:
            monkeypatch.setenv("JUPYTERHUB_PUBLIC_URL", f"{service.url}/user/scientist/")
        yield service


def _session(folder: Path, door: Door, server: str = "the grid") -> Session:
    settings = folder / "ctadata.toml"
    settings.write_text(
        f'only = []\n[sources.grid]\nurl = "{door.url}"\nca = "{door.ca}"\n'
        f'login = {{ kind = "tessera", server = "{server}" }}\n'
    )
    return Session(config.load(places=[settings]))


def test_its_token_opens_the_door(service: Service, xrootd: Door, tmp_path: Path, session_of_hub: str) -> None:
    """One question serves many requests; after a refusal it is asked again; the session's key goes to it, and into nothing else."""
    folder = xrootd.fresh()
    xrootd.raw_put(f"{folder}/a.txt", b"alpha")
    with _session(tmp_path, xrootd) as session:
        source = session.source("grid")
        for _ in range(3):
            assert [entry.name for entry in source.storage.list(folder)] == ["a.txt"]
        keeper = source.keeper
        assert keeper is not None
        assert (keeper.state().state, keeper.state().subject, keeper.state().source) == ("ok", "scientist", "tessera")
        assert len(service.asked) == 1
        first = keeper.token()
        assert keeper.token(refused=first).value != first.value
        assert service.asked == ["the grid"] * 2
        assert all(f"Authorization: token {session_of_hub}" in heard for heard in service.heard)
        shown = repr((keeper.state(), keeper.explain(), source))
    assert session_of_hub not in shown
    assert not [heard for heard in service.heard if session_of_hub in heard.splitlines()[0]]


def test_its_bad_moment(service: Service, xrootd: Door, tmp_path: Path) -> None:
    """A token that is still good outlives it; without one it is worth trying again, and then works."""
    with _session(tmp_path, xrootd) as session:
        keeper = session.source("grid").keeper
        assert keeper is not None
        service.refusal = "refresh_unavailable"
        with pytest.raises(Unreachable) as caught:
            keeper.token()
        assert caught.value.retryable
        service.refusal = ""
        assert keeper.token()
        service.refusal = "refresh_unavailable"
        assert keeper.state().state == "ok"


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("no_stored_token", "sign in with the tessera button"),
        ("refresh_rejected", "sign in again"),
        ("unknown_server", "not declared"),
    ],
)
def test_its_words_are_told(service: Service, xrootd: Door, tmp_path: Path, refusal: str, words: str) -> None:
    """What the user has to do is in its own words; no secret is in the error, nor in what a process would hand on."""
    service.refusal = refusal
    with _session(tmp_path, xrootd) as session, pytest.raises(NotLoggedIn, match=words) as caught:
        list(session.storage("grid").list("/"))
    assert service.key.encode() not in pickle.dumps(caught.value) + repr(caught.value).encode()


def test_another_sessions_key(service: Service, xrootd: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the hub does not know gets nothing."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "of-somebody-else")
    with _session(tmp_path, xrootd) as session, pytest.raises(NotLoggedIn, match="Forbidden"):
        list(session.storage("grid").list("/"))
    assert not service.asked


def test_it_sends_nobody_elsewhere(service: Service, xrootd: Door, tmp_path: Path) -> None:
    """Its redirect is not followed: the session's key opens the user's account."""
    with listening() as thief, _session(tmp_path, xrootd) as session:
        service.location = thief.url()
        with pytest.raises(CtaDataError):
            list(session.storage("grid").list("/"))
        assert service.heard
        assert not thief.heard


def test_an_impostor_gets_no_key(
    session_of_hub: str, certificate: Certificate, xrootd: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose certificate nobody vouches for is not spoken to."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with serving_tessera(Service(session_of_hub), certificate) as impostor, _session(tmp_path, xrootd) as session:
        monkeypatch.setenv("TESSERA_URL", f"{impostor.url}/services/tessera/")
        with pytest.raises(Unreachable):
            list(session.storage("grid").list("/"))
        assert not impostor.heard
