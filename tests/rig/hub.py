"""A real JupyterHub with its proxy, and its users' sessions."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil

from tests.rig.process import RigError, free_port, need, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Hub", "User", "hub_running"]

PROGRAM = Path(__file__).parent / "hub"
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class User:
    """One user of the hub in their session, as the panel (`http`) and as the session's shell (`shell`)."""

    name: str
    http: httpx.Client
    home: Path
    key: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """Return what the session's processes have in their environment."""
        for process in psutil.process_iter(["cmdline"]):
            if "jupyterhub.singleuser" in " ".join(process.info["cmdline"] or ()):
                found = process.environ()
                if found.get("JUPYTERHUB_USER") == self.name and found.get("HOME") == str(self.home):
                    return dict(found)
        raise RigError(f"{self.name} has no session")

    def shell(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program as the session's terminal would."""
        command, env = [sys.executable, *words], self.environment()
        return subprocess.run(command, env=env, cwd=self.home, capture_output=True, text=True, check=False, timeout=90)


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub at *url*, for whoever has its *key*."""

    url: str
    folder: Path
    log: Path
    key: str = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)

    def api(self, method: str, route: str, **options: Any) -> httpx.Response:
        """Ask the hub's own REST interface, as its admin."""
        headers = {"Authorization": f"token {self.key}"}
        return httpx.request(method, f"{self.url}/hub/api/{route}", headers=headers, timeout=60, **options)

    @contextmanager
    def session(self, name: str) -> Iterator[User]:
        """Log in as *name* by the hub's own page, have the session started, and stop it in the end."""
        with httpx.Client(follow_redirects=True, timeout=120) as browser:
            page = browser.get(f"{self.url}/hub/login")
            form = {"username": name, "password": self.passwords[name], "_xsrf": page.cookies.get("_xsrf", "")}
            form["_xsrf"] = form["_xsrf"] or browser.cookies.get("_xsrf", "", path="/hub/")
            browser.post(f"{self.url}/hub/login", data=form).raise_for_status()
        self.api("POST", f"users/{name}/server")
        end = time.monotonic() + 120
        while not self.api("GET", f"users/{name}").json().get("servers", {}).get("", {}).get("ready"):
            if time.monotonic() > end:
                raise RigError(f"no session of {name}:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.2)
        key = self.api("POST", f"users/{name}/tokens", json={}).json()["token"]
        base, headers = f"{self.url}/user/{name}/", {"Authorization": f"token {key}"}
        with httpx.Client(base_url=base, headers=headers, timeout=120) as http:
            yield User(name, http, self.folder / "homes" / name, key)
        self.api("DELETE", f"users/{name}/server")


@contextmanager
def hub_running(
    folder: Path, tokens: Mapping[str, str], passed: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Hub]:
    """Run a hub for the users of *tokens*; *passed* get theirs in a file, the others ask the hub. It keeps everything in *folder*."""
    passwords = {name: secrets.token_urlsafe() for name in tokens}
    users = folder / "users.json"
    users.touch(mode=0o600)
    users.write_text(
        json.dumps({name: {"password": passwords[name], "access_token": token} for name, token in tokens.items()})
    )
    (folder / "homes").mkdir()
    port, key = free_port(), secrets.token_hex(16)
    url = f"http://127.0.0.1:{port}"
    rig = {
        "url": url,
        "hub_port": free_port(),
        "api_port": free_port(),
        "folder": str(folder),
        "key": key,
        "users": str(users),
        "homes": str(folder / "homes"),
        "passed": list(passed),
        "proxy": [need("node"), str(_proxy())],
        "single": [sys.executable, "-m", "jupyterhub.singleuser"],
        "environment": {**environment, "PYTHONPATH": str(REPOSITORY)},
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEARER_", "OIDC_", "JUPYTER"))}
    given = {**clean, "RIG_HUB": json.dumps(rig), "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32)}
    command = [sys.executable, "-m", "jupyterhub", "-f", PROGRAM / "jupyterhub_config.py"]
    log = folder / "hub.log"

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/hub/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    with running(command, log=log, ready=ready, env=given, folder=folder, patience=90):
        yield Hub(url, folder, log, key, passwords)


def _proxy() -> Path:
    found = PROGRAM / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    if not found.exists():
        command = [need("npm"), "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=PROGRAM, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RigError(f"npm ci ended with {done.returncode}:\n{done.stderr}")
    return found
