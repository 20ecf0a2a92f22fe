"""A program's own tokens, from the rig's real provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Misconfigured, Unreachable
from ctadata_jlab.tokens.asking import ask_with
from ctadata_jlab.tokens.client_credentials import ClientCredentials
from ctadata_jlab.tokens.oauth import Client
from ctadata_jlab.tokens.remembered import Remembered

if TYPE_CHECKING:
    from tests.rig.provider import Provider


def robot(provider: Provider, secret: str | None = None) -> ClientCredentials:
    client = Client(provider.issuer, "users-short", "storage.read:/", secret or provider.client_secret or None)
    return ClientCredentials(lambda: client, ask_with(str(provider.ca)))


@pytest.fixture
def short(provider: Provider) -> Provider:
    return provider.as_client("users-short")


def test_a_robots_token(short: Provider) -> None:
    """No person is needed; it is kept while it lasts, and another comes once it is refused."""
    kept = Remembered(robot(short))
    token = kept.fetch(20)
    assert token is not None
    assert token.expires is not None
    assert token.issuer == short.issuer
    assert kept.fetch(20) is token
    other = kept.fetch(20, refused=token)
    assert other is not None
    assert other.value != token.value
    (attempt,) = kept.explain()
    assert attempt.ok
    assert "users-short" in attempt.place


def test_a_wrong_secret_is_told(short: Provider) -> None:
    """The error names what is wrong and never shows the secret."""
    with pytest.raises(Misconfigured) as caught:
        robot(short, "wrong-and-never-shown").fetch()
    assert "secret" in str(caught.value)
    assert "never-shown" not in f"{caught.value!r} {caught.value.hint}"


def test_without_a_secret_nothing_is_asked(short: Provider) -> None:
    """A public client has no tokens of its own."""
    client = Client(short.issuer, "users-public")
    source = ClientCredentials(lambda: client, lambda step: pytest.fail(f"asked {step}"))
    with pytest.raises(Misconfigured, match="secret"):
        source.fetch()


def test_a_provider_that_is_away(short: Provider) -> None:
    """That is no missing login."""
    client = Client("https://localhost:1/", "users", secret="s")
    with pytest.raises(Unreachable):
        ClientCredentials(lambda: client, lambda _: None).fetch()
