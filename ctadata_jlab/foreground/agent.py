"""The old client's agent: a process in the background that keeps the token file fresh, for scripts which only read that.

It ends when the stop file appears, as the old agents do; they and this one share the profile folder and its files.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import filelock

from ctadata_jlab import config
from ctadata_jlab.errors import Busy, CtaDataError, Misconfigured, NotLoggedIn
from ctadata_jlab.tokens.file import TokenFile, store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ctadata_jlab.session import Source
    from ctadata_jlab.tokens.keeper import Keeper

__all__ = ["Agent", "stop_all", "stop_file"]

PERIOD = 300.0  # seconds between two looks, as the old agents have it
_TICK = 1.0  # seconds, the same
_PATIENCE = 20.0  # seconds for a process to begin, or to end
_OLD_ONES = 2.5  # seconds after which every old agent has seen the stop file


def stop_file() -> Path:
    """Return the file whose appearance ends all agents, of prod and dev."""
    return config.profile_folder() / "cta_agent_stop"


class Agent:
    """The agent of one source; at most one runs."""

    def __init__(self, source: Source, pause: Callable[[float], object] = time.sleep) -> None:
        if source.keeper is None or source.token_file is None:
            raise Misconfigured(f"The tokens of {source.title} are not kept in a file.", hint="There is nothing to do.")
        self._keeper: Keeper = source.keeper
        self._name = source.name
        self._file = source.token_file
        self._pause = pause

    @property
    def _lock(self) -> filelock.FileLock:
        return filelock.FileLock(config.profile_folder() / f"agent-{self._name}.lock", timeout=0, mode=0o600)

    def is_running(self) -> bool:
        """Whether such a process is at work, here or on another machine with this home."""
        return _is_held(self._lock)

    def start(self) -> None:
        """Start the process and wait until it is at work; raises `Busy` if it does not get there."""
        log = config.profile_folder() / "agent.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)
        command = [sys.executable, "-m", "ctadata_jlab.cli", "--source", self._name, "agent"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        end = time.monotonic() + _PATIENCE
        while not self.is_running():
            if process.poll() is not None or time.monotonic() > end:
                raise Busy("The agent did not start.", hint=f"{log} tells why.")
            self._pause(0.05)

    def run(self, say: Callable[[str], object], period: float = PERIOD) -> None:
        """Keep the token file fresh until the stop file appears or the login has ended; errors are said, and tried again."""
        stop_file().unlink(missing_ok=True)  # of an earlier agent
        with self._lock:
            while not stop_file().exists():
                try:
                    self._refresh(period)
                except NotLoggedIn as error:
                    say(f"{error.message} {error.hint}")
                    return
                except CtaDataError as error:
                    say(error.message)
                self._wait(period)

    def _refresh(self, period: float) -> None:
        token = self._keeper.token(min_valid=2 * period)
        held = None
        with suppress(CtaDataError):
            held = TokenFile(self._file).held()
        if held is None or held.value != token.value:
            store(self._file, token.value)

    def _wait(self, period: float) -> None:
        end = time.monotonic() + period
        while time.monotonic() < end and not stop_file().exists():
            self._pause(min(_TICK, period))


def stop_all(pause: Callable[[float], object] = time.sleep) -> int:
    """Ask all agents to end, wait until they have, and return how many of ours did; raises `Busy` if one does not."""
    folder = config.profile_folder()
    locks = [filelock.FileLock(path, timeout=0) for path in folder.glob("agent-*.lock")]
    running = [lock for lock in locks if _is_held(lock)]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stop_file().touch(mode=0o600)
    began = time.monotonic()
    while stop_file().exists() and (time.monotonic() < began + _OLD_ONES or any(map(_is_held, running))):
        if time.monotonic() > began + _PATIENCE:
            raise Busy("An agent does not stop.", hint="It may run on another machine; it stops when it sees the file.")
        pause(0.1)
    if not any(map(_is_held, running)):
        stop_file().unlink(missing_ok=True)  # it would end the next agent at once
    return len(running)


def _is_held(lock: filelock.FileLock) -> bool:
    try:
        with lock:
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return False
