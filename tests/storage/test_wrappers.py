"""Retrying, pacing, remembering, read-only: each wrapper adds one thing and passes the rest on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import stamina

from ctadata_jlab.errors import Busy, Forbidden, NotFound, Unreachable
from ctadata_jlab.storage import Entry
from ctadata_jlab.storage.memory import Memory
from ctadata_jlab.storage.pacing import Pace, Pacing
from ctadata_jlab.storage.readonly import ReadOnly
from ctadata_jlab.storage.remembering import Remembering
from ctadata_jlab.storage.retrying import ATTEMPTS, Retrying, worth_repeating
from ctadata_jlab.storage.wrapper import Wrapper
from tests.storage.suite import Bytes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(testing=True, attempts=ATTEMPTS):
        yield


@pytest.fixture
def memory() -> Memory:
    storage = Memory()
    storage.put("/a/x", Bytes(b"1"), ticket="t")
    storage.put("/a/y", Bytes(b"2"), ticket="t")
    return storage


class Counted(Wrapper):
    """Counts, and fails as often as told."""

    def __init__(self, inner: Memory, failures: int = 0, error: Exception | None = None) -> None:
        super().__init__(inner)
        self.calls = 0
        self.failures = failures
        self.error = error or Unreachable("cut")

    def _count(self) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error

    def stat(self, path: str) -> Entry:
        self._count()
        return super().stat(path)

    def list(self, folder: str) -> Iterator[Entry]:
        self._count()
        yield from super().list(folder)

    def remove(self, path: str) -> None:
        self._count()
        super().remove(path)


class Breaks(Counted):
    """Fails after the first entry of a listing."""

    def list(self, folder: str) -> Iterator[Entry]:
        self.calls += 1
        yield Entry("/a/x", "file")
        raise Unreachable("cut")


def test_looking_is_repeated(memory: Memory) -> None:
    """A passing fault is not the user's business."""
    flaky = Counted(memory, failures=2)
    assert Retrying(flaky).stat("/a/x").size == 1
    assert flaky.calls == 3


def test_repeating_ends(memory: Memory) -> None:
    """A lasting fault is told."""
    with pytest.raises(Unreachable):
        Retrying(Counted(memory, failures=99)).stat("/a/x")


def test_a_final_error_is_not_repeated(memory: Memory) -> None:
    """What cannot succeed is asked once."""
    flaky = Counted(memory, failures=99, error=NotFound("gone"))
    with pytest.raises(NotFound):
        Retrying(flaky).stat("/a/x")
    assert flaky.calls == 1


def test_a_write_is_never_repeated(memory: Memory) -> None:
    """A write whose answer was lost may have happened."""
    flaky = Counted(memory, failures=1)
    with pytest.raises(Unreachable):
        Retrying(flaky).remove("/a/x")
    assert flaky.calls == 1


def test_a_listing_that_has_begun_is_not_repeated(memory: Memory) -> None:
    """Otherwise entries would come twice."""
    broken = Breaks(memory)
    seen: list[Entry] = []
    with pytest.raises(Unreachable):
        seen.extend(Retrying(broken).list("/a"))
    assert broken.calls == 1


def test_a_listing_that_has_not_begun_is_repeated(memory: Memory) -> None:
    """Nothing came, so nothing comes twice."""
    assert {entry.name for entry in Retrying(Counted(memory, failures=2)).list("/a")} == {"x", "y"}


def test_the_server_says_how_long_to_wait() -> None:
    """Retry-After is honoured as long as it is bearable."""
    assert worth_repeating(Busy("later", after=7.0)) == 7.0
    assert worth_repeating(Busy("much later", after=900.0)) is False
    assert worth_repeating(Unreachable("cut")) is True
    assert worth_repeating(ValueError("a bug")) is False


def test_starts_are_spaced() -> None:
    """Four starts at 200 a second take three gaps of 5 ms."""
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(200, clock=lambda: now[0], sleep=sleep)
    for _ in range(4):
        pace.wait()
    assert slept == pytest.approx([0.005] * 3)


def test_a_site_may_want_fewer_at_once() -> None:
    """What is configured for a source wins over what its kind bears; a storage that paces itself is not made to wait twice."""
    memory = Memory({"/f": b"1"})
    assert Pacing(memory).traits == memory.traits
    assert Pacing(memory, connections=2).traits.connections == 2
    memory.traits = replace(memory.traits, starts_per_second=5, extras=frozenset({"paced"}))
    assert Pacing(memory)._pace._gap == 0
    assert Pacing(memory, starts_per_second=4)._pace._gap == 0.25


