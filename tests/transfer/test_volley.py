"""Small files that go up many at once promise what single ones do: proven, never over something, nothing temporary left."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import Cancelled, Forbidden
from ctadata_jlab.storage import Checksum
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.readonly import ReadOnly
from ctadata_jlab.storage.webdav import WebDav
from ctadata_jlab.transfer import volley
from ctadata_jlab.transfer.haul import Haul
from ctadata_jlab.transfer.plan import plan_copy
from ctadata_jlab.transfer.progress import Progress, Watch
from ctadata_jlab.transfer.split import Split
from ctadata_jlab.transfer.volley import Volley, may_volley
from tests.storage.test_webdav import storage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ctadata_jlab.storage import Scattered, ToScatter
    from ctadata_jlab.transfer.job import Item
    from tests.rig.doors import Door

COUNT = 12
FILES = {f"run{n:02}.h5": random.Random(n).randbytes(1000 * n + 1) for n in range(COUNT)}
DOORS = pytest.mark.parametrize("name", ["wsgidav", "apache"])


class Run:
    """One volley of the folder *work*/lst to *door*; what fell to the hands is kept, with its error."""

    def __init__(
        self,
        door: Door,
        work: Path,
        before: Callable[[], object] = lambda: None,
        watch: Watch | None = None,
    ) -> None:
        self.root = door.fresh()
        door.raw_folder(f"{self.root}/lst")
        (work / "lst").mkdir(exist_ok=True)
        for name, data in FILES.items():
            (work / "lst" / name).write_bytes(data)
        source, target = Local(work), storage_of(door, self.root)
        assert may_volley(source, target)
        items = [item for item in plan_copy(source, ["/lst"], "/") if item.kind == "file"]
        before()
        self.begun: list[str] = []
        self.done: list[str] = []
        self.notes: set[str] = set()
        self.fallen: list[str] = []
        self.settled: list[str] = []
        self.progress = Progress()
        split = Split(iter(items), lambda: False, Haul.is_small)
        split.fall = self._fell  # type: ignore[method-assign] # nobody else takes them here
        worker = Volley(lambda item: f"t{item.n}", source, target, split, 4, self, settled=self._settled)
        with contextlib.suppress(Cancelled):
            worker.run(watch or Watch(self.progress))

    def _settled(self, ticket: str) -> None:
        assert len(self.settled) < len(self.done), "told before it was settled"
        self.settled.append(ticket)

    def _fell(self, item: Item, *, trouble: bool = False) -> None:
        del trouble
        self.fallen.append(item.path.rpartition("/")[2])

    def began(self, item: Item) -> None:
        self.begun.append(item.path)

    def ended(self, kept: list[Any]) -> None:
        self.done += [item.path.rpartition("/")[2] for item, _, _ in kept]
        self.notes |= {outcome.note for _, outcome, _ in kept}


@DOORS
def test_small_files_go_up_proven(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Every byte under its name; each was said to begin before, so that a successor can sweep; no temporary is left."""
    door: Door = request.getfixturevalue(name)
    run = Run(door, tmp_path)
    assert {file: door.raw_get(f"{run.root}/lst/{file}") for file in FILES} == FILES
    assert door.raw_names(f"{run.root}/lst") == sorted(FILES)
    assert (sorted(run.done), run.fallen, len(run.begun)) == (sorted(FILES), [], COUNT)
    assert run.notes == {"size checked only" if name == "apache" else "adler32 checked"}
    assert run.progress.done == sum(map(len, FILES.values()))


@DOORS
def test_a_name_that_came_meanwhile_is_not_replaced(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder looked free; at the last step it is not: theirs stays, ours leaves nothing."""
    door: Door = request.getfixturevalue(name)
    monkeypatch.setattr(Volley, "_is_free", lambda *_: True)
    original = type(door).fresh

    def fresh(self: Door) -> str:
        root = original(self)
        self.raw_put(f"{root}/lst/run03.h5", b"theirs")
        return root

    monkeypatch.setattr(type(door), "fresh", fresh)
    run = Run(door, tmp_path)
    assert run.fallen == ["run03.h5"]
    assert door.raw_get(f"{run.root}/lst/run03.h5") == b"theirs"
    assert door.raw_names(f"{run.root}/lst") == sorted(FILES)


def test_what_has_arrived_is_told_also_to_who_stops(
    wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is there says that a file has its name: untold, it would look like somebody else's the next time."""
    stop = threading.Event()
    scatter = WebDav.scatter

    def all_at_once(target: WebDav, files: Iterator[ToScatter | None], lines: int) -> Iterator[Scattered | None]:
        answers = list(scatter(target, files, lines))
        stop.set()
        yield from (answer for answer in answers if answer is not None)

    monkeypatch.setattr(WebDav, "scatter", all_at_once)
    run = Run(wsgidav, tmp_path, watch=Watch(stop=stop))
    assert sorted(run.done) == wsgidav.raw_names(f"{run.root}/lst") == sorted(FILES)
    assert len(run.settled) == COUNT


def test_who_stops_while_a_limit_lets_it_rest_has_what_has_arrived(wsgidav: Door, tmp_path: Path) -> None:
    """The bytes of a file that is done are counted last: there one may wait, and be stopped."""

    class Stopped(Watch):
        def moved(self, count: int) -> None:
            super().moved(count)
            raise Cancelled("The transfer was stopped.")

    run = Run(wsgidav, tmp_path, watch=Stopped())
    assert len(run.done) == len(run.settled) == 1
    assert set(run.done) <= set(wsgidav.raw_names(f"{run.root}/lst"))


def test_what_is_there_already_is_not_sent(wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is listed once: to be sent again and refused at the end would be a waste."""
    original = type(wsgidav).fresh

    def fresh(self: Door) -> str:
        root = original(self)
        self.raw_put(f"{root}/lst/run03.h5", b"theirs")
        return root

    monkeypatch.setattr(type(wsgidav), "fresh", fresh)
    run = Run(wsgidav, tmp_path)
    assert run.fallen == ["run03.h5"]
    assert "/lst/run03.h5" not in run.begun


def test_other_bytes_than_were_sent_get_no_name(wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's checksum is not ours: nothing is there, not even a temporary."""
    monkeypatch.setattr(volley._Loaded, "checksum", lambda *_: Checksum("adler32", "12345678"))
    run = Run(wsgidav, tmp_path)
    assert (sorted(run.fallen), run.done) == (sorted(FILES), [])
    assert wsgidav.raw_names(f"{run.root}/lst") == []


def test_a_file_that_is_not_as_it_was_planned_falls(wsgidav: Door, tmp_path: Path) -> None:
    """It has grown, or is a link or a pipe by now: the hands say what is to be done."""

    def change() -> None:
        (tmp_path / "lst/run03.h5").write_bytes(b"more" * 5000)
        (tmp_path / "lst/run04.h5").unlink()
        (tmp_path / "lst/run04.h5").symlink_to("/etc/passwd")
        (tmp_path / "lst/run05.h5").unlink()
        os.mkfifo(tmp_path / "lst/run05.h5")

    run = Run(wsgidav, tmp_path, change)
    assert sorted(run.fallen) == ["run03.h5", "run04.h5", "run05.h5"]
    assert len(run.done) == COUNT - 3


def test_a_source_for_reading_takes_nothing(wsgidav: Door, tmp_path: Path) -> None:
    """Neither one by one nor many at once."""
    storage = ReadOnly(storage_of(wsgidav))
    assert not may_volley(Local(tmp_path), storage)
    with pytest.raises(Forbidden):
        storage.scatter(iter(()), 4)
