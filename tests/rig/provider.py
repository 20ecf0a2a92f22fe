"""The OIDC provider: a certified one from npm, stands for a site's Keycloak."""

from __future__ import annotations

import json
import os
import secrets
import signal
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.hunt import MINTED
from tests.rig.doors import answers
from tests.rig.process import RigError, need, running, tail
from tests.rig.scripted_user import answer_pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.rig.certificate import Certificate

__all__ = ["AUDIENCE", "SCOPE", "Provider", "install_provider", "note_secrets", "provider"]

PROGRAM = Path(__file__).parent / "oidc"
AUDIENCE = "https://dcache"
SCOPE = "storage.read:/ storage.modify:/"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
PERSON = "scientist"
LIFETIMES = {"users": 3600, "users-short": 60, "users-public": 60, "users-brief": 15}
CLIENTS = tuple(LIFETIMES)


def note_secrets(file: Path, secrets: Iterable[str]) -> None:
    """Add *secrets* to those that are hunted for when all tests are done."""
    file.touch(mode=0o600)
    with file.open("a") as lines:
        lines.writelines(f"{secret}\n" for secret in secrets)


@dataclass(frozen=True)
class Provider:
    """The provider as one of its clients sees it, with the person who confirms logins.

    Clients (`as_client`): `users` has a secret, tokens of one hour and a lasting refresh token; `users-short` has
    tokens of 60 s and a refresh token that changes with each use; `users-public` is the same without a secret,
    `users-brief` the same with tokens of 15 s.
    A form field `lifetime=SECONDS` at the token endpoint overrides how long the access token lives.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    ca: Path
    process: int = 0
    """The id of its process: SIGUSR2 takes it down, and up again."""
    _secrets: dict[str, str] = field(repr=False, compare=False, default_factory=dict)
    _refresh_tokens: dict[tuple[str, str], str] = field(repr=False, compare=False, default_factory=dict)
    _lock: threading.Lock = field(repr=False, compare=False, default_factory=threading.Lock)

    def as_client(self, client_id: str) -> Provider:
        """Return the same provider for another of its clients."""
        return replace(self, client_id=client_id, client_secret=self._secrets[client_id])

    def token(self, scope: str = SCOPE, lifetime: int | None = None) -> str:
        """Return a fresh access token (a JWT) of the user `scientist`; the first of a scope logs in by device code."""
        with self._lock:
            key = (self.client_id, scope)
            if key not in self._refresh_tokens:
                self._refresh_tokens[key] = self.login(scope)["refresh_token"]
            extra = {} if lifetime is None else {"lifetime": str(lifetime)}
            answer = self.post("token", grant_type="refresh_token", refresh_token=self._refresh_tokens[key], **extra)
            self._refresh_tokens[key] = answer["refresh_token"]
            return str(answer["access_token"])

    def login(self, scope: str = SCOPE, person: str = PERSON) -> dict[str, Any]:
        """Log in by device code, the part of *person* included; return the token endpoint's answer."""
        started = self.post("device/auth", scope=f"openid offline_access {scope}")
        self.approve(started["user_code"], person)
        return self.post("token", grant_type=DEVICE, device_code=started["device_code"])

    def approve(self, user_code: str, person: str = PERSON) -> None:
        """Do the user's part: log in as *person* and confirm the device that shows *user_code*."""
        self._answer(user_code, expect="Sign-in Success", person=person)

    def refuse(self, user_code: str) -> None:
        """Do an unwilling user's part: do not recognise the device that shows *user_code*."""
        self._answer(user_code, expect="interrupted", confirm=False)

    def post(self, endpoint: str, **form: str) -> dict[str, Any]:
        """Post a form as this client; return the answer, or raise with the provider's error."""
        form = {**form, "client_id": self.client_id}
        if self.client_secret:
            form["client_secret"] = self.client_secret
        with self.browser() as browser:
            answer = browser.post(f"{self.issuer}/{endpoint}", data=form)
        if not answer.is_success:
            raise RigError(f"{endpoint}: {answer.status_code} {answer.text}")
        result: dict[str, Any] = answer.json()
        return result

    @property
    def manners_file(self) -> Path:
        """The file that says how long device codes (`code`) and access tokens (`lifetime`) live for now, in seconds."""
        return self.ca.parent.parent / "provider" / "manners"

    @contextmanager
    def manners(self, **seconds: float) -> Iterator[None]:
        """For a while, let device codes (`code`) or access tokens (`lifetime`) live so many seconds."""
        self.manners_file.write_text(json.dumps(seconds))
        try:
            yield
        finally:
            self.manners_file.unlink()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Be gone for a while: nobody can connect, and who was connected is not any more. What it knows stays."""
        self._turn(up=False)
        try:
            yield
        finally:
            self._turn(up=True)

    def _turn(self, *, up: bool) -> None:
        os.kill(self.process, signal.SIGUSR2)
        end = time.monotonic() + 30
        while answers(self.issuer, self.ca) is not up:
            if time.monotonic() > end:
                raise RigError(f"the provider is not {'up' if up else 'down'}")
            time.sleep(0.05)

    def browser(self) -> httpx.Client:
        """Return a client that trusts the provider, follows redirects and keeps cookies."""
        return httpx.Client(verify=ssl.create_default_context(cafile=str(self.ca)), follow_redirects=True, timeout=30)

    def _answer(self, user_code: str, *, expect: str, confirm: bool = True, person: str = PERSON) -> None:
        answers = {"user_code": user_code, "login": person, "password": "any"}
        with self.browser() as browser:
            page = answer_pages(browser, f"{self.issuer}/device", answers, confirm=confirm)
        if expect not in page:
            raise RigError(f"no {expect!r} for the code {user_code}:\n{page[-1000:]}")


def install_provider() -> None:
    """Fetch the provider's npm packages, as its lock file has them, unless they are there."""
    if not (PROGRAM / "node_modules" / "oidc-provider").exists():
        command = [need("npm"), "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=PROGRAM, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RigError(f"npm ci ended with {done.returncode}:\n{done.stderr}")


@pytest.fixture(scope="session")
def provider(rig_folder: Path, certificate: Certificate) -> Iterator[Provider]:
    """Start the provider, as seen by its client `users`."""
    node = need("node")
    install_provider()
    folder = rig_folder / "provider"
    folder.mkdir(mode=0o700)
    shared = {name: "" if name == "users-public" else secrets.token_urlsafe() for name in CLIENTS}
    settings, log = folder / "settings.json", folder / "log"
    settings.touch(mode=0o600)
    settings.write_text(
        json.dumps(
            {**_settings(certificate, shared), "minted": str(folder / MINTED), "manners": str(folder / "manners")}
        )
    )
    note_secrets(folder / MINTED, [secret for secret in shared.values() if secret])
    program: list[str | Path] = [node, PROGRAM / "provider.mjs", settings]
    with running(program, log=log, ready=lambda: _issuer(log) is not None) as process:
        yield Provider(_issuer(log) or "", CLIENTS[0], shared[CLIENTS[0]], certificate.ca, process.pid, shared)


def _settings(certificate: Certificate, shared: dict[str, str]) -> dict[str, Any]:
    clients = [
        {"id": name, "secret": secret, "lifetime": LIFETIMES[name], "rotates": name != "users"}
        for name, secret in shared.items()
    ]
    return {"cert": str(certificate.cert), "key": str(certificate.key), "audience": AUDIENCE, "clients": clients}


def _issuer(log: Path) -> str | None:
    lines = tail(log).splitlines()
    return next((line for line in lines if line.startswith("https://localhost:")), None)
