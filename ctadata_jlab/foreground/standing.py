"""What a transfer tells: how far it is while it runs, and what it has come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctadata_jlab.errors import CtaDataError
    from ctadata_jlab.transfer.job import ItemState

__all__ = ["Result", "Standing", "Summary", "readable_size"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file: where it was, where it is, its size, what should be known, and why it failed."""

    path: str
    target: str
    state: ItemState
    size: int = 0
    note: str = ""
    error: CtaDataError | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a transfer is; as text: one line for people.

    `finished` are the files that ended since the last report, `current` those that are moving: path, bytes done, size.
    """

    files_total: int
    files_done: int
    bytes_total: int
    bytes_done: int
    speed: float | None = None
    finished: tuple[Result, ...] = ()
    current: tuple[tuple[str, int, int], ...] = ()

    def __str__(self) -> str:
        said = [f"{self.files_done} of {self.files_total} {'file' if self.files_total == 1 else 'files'}"]
        if self.bytes_total:
            said.append(f"{readable_size(self.bytes_done)} of {readable_size(self.bytes_total)}")
        if self.speed:
            left = int(max(0, self.bytes_total - self.bytes_done) / self.speed)
            said += [f"{readable_size(int(self.speed))}/s", f"{left // 60}:{left % 60:02} left"]
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a transfer has come to: where it went, every file's result, and how many were not tried any more."""

    target: str
    results: tuple[Result, ...]
    left: int = 0

    @property
    def failed(self) -> tuple[Result, ...]:
        """The files, and folders, that are not where they should be."""
        return tuple(result for result in self.results if result.error is not None)

    @property
    def files(self) -> int:
        """How many files are where they should be."""
        return sum(result.error is None for result in self.results)

    @property
    def size(self) -> int:
        """How many bytes these have."""
        return sum(result.size for result in self.results if result.error is None)

    def require(self) -> Summary:
        """Return this, or raise an error of the first failure's kind that says how many there were."""
        if not self.failed:
            return self
        error = self.failed[0].error
        assert error is not None  # noqa: S101 - for the type checker: it is among the failed
        total = len(self.results) + self.left
        if total == 1:
            raise error
        about = f"{len(self.failed) + self.left} of {total} failed. The first: {error.message}"
        raise type(error)(about, hint=error.hint)


def readable_size(size: int) -> str:
    """Return *size* in bytes as people read it."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{size} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
