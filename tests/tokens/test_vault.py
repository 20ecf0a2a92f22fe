"""A login at rest: in a keyring where there is one, and plainly said where there is none."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.tokens.asking import ask_with
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.refresh import Refresh
from ctadata_jlab.tokens.stored import load
from ctadata_jlab.tokens.vault import Keyring, system_vault
from tests.rig.process import RigError
from tests.tokens.logins import client_of, confirming, logged_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig.provider import Provider


def backend(file: Path, password: str = "master") -> Any:
    """Return a real keyring: an encrypted file, opened by *password*."""
    made = importlib.import_module("keyrings.alt.file").EncryptedKeyring()
    made.file_path = str(file)
    made.keyring_key = password
    return made


@pytest.fixture
def short(provider: Provider) -> Provider:
    return provider.as_client("users-short")


def kept_in(folder: Path, provider: Provider, vault: Keyring | None) -> Refresh:
    shared, ask = TokenFile(folder / "token"), ask_with(str(provider.ca))
    return Refresh(folder / "refresh-dcache", shared, lambda: client_of(provider), ask, vault=lambda: vault)


def log_in(kept: Refresh, provider: Provider) -> None:
    import time

    from ctadata_jlab.tokens.asking import drive
    from ctadata_jlab.tokens.device import log_in as steps

    kept.keep(drive(steps(client_of(provider)), kept.ask, time.sleep, confirming(provider)))


def test_in_the_keyring(tmp_path: Path, short: Provider) -> None:
    """The refresh token is only there, encrypted; it renews, is rotated there, and logging out removes and revokes it."""
    vault = Keyring(backend(tmp_path / "ring"))
    kept = kept_in(tmp_path, short, vault)
    log_in(kept, short)
    first = vault.get(kept.place)
    assert first
    assert first not in kept.place.read_text() + (tmp_path / "ring").read_text()
    assert "encrypted by the keyring of" in kept.at_rest
    assert "not encrypted" not in str(kept.explain()[0])
    again = kept_in(tmp_path, short, vault)
    token = again.fetch()
    renewed = again.fetch(refused=token)
    assert token is not None
    assert renewed is not None
    assert renewed.value != token.value
    second = vault.get(kept.place)
    assert second
    assert second != first
    again.log_out()
    assert vault.get(kept.place) is None
    assert not kept.place.exists()
    with pytest.raises(RigError, match="invalid_grant"):
        short.post("token", grant_type="refresh_token", refresh_token=second)


def test_without_a_keyring_it_is_said(tmp_path: Path, short: Provider) -> None:
    """In the file alone, and every explanation says that it is not encrypted."""
    kept = logged_in(tmp_path, short)
    assert kept.at_rest == "not encrypted, readable by you alone"
    assert "not encrypted" in str(kept.explain()[0])
    stored = load(kept.place)
    assert stored is not None
    assert stored.refresh_token


def test_another_machines_keyring(tmp_path: Path, short: Provider) -> None:
    """On a shared home, the token itself still serves; who cannot renew it says where that is done, and never uses an older login."""
    log_in(kept_in(tmp_path, short, Keyring(backend(tmp_path / "ring"))), short)
    elsewhere = kept_in(tmp_path, short, Keyring(backend(tmp_path / "other")))
    token = elsewhere.fetch(10)
    assert token is not None
    with pytest.raises(Misconfigured, match="not from here"):
        elsewhere.fetch(refused=token)
    Keyring(backend(tmp_path / "other")).put(elsewhere.place, "of-an-older-login")
    with pytest.raises(Misconfigured, match="not from here"):
        elsewhere.fetch(refused=token)
    none = kept_in(tmp_path, short, None)
    with pytest.raises(Misconfigured, match="not from here"):
        none.fetch(refused=token)


def test_a_locked_keyring(tmp_path: Path, short: Provider) -> None:
    """One that takes nothing leaves the login in its file; one that is locked later says so and loses nothing."""

    class Locked:
        name = "locked"

        def set_password(self, *_: str) -> None:
            raise importlib.import_module("keyring.errors").KeyringLocked("locked")

        get_password = delete_password = set_password

    kept = kept_in(tmp_path, short, Keyring(Locked()))
    log_in(kept, short)
    assert kept.at_rest.startswith("not encrypted")
    log_in(kept_in(tmp_path, short, Keyring(backend(tmp_path / "ring"))), short)
    token = kept.fetch(10)
    with pytest.raises(Misconfigured, match="cannot be opened"):
        kept.fetch(refused=token)
    assert kept_in(tmp_path, short, Keyring(backend(tmp_path / "ring"))).fetch(refused=token) is not None


def test_plain_text_is_no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What keeps plain text, or fails, does not count; the package may be missing."""
    keyring = importlib.import_module("keyring")
    plain = importlib.import_module("keyrings.alt.file").PlaintextKeyring()
    chain = importlib.import_module("keyring.backends.chainer").ChainerBackend()
    monkeypatch.setattr(type(chain), "backends", [plain, backend(tmp_path / "asks")])
    for poor in (plain, chain, importlib.import_module("keyring.backends.fail").Keyring()):
        monkeypatch.setattr(keyring, "get_keyring", lambda poor=poor: poor)
        assert system_vault() is None

    class Good:
        priority = 5

    monkeypatch.setattr(keyring, "get_keyring", Good)
    assert system_vault() is not None
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    monkeypatch.setattr(type(chain), "backends", [plain, Good()])
    assert system_vault() is not None
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    assert system_vault() is None
