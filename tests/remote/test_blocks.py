"""The blocks of a file that is read here and there: what is fetched, and that it is right."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctadata_jlab.remote.blocks import FURTHEST, Blocks

DATA = random.Random(1).randbytes(10_007)


class Counted:
    """Fetches of `DATA`, and how often."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.data)
        self.asked.append((start, end))
        return self.data[start:end]

    @property
    def total(self) -> int:
        return sum(end - start for start, end in self.asked)


@given(
    reads=st.lists(st.tuples(st.integers(-5, 10_100), st.integers(-5, 10_100)), max_size=30),
    block=st.integers(1, 3000),
    kept=st.integers(1, 20),
)
@example(reads=[(at, at + 1) for at in range(0, 10_000, 300)], block=100, kept=4)
def test_any_reads_in_any_order_give_the_files_bytes(reads: list[tuple[int, int]], block: int, kept: int) -> None:
    """Whatever the size of blocks and of the memory, which is never exceeded."""
    blocks = Blocks(len(DATA), Counted(), block=block, kept=kept)
    for start, end in reads:
        assert blocks.read(start, end) == DATA[max(start, 0) : max(end, 0)]
        assert len(blocks._blocks) <= max(kept, 2)


def test_a_small_read_fetches_one_block_once() -> None:
    """A header is read in many small pieces."""
    fetch = Counted()
    blocks = Blocks(len(DATA), fetch, block=1000)
    for at in (100, 500, 20, 990):
        blocks.read(at, at + 10)
    assert fetch.asked == [(0, 1000)]


def test_jumping_about_reads_nothing_ahead() -> None:
    """Each place costs its block alone."""
    fetch = Counted()
    blocks = Blocks(len(DATA), fetch, block=100)
    for at in (9000, 5000, 7000, 1000):
        blocks.read(at, at + 10)
    assert fetch.total == 400


def test_going_straight_on_reads_ahead_in_few_requests() -> None:
    """Twice as far each time, up to a limit; every byte is fetched once."""
    data = bytes(1_000_000)
    fetch = Counted(data)
    blocks = Blocks(len(data), fetch, block=1000)
    for at in range(0, len(data), 500):
        blocks.read(at, at + 500)
    assert fetch.total == len(data)
    assert len(fetch.asked) < len(data) / 1000 / FURTHEST + 15
    assert max(end - start for start, end in fetch.asked) <= (FURTHEST + 1) * 1000


def test_a_large_read_is_one_request_and_forgets_nothing() -> None:
    """It goes past the memory, where the small blocks stay."""
    fetch = Counted()
    blocks = Blocks(len(DATA), fetch, block=100, kept=20)
    blocks.read(0, 10)
    assert blocks.read(1000, 9000) == DATA[1000:9000]
    assert fetch.asked == [(0, 100), (1000, 9000)]
    blocks.read(50, 60)
    assert len(fetch.asked) == 2


def test_what_the_storage_raises_is_raised() -> None:
    """And nothing of it is remembered."""

    def broken(_start: int, _end: int) -> bytes:
        raise RuntimeError

    blocks = Blocks(100, broken, block=10)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            blocks.read(0, 5)
