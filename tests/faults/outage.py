"""Storage that goes away in the middle of two jobs, one down and one up, and comes back; nobody does anything about it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.e2e.server import Client
    from tests.rig.doors import Door

__all__ = ["Carrying", "files_of"]

SIZES = (0, 1, 70_000, 500_000, 500_000, 2_000_000, 4_000_000, 9_000_000)


def files_of(door: Door) -> dict[str, bytes]:
    """Return all files of a door of the rig, by their paths."""
    files = (file for file in door.root.rglob("*") if file.is_file())
    return {f"/{file.relative_to(door.root)}": file.read_bytes() for file in files}


@dataclass
class Carrying:
    """A folder of mixed sizes each way between the workspace and *source*, whose files `raw_put` and `raw_files` reach behind its back."""

    server: Client
    source: str
    raw_put: Callable[[str, bytes], object]
    raw_files: Callable[[], dict[str, bytes]]
    folder: str = ""
    rate: int = 0
    """Bytes a second that each job may move; 0: as fast as it goes."""

    def seen_by(self, server: Client) -> Carrying:
        """Return the same, as another server sees it."""
        other = replace(self, server=server)
        other._down, other._up, other._ids = self._down, self._up, self._ids
        return other

    def begin(self, chance: random.Random) -> None:
        """Let both jobs start."""
        self._down = {f"f{n}": chance.randbytes(size) for n, size in enumerate(SIZES)}
        self._up = {f"f{n}": chance.randbytes(size) for n, size in enumerate(SIZES)}
        (self.server.workspace / "up").mkdir()
        for name, data in self._down.items():
            self.raw_put(f"{self.folder}/down/{name}", data)
        for name, data in self._up.items():
            (self.server.workspace / "up" / name).write_bytes(data)
        self._ids = [
            self._post("download", self.source, f"{self.folder}/down", {"source": "local", "path": "/"}),
            self._post("upload", "local", "/up", {"source": self.source, "path": self.folder or "/"}),
        ]

    def _post(self, kind: str, source: str, path: str, to: dict[str, str]) -> str:
        request: dict[str, Any] = {"kind": kind, "from": {"source": source, "paths": [path]}, "to": to}
        answer = self.server.ask("POST", "jobs", json=request)
        assert answer.status_code == 201, answer.text
        job_id = str(answer.json()["id"])
        if self.rate:
            limited = self.server.ask("PATCH", f"jobs/{job_id}", json={"action": "limit", "limit": self.rate})
            assert limited.status_code == 200, limited.text
        return job_id

    def wait_for(self, share: float) -> None:
        """Wait until both have carried *share* of their bytes."""
        end = time.monotonic() + 120
        while not all(job["bytes_done"] >= share * sum(SIZES) for job in self._jobs()):
            assert time.monotonic() < end, self._jobs()
            time.sleep(0.05)

    def lose(self, gone: AbstractContextManager[object], seconds: float) -> None:
        """Have no storage for so long."""
        self.wait_for(0.2)
        assert not any(job["state"] == "done" for job in self._jobs()), "it was over too soon"
        with gone:
            time.sleep(seconds)

    def finish(self, patience: float = 180, look: Callable[[], float | None] = lambda: None) -> set[float]:
        """Wait for the end, and see that every byte is where it belongs, and nothing else; return what *look* told meanwhile."""
        end, told = time.monotonic() + patience, set()
        while any(job["state"] not in {"done", "failed", "cancelled"} for job in self._jobs()):
            assert time.monotonic() < end, self._jobs()
            told.add(look() or 0.0)
            time.sleep(0.1)
        for job in self._jobs():
            assert (job["state"], job["files_failed"]) == ("done", 0), job
        here = self.server.workspace / "down"
        assert {file.name: file.read_bytes() for file in here.iterdir()} == self._down
        found = {path: data for path, data in self.raw_files().items() if path.startswith(f"{self.folder}/up/")}
        assert {path.rpartition("/")[2]: data for path, data in found.items()} == self._up
        return told - {0.0}

    def _jobs(self) -> list[dict[str, Any]]:
        return [self.server.get(f"jobs/{job_id}") for job_id in self._ids]
