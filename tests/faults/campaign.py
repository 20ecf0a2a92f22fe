"""The campaign: what is done, how large, which trap, at which moment, where it is killed; and the judgement of each run.

The judge knows nothing of how the package works. After a fault every place holds what it held or what it is to hold, whole;
beside it at most temporaries of ours that say whose they are. Then the same is asked again without any fault, as a user or the
next server would: now everything is where it belongs, and no temporary is left.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.transfer.part import Part
from tests.door import moments
from tests.door.double import ALL
from tests.door.moments import Moment
from tests.door.traps import Traps
from tests.faults.judge import Judge, is_told
from tests.faults.operations import OPERATIONS, Operation, content
from tests.faults.points import COUNTED, SITES, SIZES, STRANGER, Point, fit, traps
from tests.storage.test_dcache import dcache

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.door.double import Double

__all__ = ["Campaign", "Point", "Verdict", "assert_right", "campaigning"]

REPOSITORY = Path(__file__).parents[2]
KILLED = "ended by -9"


@dataclass(frozen=True)
class Verdict:
    """How a run ended: ``done``, an error's name, or ``ended by -9``; whether its fault came to pass; what is wrong with it."""

    point: Point
    said: str
    snapped: bool
    wrong: str = ""


class Campaign:
    """Runs at *double*, in *folder*, by a server of forks."""

    def __init__(self, double: Double, folder: Path, victims: subprocess.Popen[str]) -> None:
        self._double = double
        self._folder = folder
        self._victims = victims
        self._shapes: dict[tuple[str, int, bool], tuple[int, int]] = {}
        self._new = random.Random(7).randbytes(max(SIZES))

    # -- choosing ------------------------------------------------------------------------------------------------------

    def points(self, seed: int, seeds: int = 1) -> Iterator[Point]:
        """Yield distinct fault points without end; of several *seeds*, from 0, none has a point of another."""
        chance, seen = random.Random(seed), set()
        while True:
            point = self._draw(chance)
            if point.fault not in seen and zlib.crc32(repr(point.fault).encode()) % seeds == seed:
                seen.add(point.fault)
                yield point

    def verdicts(self, seed: int, count: int, seeds: int = 1) -> Iterator[Verdict]:
        """Run until *count* faults have come to pass."""
        for point in self.points(seed, seeds):
            verdict = self.run(point)
            yield verdict
            count -= verdict.snapped
            if not count:
                return

    def _draw(self, chance: random.Random) -> Point:
        point = Point(chance.choice(list(OPERATIONS)), chance.choice(SIZES), chance.random() < 0.5)
        operation = OPERATIONS[point.operation]
        requests, lines = self._shape(point)
        trap, last = chance.choice(list(traps(operation, point.size, requests, lines).items()))
        if chance.random() < 0.4 and "storage.modify" in operation.scopes:
            point = replace(point, kill=chance.randint(1, lines))
            if chance.random() < 0.6 or trap in {"stranger", "rewritten"}:
                trap, last = "", 0
        sites = tuple(name for name in SITES if chance.random() < 0.12 and fit(name, trap, operation))
        return replace(point, trap=trap, moment=chance.randint(min(1, last), last), sites=sites)

    def _shape(self, point: Point) -> tuple[int, int]:
        """Return how many requests and lines the operation takes when nothing is wrong."""
        key = (point.operation, point.size, point.frontend)
        if key not in self._shapes:
            self._prepare(point)
            counter = self._double.moment = Moment(0)
            said = self._perform(point, line=0)
            assert said["said"] == "done", said
            self._shapes[key] = counter.seen, said["lines"]
        return self._shapes[key]

    # -- one run -------------------------------------------------------------------------------------------------------

    def run(self, point: Point) -> Verdict:
        """Meet the fault, judge what is left, do it again without one, judge the end."""
        self._prepare(point)
        more = self._set(point)
        said = self._perform(point, **more)
        moment = self._double.moment
        snapped = said["said"] == KILLED if point.kill else moment is None or moment.snapped
        wrong = self._judge(point, said)
        if not wrong and point.trap not in {"stranger", "rewritten"}:
            self._heal(point, said)
            wrong = self._judge(point, self._perform(point), is_end=True)
        return Verdict(point, said["said"], snapped, wrong)

    def _prepare(self, point: Point) -> None:
        double, operation = self._double, OPERATIONS[point.operation]
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder / "work").mkdir(parents=True)
        double.reset(Traps.usual())
        if operation.part:
            self._begin(point, operation)
        for place, name in operation.before.items():
            self._put(place, content(name, self._new[: point.size]) or b"")
        double.tokens = {operation.token: set(operation.scopes)}

    def _begin(self, point: Point, operation: Operation) -> None:
        """Leave the first third of a download, of this or of another version."""
        data = self._new[: point.size]
        self._put("dcache:/f", data if operation.part == "same" else data[::-1])
        door = dcache(self._double)
        entry = door.stat("/f")
        door.close()
        with Part(self._folder / "work" / "f", "dcache", entry, ("adler32",)) as part:
            part.write(self._double.raw_get("/f")[: point.size // 3])

    def _put(self, place: str, data: bytes) -> None:
        if place.startswith("dcache:"):
            there = self._double.names.find(place.removeprefix("dcache:"))
            if there is None or there.data != data:
                self._double.raw_put(place.removeprefix("dcache:"), data)
        else:
            file = self._local(place)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def _local(self, place: str) -> Path:
        return self._folder / "work" / place.removeprefix("local:").strip("/")

    def _set(self, point: Point) -> dict[str, Any]:
        """Set the traps; return what the victim is to be told."""
        double, switches, trap = self._double, self._double.traps, point.trap
        for name in point.sites:
            setattr(switches, name, True)
        more: dict[str, Any] = {"line": point.kill} if point.kill else {}
        if trap in moments.KINDS:
            double.moment = Moment(point.moment, trap)
        elif trap in COUNTED:
            setattr(switches, trap, point.moment)
        elif trap.startswith("cut_"):
            setattr(switches, trap.removesuffix("_always"), 99 if trap.endswith("_always") else 1)
            switches.cut_after = point.moment - 1
        elif trap == "disk":
            more["disk"] = point.moment - 1
        elif trap in {"stranger", "rewritten"}:
            more.update(self._meddle(point))
        return more

    def _meddle(self, point: Point) -> dict[str, Any]:
        """Let somebody else write to the source (`rewritten`) or take the target's name (`stranger`) at the moment."""
        copies = OPERATIONS[point.operation].copies
        assert copies is not None
        place = copies[0] if point.trap == "rewritten" else copies[1]
        if place.startswith("dcache:"):
            self._double.moment = Moment(point.moment, act=lambda: self._double.raw_put(place[7:], STRANGER))
            return {}
        return {
            "line": point.moment,
            "writes": str(self._local(place)),
            "mode": "xb" if point.trap == "stranger" else "r+b",
        }

    def _heal(self, point: Point, said: dict[str, Any]) -> None:
        """Take all faults away, and do what the user was told to do."""
        if is_told(said):
            self._double.names.remove("/f")
        self._double.traps.__dict__.update(Traps.usual().__dict__)
        self._double.moment = None
        if "no_checksums" in point.sites:
            self._double.traps.no_checksums = True
        self._double.tokens = dict.fromkeys(self._double.tokens, ALL)

    def _perform(self, point: Point, **more: Any) -> dict[str, Any]:
        double = self._double
        task = {
            "operation": point.operation,
            "folder": str(self._folder),
            "door": double.door.url,
            "frontend": double.frontend.url if point.frontend else "",
            "ca": str(double.ca),
            "token": OPERATIONS[point.operation].token,
            **more,
        }
        assert self._victims.stdin is not None
        assert self._victims.stdout is not None
        self._victims.stdin.write(json.dumps(task) + "\n")
        self._victims.stdin.flush()
        said: dict[str, Any] = json.loads(self._victims.stdout.readline())
        double.wait_until_quiet()
        return said

    def _judge(self, point: Point, said: dict[str, Any], *, is_end: bool = False) -> str:
        return Judge(point, self._new[: point.size], said, self._found(), is_end).wrong()

    def _found(self) -> dict[str, bytes]:
        work = self._folder / "work"
        here = {f"local:/{file.relative_to(work)}": file.read_bytes() for file in work.rglob("*") if file.is_file()}
        return {**here, **{f"dcache:{path}": data for path, data in self._double.raw_files()}}


def assert_right(verdicts: Iterable[Verdict]) -> None:
    """Raise, naming every run with which something is wrong."""
    wrong = [f"{verdict.point}\n    {verdict.wrong}" for verdict in verdicts if verdict.wrong]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@contextmanager
def campaigning(double: Double, folder: Path) -> Iterator[Campaign]:
    """Start the server of forks."""
    command = [sys.executable, "-m", "tests.faults.victim"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as victims:
        yield Campaign(double, folder, victims)
        assert victims.stdin is not None
        victims.stdin.close()
        victims.wait(30)
