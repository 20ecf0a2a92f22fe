"""Twenty users' servers behind one address, in front of a dCache that limits rates and blocks whoever insists on dead tokens."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.tokens.file import store
from tests.door.traps import Traps
from tests.e2e.server import REPOSITORY, Launch, answers, launch
from tests.rig.process import running
from tests.tokens.making import jwt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.door.double import Double

USERS = 20
DEAD = (3, 11)
"""Whose tokens the door does not know, though they look well: two, as dCache blocks an address after three."""
EXPIRED = (5, 7, 13, 17)
"""Whose tokens have ended: nobody need be asked to know that."""
ROUNDS = 3
PATIENCE = 60.0  # seconds for an answer; who is blocked waits for longer
ALL = {"storage.read", "storage.modify", "storage.stage"}
FINAL = {"done", "failed", "cancelled"}


@dataclass(frozen=True)
class User:
    """One user's server, as the panel sees it."""

    number: int
    http: httpx.Client
    home: Path

    @property
    def process(self) -> int:
        """The id of the server's process, as Jupyter notes it."""
        [noted] = (self.home / "home" / "runtime").glob("jpserver-*.json")
        return int(json.loads(noted.read_text())["pid"])

    @property
    def is_in(self) -> bool:
        return self.number not in {*DEAD, *EXPIRED}

    def listing(self) -> Any:
        """Return the names in the folder, or the error's."""
        said = self.http.get("ctadata-jlab/listing/dcache/lst?fresh=1", timeout=PATIENCE)
        blocks = [json.loads(line) for line in said.text.splitlines()]
        if said.status_code != 200 or "error" in blocks[-1]:
            return blocks[-1]["error"]
        return [name for block in blocks[:-1] for name in block["names"]]

    def download(self) -> Any:
        """Download the file, and return the state of the job when it has come to rest."""
        request = {
            "kind": "download",
            "from": {"source": "dcache", "paths": ["/lst/a.txt"]},
            "to": {"source": "local", "path": "/"},
        }
        job = self.http.post("ctadata-jlab/jobs", json=request).json()
        end = time.monotonic() + PATIENCE
        while job["state"] not in {*FINAL, "blocked"} and time.monotonic() < end:
            time.sleep(0.1)
            job = self.http.get(f"ctadata-jlab/jobs/{job['id']}").json()
        return job["state"], job.get("reason") if job["state"] == "blocked" else None


def _launches(folder: Path, double: Double) -> Iterator[Launch]:
    for number in range(USERS):
        home = folder / f"user{number}"
        left = -60 if number in EXPIRED else 900
        token = jwt(sub=f"user{number}", exp=time.time() + left)
        store(home / "token", token)
        if number not in DEAD:
            double.tokens[token] = ALL
        login = f'login = {{ kind = "file", file = "{home / "token"}" }}\n'
        door = f'kind = "dcache"\nurl = "{double.door.url}"\nca = "{double.ca}"\nfrontend = "none"\n'
        yield launch(home, f"only = []\n[sources.dcache]\n{door}{login}")


@contextmanager
def _up(folder: Path, begun: list[Launch]) -> Iterator[list[User]]:
    """Run the servers, and be a client of each."""
    orders = [{"words": one.command[3:], "environment": one.environment, "log": str(one.log)} for one in begun]
    file = folder / "settings.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(orders))
    with ExitStack() as stack:
        clients = [stack.enter_context(one.client()) for one in begun]
        command = ["sh", "-c", f'exec "{sys.executable}" -m tests.tokens.servers < "{file}"']

        def ready() -> bool:
            return all(answers(client) for client in clients)

        stack.enter_context(running(command, log=folder / "log", ready=ready, folder=REPOSITORY, patience=180))
        yield [
            User(number, client, one.workspace.parent)
            for number, (client, one) in enumerate(zip(clients, begun, strict=True))
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twenty")


def test_nobody_is_blocked(double: Double, folder: Path) -> None:
    """All list at once, again and again, and download: each gets all; a dead token costs one 401 in all, one that ended none."""
    double.reset(Traps(block_after_401=3, block_seconds=120, cold_limiter=True))
    double.tokens = {}
    double.raw_put("/lst/a.txt", b"alpha")
    with _up(folder, list(_launches(folder, double))) as users, ThreadPoolExecutor(USERS) as pool:
        assert len({user.process for user in users}) == USERS
        for number in range(ROUNDS):
            double.traps.busy = number * 4  # so many are told to come again later
            for user, found in zip(users, pool.map(User.listing, users), strict=True):
                assert found == (["a.txt"] if user.is_in else "NotLoggedIn"), user.number
        for user, came in zip(users, pool.map(User.download, users), strict=True):
            assert came == (("done", None) if user.is_in else ("blocked", "login")), user.number
            assert (user.home / "workspace" / "a.txt").exists() == user.is_in
    asked = double.requests("door")
    assert [one.status for one in asked].count(401) == len(DEAD)
    assert 429 in {one.status for one in asked}  # or this shows nothing
