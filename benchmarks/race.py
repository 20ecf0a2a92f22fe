"""A race: several programs do the same, one after another, round after round; each is a process that is timed and weighed."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Contestant", "Race", "Run"]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to do it. `is_ours`: it prints how long the work took, without the start of its interpreter."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """How long one turn took, in seconds, the processor's time in it, and the most memory it had, in MB."""

    seconds: float
    processor: float
    memory: float


@dataclass
class Race:
    """What was raced, and each contestant's turns. The first contestant is whom the others are compared with."""

    title: str
    amount: float
    unit: str
    contestants: Sequence[Contestant]
    turns: dict[str, list[Run]] = field(default_factory=dict)

    def go(self, folder: Path, rounds: int, sweep: Callable[[], object], check: Callable[[], object]) -> None:
        """Let all run *rounds* times; *sweep* makes the place as it was before each turn, *check* raises if a turn did not do it."""
        for number in range(rounds + 1):  # the first round fills caches and is not counted
            first = number % len(self.contestants)
            for contestant in [*self.contestants[first:], *self.contestants[:first]]:
                sweep()
                os.sync()
                run = _turn(contestant, folder)
                check()
                if number:
                    self.turns.setdefault(contestant.name, []).append(run)

    def seconds(self, name: str) -> list[float]:
        """Return the seconds of each turn of *name*."""
        return [run.seconds for run in self.turns[name]]

    def ratios(self, name: str) -> list[float]:
        """Return, for each round, how many times as long as the first contestant *name* took."""
        ours = self.seconds(self.contestants[0].name)
        return [theirs / mine for theirs, mine in zip(self.seconds(name), ours, strict=True)]

    def rate(self, name: str) -> float:
        """Return how much *name* does in a second."""
        return self.amount / statistics.median(self.seconds(name))


def _turn(contestant: Contestant, folder: Path) -> Run:
    said, complained = folder / "stdout", folder / "stderr"
    with said.open("wb") as out, complained.open("wb") as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in contestant.command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**_environment(), **contestant.environment},
        )
        scales = _Scales(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        words = complained.read_text(errors="replace")[-1000:] + said.read_text(errors="replace")[-1000:]
        raise RuntimeError(f"{contestant.name} ended with {process.returncode}: {words}")
    if contestant.is_ours:
        seconds = float(said.read_text().split()[-1])
    return Run(seconds, usage.ru_utime + usage.ru_stime, scales.stop())


class _Scales:
    """Looks every now and then at the most memory that a process has had; the kernel's own sum counts who started it, too."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._most = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the most that was seen, in MB."""
        self._ended.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            with contextlib.suppress(OSError):
                lines = self._status.read_text().splitlines()
                self._most = max(
                    [self._most, *(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))]
                )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("RCLONE_", "BEARER_", "X509_"))}
