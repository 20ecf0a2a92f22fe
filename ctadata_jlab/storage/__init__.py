"""Where files live: what every storage can do, and the values it speaks in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from ctadata_jlab.errors import CtaDataError

__all__ = [
    "Body",
    "Catalogues",
    "Checksum",
    "Entry",
    "Gathered",
    "Gathers",
    "HasLocalPaths",
    "Kind",
    "Reader",
    "Receipt",
    "Run",
    "Runs",
    "Scattered",
    "Scatters",
    "Searches",
    "Service",
    "Sink",
    "Storage",
    "TellsRoom",
    "ToScatter",
    "Traits",
]

Kind = Literal["file", "folder"]
Sink = "Callable[[bytes], object]"
"""Takes the next bytes; what it raises stops the transfer and reaches the caller."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest of a file's bytes: the algorithm's name in lower case (``adler32``, ``md5``, ``sha256``) and its value in lower-case hex."""

    algorithm: str
    value: str

    def matches(self, other: Checksum) -> bool:
        """Whether both prove the same bytes; adler32 is compared without its leading zeros, which some servers drop."""
        if self.algorithm != other.algorithm:
            return False
        return self.value.lower().lstrip("0") == other.value.lower().lstrip("0")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder in a storage; `size` in bytes, `modified` with its time zone."""

    path: str
    kind: Kind
    size: int | None = None
    modified: datetime | None = None
    version: str | None = None
    """An ETag or the like: changes when the bytes change."""
    checksum: Checksum | None = None
    online: bool | None = None
    """False: on tape, must be staged first; None: not asked."""

    @property
    def name(self) -> str:
        """The last part of the path; empty for the root."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return self.kind == "folder"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a storage can do; read by the engine, shown in the panel."""

    writable: bool = False
    resumes: bool = False
    replaces_atomically: bool = False
    renames: bool = True
    """A move is one step of the server's; False: a copy, then a removal, and stopped midway both are there."""
    stages: bool = False
    checksums: tuple[str, ...] = ()
    connections: int = 4
    strands: int = 1
    """How many ranges of one large file are worth reading at once: several where each connection has a pace of its own."""
    starts_per_second: float | None = None
    """None: unpaced."""
    extras: frozenset[str] = frozenset()
    """Further abilities by name, each a small Protocol of its own: ``local``, ``gathers``, ``searches``, ``catalogues``, ``runs``, …

    ``prepares``: what `stage` does is part of a download, not a file's way from tape to disk."""

    @property
    def tells_of_tape(self) -> bool:
        """Whether files can be brought to disk for their own sake: it brings them, and tells of each whether it is there.

        A catalogue does not tell: where the copies are is known to their doors. A download from it has them brought.
        """
        return self.stages and self.extras.isdisjoint({"prepares", "catalogues"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a `put` stored: the new entry, which checksum proved it (None: size only) and how it was committed.

    ``rename``: nothing was there; ``replace``: the old one went, the new one took its name; ``exchange``: both in one step of the
    server's; ``direct``: it was written under its own name, as the token could not have removed a temporary.
    """

    entry: Entry
    verified_by: Checksum | None
    commit: Literal["rename", "replace", "exchange", "direct"]


class Body(Protocol):
    """Bytes to be stored, which can be sent twice: `rewind` starts again from the first."""

    size: int

    def read(self, count: int) -> bytes:
        """Return the next bytes, at most *count*; empty at the end.

        0 of them are asked for now and then while the server takes none, and when all are stored, just before they get
        their name: so that it can put an end to it by raising.
        """
        ...

    def rewind(self) -> None:
        """Start again from the first byte, also with the checksums."""
        ...

    def checksum(self, algorithm: str) -> Checksum | None:
        """Return the checksum of what was read since the start; None unless it was computed (``adler32`` and ``md5`` are)."""
        ...


class Reader(Protocol):
    """One version of one file, open for reading. A context manager; closing it frees the server's mover."""

    @property
    def entry(self) -> Entry:
        """What is read, as the storage has it; it may be waited for."""
        ...

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end* (None: the last), or raise.

        May be called again and, where the storage allows, in parallel. While nothing comes over a network, *sink* is given
        an empty piece now and then, so that it can end the wait by raising. A server that ignores the range is an error, not data.
        """
        ...

    def __enter__(self) -> Reader: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class Storage(Protocol):
    """A place that holds files. Thread-safe. Every method raises only errors of `ctadata_jlab.errors`."""

    @property
    def traits(self) -> Traits:
        """What it can do."""
        ...

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds, in no order; raise midway rather than leave one out. `NotFound` if it is a file or missing."""
        ...

    def stat(self, path: str) -> Entry:
        """Return the entry at *path* as it is now, with the checksum where the storage tells it cheaply."""
        ...

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader of that very version, or raise `Changed`."""
        ...

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Store *body* under *path* whole or not at all; missing parent folders are made.

        *ticket* names the temporary, so that a successor can find and sweep it. ``replace=False``: `AlreadyExists` if there is
        something; ``replace=Entry``: only that version may be replaced, else `Changed`; ``replace=True``: whatever is there.
        """
        ...

    def make_folder(self, path: str) -> None:
        """Make *path* and the folders above it; no error if it exists."""
        ...

    def move(self, source: str, target: str) -> None:
        """Rename *source* to *target*, which must not exist."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; removing a tree is a job."""
        ...

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Ask for *paths* to be brought online, or look after those asked for before; return those on their way. Never blocks.

        The others are online, or will not come: who looks at them knows.
        """
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """A small file that was gathered: its bytes, and the entry with the checksum to prove them; or the error that kept it from coming."""

    entry: Entry
    data: bytes = b""
    error: CtaDataError | None = None


@runtime_checkable
class Gathers(Protocol):
    """A storage that fetches many small files at once in one thread (extra ``gathers``)."""

    def gather(self, wanted: Iterator[Entry | None], lines: int) -> Iterator[Gathered | None]:
        """Yield the files *wanted*, in no order, so many *lines* at a time; their sizes must be known. `None` from it: nothing more now.

        Each is tried once, by the shortest way: what fails may well come by `open`. Yields None when nothing has come within a moment.
        """
        ...


@dataclass(frozen=True, slots=True)
class ToScatter:
    """A small file to be stored under *path*, where nothing is; `ticket` names its temporary."""

    path: str
    body: Body
    ticket: str


@dataclass(frozen=True, slots=True)
class Scattered:
    """What became of a small file: the receipt, or the error."""

    path: str
    receipt: Receipt | None = None
    error: CtaDataError | None = None


@runtime_checkable
class Scatters(Protocol):
    """A storage that stores many small files at once in one thread (extra ``scatters``)."""

    def scatter(self, wanted: Iterator[ToScatter | None], lines: int) -> Iterator[Scattered | None]:
        """Store what is *wanted*, so many *lines* at a time, none over something; yield what became of each, in no order.

        None from *wanted*: nothing more now. Each is tried once; nothing is left of one that failed. Yields None when nothing
        has been stored within a moment.
        """
        ...


@runtime_checkable
class Searches(Protocol):
    """A storage whose server finds by name and metadata (extra ``searches``)."""

    def search(self, folder: str, pattern: str, facts: Mapping[str, str]) -> Iterator[Entry]:
        """Yield what is below *folder*, called like *pattern* (``*`` stands for anything) and has the metadata *facts*.

        Raises `Unsupported` for a folder in which the server cannot search.
        """
        ...


@runtime_checkable
class Catalogues(Protocol):
    """A storage whose data sets and files have names of their own besides paths (extra ``catalogues``)."""

    def locate(self, name: str) -> str:
        """Return the path of the data set called *name*, whether or not there is one; `BadPath` for what can be no name."""
        ...

    def call(self, path: str) -> str:
        """Return the shortest name of what is at *path* that `locate` understands."""
        ...

    def files(self, path: str) -> Iterator[tuple[str, int | None, int | None]]:
        """Yield name, size in bytes and number of events of each file in the data set at *path*, None where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What can be run on files: one that arrives in the folder `input` is taken up, what comes of it appears in `output`.

    Both are paths in the service's own storage, None where there is no such folder here.
    """

    name: str
    input: str | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation of a service: its id, its state in the service's own word, and when it was made."""

    id: str
    state: str
    created: datetime | None = None


@runtime_checkable
class Runs(Protocol):
    """A storage beside which services run on files (extra ``runs``)."""

    def services(self) -> Sequence[Service]:
        """Return the services that the user may run."""
        ...

    def run(self, service: str, data: bytes) -> bytes:
        """Return what *service* answers to *data*; it is waited for."""
        ...

    def runs(self, service: str) -> Sequence[Run]:
        """Return the invocations of *service* that were not waited for, the newest first."""
        ...

    def log(self, service: str, run: str) -> str:
        """Return what an invocation has said."""
        ...


@runtime_checkable
class TellsRoom(Protocol):
    """A storage that may know how much still fits."""

    def room(self, folder: str) -> int | None:
        """Return how many bytes may still be stored in *folder*, None where nobody tells."""
        ...


@runtime_checkable
class HasLocalPaths(Protocol):
    """A storage whose files are files of this machine (extra ``local``): downloads to it are written in place, by part files."""

    def local(self, path: str) -> Path:
        """Return the file that *path* means on this machine, inside the storage's root; `BadPath` if it would leave it."""
        ...
