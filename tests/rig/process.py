"""A server as a child process: started as an unprivileged user, waited for, and never left behind."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hunt import HUNTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["RigError", "User", "free_port", "need", "rig_folder", "running", "tail", "user"]

PREFIX = "ctadata-rig-"
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


class RigError(RuntimeError):
    """A server of the rig does not do its part; the text ends with what it logged."""


@dataclass(frozen=True, slots=True)
class User:
    """Who a server runs as, and hence who must own its files."""

    name: str
    uid: int
    gid: int

    def own(self, path: Path) -> Path:
        """Give *path* (not what lies below) to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)
        return path

    def folder(self, path: Path) -> Path:
        """Make the folder *path* and give it to this user."""
        path.mkdir(parents=True)
        return self.own(path)

    def file(self, path: Path, text: str) -> Path:
        """Write a file that this user alone can read: it may hold a secret."""
        path.touch(mode=0o600)
        path.write_text(text)
        return self.own(path)


def user(name: str) -> User:
    """Return the user *name* when the tests run as root; servers refuse to be root. Otherwise ourselves."""
    entry = pwd.getpwnam(name) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def need(program: str) -> str:
    """Return the path of *program*, or skip the test; with RIG_REQUIRED set, fail instead of skipping."""
    found = shutil.which(program, path=SEARCH_PATH)
    if found is not None:
        return found
    reason = f"{program} is not installed: scripts/debian-packages test"
    if os.environ.get("RIG_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """Return a port that nobody listens on or was given, neither in this run of the tests nor in one beside it.

    It lies below the range that Linux gives to outgoing connections, and is ours until this process ends: by an
    abstract socket, a name that one process at a time can hold (unix(7)).
    """
    while True:
        port = secrets.choice(range(20_000, 32_000))
        ours = socket.socket(socket.AF_UNIX)
        try:
            ours.bind(f"\0{PREFIX}{port}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("", port))
        except OSError:
            ours.close()
            continue
        ours.detach()  # nobody closes it but the end of this process
        return port


def tail(log: Path, characters: int = 4000) -> str:
    """Return the end of a log, for an error's text."""
    return log.read_text(errors="replace")[-characters:] if log.exists() else "(no log)"


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    run_as: User | None = None,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    patience: float = 30,
    keeps: bool = True,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* until the block ends, which begins when *ready* says so.

    The process leads its own group, so that Ctrl-C reaches pytest alone and teardown keeps its order; and it is told
    to end when pytest dies without a teardown. One that *keeps* nothing is not asked to end, but killed.
    """
    with log.open("ab") as output:
        if run_as is not None:
            run_as.own(log)
        process = subprocess.Popen(
            [*_unprivileged(run_as), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait(process, ready, log, patience)
        yield process
    finally:
        _stop(process, politely=keeps)


def _unprivileged(run_as: User | None) -> list[str]:
    command = [need("setpriv"), "--pdeathsig", "TERM"]
    if run_as is not None and os.geteuid() == 0:
        command += [f"--reuid={run_as.uid}", f"--regid={run_as.gid}", "--clear-groups"]
    return command


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, patience: float) -> None:
    end = time.monotonic() + patience
    while not ready():
        if process.poll() is not None:
            raise RigError(f"{process.args!r} ended with status {process.returncode}:\n{tail(log)}")
        if time.monotonic() > end:
            raise RigError(f"{process.args!r} is not ready after {patience:g} s:\n{tail(log)}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], *, politely: bool) -> None:
    """End the process and all its children: politely, then not."""
    for number, patience in ((signal.SIGTERM, 5 if politely else 0), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


@pytest.fixture(scope="session")
def rig_folder() -> Iterator[Path]:
    """Make the one folder below which all servers keep everything; it is reachable by the users they run as."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    with (folder / "in-use").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield folder
        HUNTER.learn(folder)
        HUNTER.search(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what test runs left behind that were killed: older than an hour, and nobody holds the lock."""
    for mark in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/in-use"):
        try:
            if time.time() - mark.stat().st_mtime < 3600:
                continue
            with mark.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(mark.parent, ignore_errors=True)
        except OSError:
            continue  # in use, or somebody else's