def test_a_refusal_slows_down_for_a_while() -> None:
    """After each 429 the starts are twice as far apart, for a crowd of them once; when it has been quiet they come closer again."""
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 4))

    pace = Pace(200, clock=lambda: now[0], sleep=sleep)

    def gaps() -> float:
        now[0] += 0.4
        pace.wait()
        before = len(slept)
        pace.wait()
        return slept[before]

    assert gaps() == 0.005
    pace.pause(0.1)
    pace.pause(0.1)
    now[0] += 1
    assert gaps() == 0.01
    pace.pause(0.1)
    now[0] += 1
    assert gaps() == 0.02
    now[0] += 10
    assert gaps() == 0.01
    now[0] += 10
    assert (gaps(), gaps()) == (0.005, 0.005)
    for _ in range(20):
        now[0] += 1
        pace.pause(0.0)
    now[0] += 1
    assert gaps() == 0.25


def test_every_request_waits_for_its_turn(memory: Memory) -> None:
    """No method is forgotten."""
    turns: list[float] = []
    paced = Pacing(memory, Pace(1, clock=lambda: 0.0, sleep=turns.append))
    list(paced.list("/a"))
    paced.stat("/a/x")
    paced.open("/a/x")
    paced.put("/a/z", Bytes(b""), ticket="t")
    paced.make_folder("/b")
    paced.move("/a/z", "/a/zz")
    paced.remove("/a/zz")
    paced.stage(["/a/x"])
    assert len(turns) == 7  # the first goes at once


def test_a_listing_is_remembered_for_a_while(memory: Memory) -> None:
    """Going back and forth does not ask the door again; half a minute later it does."""
    now = [0.0]
    counted = Counted(memory)
    browse = Remembering(counted, seconds=30, clock=lambda: now[0])
    assert {e.name for e in browse.list("/a")} == {e.name for e in browse.list("/a")} == {"x", "y"}
    assert counted.calls == 1
    now[0] = 31
    list(browse.list("/a"))
    assert counted.calls == 2


@pytest.mark.parametrize("write", ["put", "remove", "move", "make_folder"])
def test_own_writes_are_seen_at_once(memory: Memory, write: str) -> None:
    """What the user does here shows here."""
    browse = Remembering(memory)
    before = {e.name for e in browse.list("/a")}
    if write == "put":
        browse.put("/a/new", Bytes(b""), ticket="t")
    elif write == "remove":
        browse.remove("/a/x")
    elif write == "move":
        browse.move("/a/x", "/a/moved")
    else:
        browse.make_folder("/a/sub")
    assert {e.name for e in browse.list("/a")} != before


def test_half_a_listing_is_not_remembered(memory: Memory) -> None:
    """Only whole listings are kept."""
    broken = Breaks(memory)
    browse = Remembering(broken)
    for _ in range(2):
        with pytest.raises(Unreachable):
            list(browse.list("/a"))
    assert broken.calls == 2


def test_a_listing_begun_before_a_write_is_not_remembered(memory: Memory) -> None:
    """It may have missed it."""
    browse = Remembering(memory)
    entries = browse.list("/a")
    next(entries)
    browse.forget("/a")
    list(entries)
    browse.put("/b", Bytes(b""), ticket="t")
    memory.put("/a/late", Bytes(b""), ticket="t")
    assert "late" in {e.name for e in browse.list("/a")}


def test_memory_is_bounded(memory: Memory) -> None:
    """The oldest listings go when there are too many entries."""
    for n in range(10):
        memory.put(f"/many/{n}", Bytes(b""), ticket="t")
    counted = Counted(memory)
    browse = Remembering(counted, entries=10)
    list(browse.list("/many"))
    list(browse.list("/a"))
    list(browse.list("/many"))
    assert counted.calls == 3


def test_read_only_refuses_every_write_and_says_so(memory: Memory) -> None:
    """Reads pass, writes do not, and the traits tell."""
    storage = ReadOnly(memory)
    assert not storage.traits.writable
    assert storage.stat("/a/x").size == 1
    for attempt in (
        lambda: storage.put("/n", Bytes(b""), ticket="t"),
        lambda: storage.make_folder("/n"),
        lambda: storage.move("/a/x", "/n"),
        lambda: storage.remove("/a/x"),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert {e.name for e in memory.list("/")} == {"a"}
