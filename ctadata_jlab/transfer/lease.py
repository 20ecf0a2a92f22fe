"""Who owns the queue: one engine at a time, found out without trusting clocks of other machines.

The owner writes down its host, its boot, its process and when that process began, and raises a counter while it lives.
It is dead when its process is gone from this very host, or when the counter has stood still for a minute of our own clock.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from ctadata_jlab.transfer.disk import boot_id

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BEAT", "DEAD_AFTER", "Lease"]

BEAT = 10.0
DEAD_AFTER = 60.0
_Owner = dict[str, Any]


class Lease:
    """The right to work on the queue in *folder*. `hold` takes, keeps or loses it; to be called every `BEAT` seconds."""

    def __init__(
        self, folder: Path, *, monotonic: Callable[[], float] = time.monotonic, me: _Owner | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = folder / "owner.json"
        self._guard = filelock.FileLock(str(folder / "owner.lock"), timeout=5)
        self._monotonic = monotonic
        self._me = {**(me or _this_process()), "engine": os.urandom(8).hex()}
        self._beat = 0
        self._seen: tuple[_Owner, float] | None = None
        self.held = False
        self.holder = ""
        """Who holds it, in words; empty when it is free or ours."""

    def hold(self) -> bool:
        """Take the lease if it is free or its owner is dead, or keep it; returns whether it is ours."""
        try:
            with self._guard:
                self._renew()
        except (
            filelock.Timeout,
            OSError,
            NotImplementedError,
        ) as error:  # full, slow or without locks: it stays whose it was
            self.holder = (
                "" if self.held else self.holder or f"nobody, since {self._file.parent} cannot be locked ({error})"
            )
        return self.held

    def release(self) -> None:
        """Give it back."""
        with contextlib.suppress(filelock.Timeout, OSError), self._guard:
            if self._is_mine(self._read()):
                self._file.unlink(missing_ok=True)
        self.held = False

    def _renew(self) -> None:
        owner = self._read()
        self.held = owner is None or self._is_mine(owner) or self._is_dead(owner)
        self.holder = "" if self.held or owner is None else f"process {owner.get('pid')} on {owner.get('host')}"
        if self.held:
            self._beat += 1
            temporary = self._file.with_name("owner.json~")
            temporary.write_text(json.dumps({**self._me, "beat": self._beat}), encoding="utf-8")
            temporary.replace(self._file)

    def _is_mine(self, owner: _Owner | None) -> bool:
        return owner is not None and owner.get("engine") == self._me["engine"]

    def _is_dead(self, owner: _Owner) -> bool:
        if all(owner.get(fact) == self._me[fact] for fact in ("host", "boot", "space")) and owner.get("began"):
            return _began(int(owner["pid"])) != str(owner["began"])
        now = self._monotonic()
        if self._seen is None or self._seen[0] != owner:
            self._seen = (owner, now)
        return now - self._seen[1] >= DEAD_AFTER

    def _read(self) -> _Owner | None:
        try:
            owner = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            return {}
        return owner if isinstance(owner, dict) else {}


def _this_process() -> _Owner:
    pid = os.getpid()
    return {"host": socket.gethostname(), "boot": boot_id(), "space": _pid_space(), "pid": pid, "began": _began(pid)}


def _pid_space() -> str:
    """Return which containers' processes can be seen from here."""
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 — not a path
    except OSError:
        return ""


def _began(pid: int) -> str:
    """Return when process *pid* began, in the system's own ticks; empty when there is none (or the system does not say)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] in {"Z", "X"} else fields[19]
