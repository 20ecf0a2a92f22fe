"""A whole Jupyter server that is killed again and again while it downloads and uploads, and what must hold after each death.

A file that has its final name is whole. A new server asks for no file that was whole; of a large one, only for what is missing;
so that at most what the few running files had on the way is carried twice. An upload that was cut begins again, by itself.
"""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ctadata_jlab.transfer.haul import LARGEST
from ctadata_jlab.transfer.part import part_names
from tests.door.double import TOKEN
from tests.door.traps import Traps
from tests.e2e.server import REPOSITORY, Client, answers, launch

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from tests.door.double import Double

__all__ = ["Siege", "source_of"]

SIZES = (0, 1, 1_000, 1_000, 60_000, 200_000, 200_000, 700_000, 1_500_000, 3_000_000, 12_000_000)
RATE = 3_000_000
AT_ONCE = 4
_CONFIG = """
only = []
[sources.grid]
kind = "dcache"
url = "{door}"
frontend = "{frontend}"
ca = "{ca}"
[sources.grid.login]
kind = "file"
file = "{token}"
"""


@dataclass
class Siege:
    """One folder down and one up, by a server in *folder* at *double*, with deaths that *chance* chooses."""

    double: Double
    folder: Path
    chance: random.Random
    kills: int = 0
    resumed: int = 0
    """How many downloads have gone on in the middle."""
    begun_again: int = 0
    """How many uploads were sent a second time."""
    _cut: set[str] = field(default_factory=set)
    """What was on the way when a server died, and is not whole yet."""

    def run(self, kills: int) -> None:
        """Kill up to *kills* times; then, or when all is done, let it be finished, and look."""
        self._prepare()
        ids: list[str] = []
        for _ in range(kills):
            if self._is_done():
                break
            self._live(ids)
        self._finish(ids)

    # -- what is to be carried -----------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self.double.reset(replace(Traps.usual(), rate=RATE))
        self._down = {f"/down/f{n}": self.chance.randbytes(size) for n, size in enumerate(SIZES)}
        self._up = {f"/up/f{n}": self.chance.randbytes(size) for n, size in enumerate(SIZES)}
        self._setting = self._launch()
        for path, data in self._down.items():
            self.double.raw_put(path, data)
        for path, data in self._up.items():
            file = self._local(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def _launch(self) -> Any:
        self.folder.mkdir(exist_ok=True)
        return launch(self.folder, source_of(self.double, self.folder))

    def _local(self, path: str) -> Path:
        return self.folder / "workspace" / path.strip("/")

    # -- living and dying ----------------------------------------------------------------------------------------------

    def _live(self, ids: list[str]) -> None:
        """Start a server, let it live for a while, kill it, and look at what it leaves."""
        asked = len(self.double.asked)
        whole, parts = self._whole(), self._parts()
        with self._server() as process:
            born = time.monotonic()
            if not ids:
                ids += self._submit()
            elif self.chance.random() < 0.8:
                self._wait_for_requests(asked)
            time.sleep(self.chance.random() * (1.5 if ids else 0.5))
            assert process.poll() is None, f"it ended by itself after {time.monotonic() - born} s"
            process.send_signal(signal.SIGKILL)
        self.kills += 1
        self.double.wait_until_quiet()
        self._look(asked, whole, parts)

    def _server(self) -> subprocess.Popen[bytes]:
        with self._setting.log.open("ab") as log:
            return subprocess.Popen(
                self._setting.command, env=self._setting.environment, cwd=REPOSITORY, stdout=log, stderr=log
            )

    def _submit(self) -> Iterator[str]:
        with self._setting.client() as http:
            _wait(lambda: answers(http))
            client = Client(http, self._setting.workspace, 0, self._setting.log)
            for kind, source, to in (("download", "grid", "local"), ("upload", "local", "grid")):
                path = "/down" if kind == "download" else "/up"
                request = {"kind": kind, "from": {"source": source, "paths": [path]}, "to": {"source": to, "path": "/"}}
                answer = client.ask("POST", "jobs", json=request)
                assert answer.status_code == 201, answer.text
                yield answer.json()["id"]

    def _wait_for_requests(self, asked: int) -> None:
        """Let it come as far as the door, unless there is nothing left to ask."""
        end = time.monotonic() + 20
        while len(self.double.asked) == asked and time.monotonic() < end and not self._is_done():
            time.sleep(0.02)

    # -- looking -------------------------------------------------------------------------------------------------------

    def _whole(self) -> set[str]:
        """Return what has its final name, and see that it is whole."""
        found = {path for path in self._down if self._local(path).exists()}
        for path in found:
            assert _hash(self._local(path).read_bytes()) == _hash(self._down[path]), f"{path} is not whole"
        there = {path for path in self._up if self.double.names.find(path) is not None}
        for path in there:
            assert _hash(self.double.raw_get(path)) == _hash(self._up[path]), f"{path} is not whole on the server"
        return found | there

    def _is_done(self) -> bool:
        return self._whole() == {*self._down, *self._up}

    def _parts(self) -> dict[str, int]:
        """Return how much of each large download is there, by a sidecar's word."""
        found = {}
        for path in self._down:
            part, sidecar = part_names(self._local(path))
            if part.exists() and sidecar.exists() and json.loads(sidecar.read_bytes())["identity"]["path"] == path:
                found[path] = part.stat().st_size
        return found

    def _look(self, asked: int, whole: set[str], parts: dict[str, int]) -> None:
        """See what the dead server has asked for, knowing what was *whole* and which *parts* there were when it began."""
        starts = self._carried(asked)
        again = set(starts) & whole
        assert not again, f"{again} were carried a second time though they were whole"
        assert all(len(each) == 1 for each in starts.values()), f"carried twice in one life: {starts}"
        for path, size in parts.items():
            assert starts.get(path, [size]) == [size], f"{path} had {size} bytes, asked from {starts[path]}"
        self.resumed += sum(bool(start) for (start,) in starts.values())
        self.begun_again += len(self._cut & set(starts) & set(self._up))
        running = set(starts) - self._whole()
        large = {
            path for path in running if len({**self._down, **self._up}[path]) > LARGEST
        }  # small ones come in batches
        assert len(large) <= AT_ONCE, f"more were on the way than may be: {large}"
        self._cut = (self._cut | running) - self._whole()
        self._account()

    def _carried(self, asked: int) -> dict[str, list[int]]:
        """Return from which byte each file was asked of a pool, or sent to one."""
        found: dict[str, list[int]] = {}
        for one in self.double.asked[asked:]:
            if one.server != "pool" or "close" in one.headers.get("connection", ""):
                continue
            path = unquote(urlsplit(one.path).path)
            start = one.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0]
            found.setdefault(_final(path), []).append(int(start))
        return found

    def _account(self) -> None:
        """See that nothing lies about but a temporary of each upload that was begun and is not done yet."""
        there = [path for path, _ in self.double.raw_files() if path not in {*self._down, *self._up}]
        assert len(there) == len({_final(path) for path in there}), f"left on the server: {there}"
        assert {_final(path) for path in there} <= set(self._up) - self._whole(), f"left on the server: {there}"

    # -- the end -------------------------------------------------------------------------------------------------------

    def _finish(self, ids: list[str]) -> None:
        asked, whole, parts = len(self.double.asked), self._whole(), self._parts()
        with self._server() as process:
            try:
                ids = ids or list(self._submit())
                self._expect_done(ids)
            finally:
                process.kill()
        self._look(asked, whole, parts)
        assert self._is_done()
        here = sorted(file.name for file in self._local("/down").iterdir())
        assert here == sorted(path.rpartition("/")[2] for path in self._down)
        assert self.double.raw_names("/up") == sorted(path.rpartition("/")[2] for path in self._up)

    def _expect_done(self, ids: list[str]) -> None:
        with self._setting.client() as http:
            _wait(lambda: answers(http))
            client = Client(http, self._setting.workspace, 0, self._setting.log)
            for job_id in ids:
                job = client.wait(job_id, 120)
                assert job["state"] == "done", job
                assert (job["files_done"] + job["files_skipped"], job["files_failed"]) == (len(SIZES), 0), job


def source_of(double: Double, folder: Path) -> str:
    """Return the settings for *double* as a source called ``grid``; its token is in *folder*."""
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    return _CONFIG.format(door=double.door.url, frontend=double.frontend.url, ca=double.ca, token=token)


def _final(path: str) -> str:
    """Return the file that a temporary is for."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.removeprefix('.').split('.')[0]}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _wait(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.02)
