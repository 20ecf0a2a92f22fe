"""A real Jupyter server as a process of its own, below a base URL as on a hub, and a client for its REST interface."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import psutil

from tests.rig.process import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["REPOSITORY", "Client", "Launch", "answers", "launch", "serving"]

REPOSITORY = Path(__file__).parents[2]
FINAL = {"done", "failed", "cancelled"}


@dataclass
class Client:
    """Speaks to one running server as the panel does."""

    http: httpx.Client
    workspace: Path
    pid: int
    log: Path

    def ask(self, method: str, route: str, **options: Any) -> httpx.Response:
        return self.http.request(method, f"ctadata-jlab/{route}", **options)

    def get(self, route: str, **options: Any) -> Any:
        answer = self.ask("GET", route, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, source: str, folder: str) -> list[str]:
        """Return what the panel's listing shows."""
        text = self.ask("GET", f"listing/{source}{quote(folder)}?fresh=1").text
        blocks = [json.loads(line) for line in text.splitlines()]
        assert blocks[-1].get("complete"), text[-500:]
        return [name for block in blocks[:-1] for name in block["names"]]

    def job(
        self, kind: str, source: str, *paths: str, to: tuple[str, str] | None = None, patience: float = 300
    ) -> dict[str, Any]:
        """Post a job and return it when it has ended or asks something."""
        request: dict[str, Any] = {"kind": kind, "from": {"source": source, "paths": paths}}
        if to is not None:
            request["to"] = dict(zip(("source", "path"), to, strict=True))
        answer = self.ask("POST", "jobs", json=request)
        assert answer.status_code == 201, answer.text
        return self.wait(answer.json()["id"], patience)

    def wait(self, job_id: str, patience: float = 300) -> dict[str, Any]:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            job: dict[str, Any] = self.get(f"jobs/{job_id}")
            if job["state"] in FINAL or (job["state"] == "blocked" and job["reason"] != "upload"):
                return job
            time.sleep(0.05)
        raise AssertionError(f"the job did not end: {job}")

    def memory(self) -> int:
        """Return the server's resident memory in bytes."""
        return int(psutil.Process(self.pid).memory_info().rss)


@dataclass(frozen=True)
class Launch:
    """How a server is started: its command and environment, where it will answer, and whom."""

    command: list[str]
    environment: dict[str, str]
    base: str
    token: str
    workspace: Path
    log: Path

    def client(self) -> httpx.Client:
        """Return a client that may ask it anything."""
        return httpx.Client(base_url=self.base, headers={"Authorization": f"token {self.token}"}, timeout=120)


def launch(
    folder: Path, config: str, *, environment: Mapping[str, str] | None = None, extensions: tuple[str, ...] = ()
) -> Launch:
    """Prepare a server whose home, workspace and settings lie in *folder*."""
    workspace, home = folder / "workspace", folder / "home"
    for place in (workspace, home):
        place.mkdir(parents=True, exist_ok=True)
    (folder / "ctadata.toml").write_text(config)
    port, token = free_port(), "test-token"
    wanted = dict.fromkeys(("ctadata_jlab", *extensions), True)
    command = [
        *(
            sys.executable,
            "-m",
            "jupyter_server",
            "--no-browser",
            "--allow-root",
            f"--port={port}",
            "--ServerApp.port_retries=0",
        ),
        *(f"--IdentityProvider.token={token}", "--ServerApp.base_url=/user/name/", f"--ServerApp.root_dir={workspace}"),
        *(f"--ServerApp.jpserver_extensions={wanted}", "--ServerApp.allow_unauthenticated_access=False"),
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEARER_", "OIDC_", "JUPYTER"))}
    places = {
        "HOME": home,
        "CTADATA_CONFIG": folder / "ctadata.toml",
        "XDG_STATE_HOME": home / "state",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
    }
    given = {**clean, **{name: str(place) for name, place in places.items()}, **(environment or {})}
    return Launch(command, given, f"http://127.0.0.1:{port}/user/name/", token, workspace, folder / "server.log")


@contextmanager
def serving(
    folder: Path, config: str, *, environment: Mapping[str, str] | None = None, extensions: tuple[str, ...] = ()
) -> Iterator[Client]:
    """Run a server whose home, workspace and settings lie in *folder*."""
    begun = launch(folder, config, environment=environment, extensions=extensions)
    with (
        begun.client() as http,
        running(
            begun.command, log=begun.log, ready=lambda: answers(http), env=begun.environment, folder=REPOSITORY
        ) as process,
    ):
        yield Client(http, begun.workspace, process.pid, begun.log)


def answers(http: httpx.Client) -> bool:
    """Say whether the server is there."""
    try:
        return http.get("api/status").status_code == 200
    except httpx.TransportError:
        return False
