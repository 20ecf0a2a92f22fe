"""Results as a notebook shows them: lists that draw themselves as tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Generic, TypeVar

from ctadata_jlab.foreground import readable_size
from ctadata_jlab.session import Source
from ctadata_jlab.storage import Entry
from ctadata_jlab.transfer.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Facts", "Jobs", "Listing", "Sources", "Table", "visible"]

_SHOWN = 200

T = TypeVar("T")


class Table(list[T], Generic[T]):
    """A list whose `repr` is a table: `heads` are its columns, `cells` what an element shows in them. The first column is a name."""

    heads: Sequence[str] = ()

    def cells(self, element: T) -> tuple[str, ...]:
        """Return what *element* shows in each column."""
        raise NotImplementedError

    def __repr__(self) -> str:
        rows = [self.cells(element) for element in self[:_SHOWN]]
        widths = [max((len(row[n]) for row in rows), default=0) for n in range(len(self.heads))]
        lines = (
            "  ".join([*(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)), row[0]]) for row in rows
        )
        return "\n".join([*map(visible, lines), *self._rest()]) or "(empty)"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(title)}</th>" for title in self.heads)
        rows = (self.cells(element) for element in self[:_SHOWN])
        body = "".join(f"<tr>{''.join(f'<td>{escape(visible(cell))}</td>' for cell in row)}</tr>" for row in rows)
        rest = "".join(f"<p>{escape(line)}</p>" for line in self._rest())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def _rest(self) -> list[str]:
        return [f"… and {len(self) - _SHOWN} more"] if len(self) > _SHOWN else []


class Listing(Table[Entry]):
    """Entries with `.name`, `.path`, `.size`, `.kind` and `.modified`, by name; with *whole* shown by their paths."""

    def __init__(self, entries: Iterable[Entry], *, long: bool = False, whole: bool = False) -> None:
        super().__init__(entries)
        self._long = long
        self._whole = whole
        self.heads = ("name", "size", "modified") if long else ("name", "size")

    @property
    def names(self) -> list[str]:
        """Only the names."""
        return [entry.name for entry in self]

    @property
    def paths(self) -> list[str]:
        """Only the paths."""
        return [entry.path for entry in self]

    def cells(self, element: Entry) -> tuple[str, ...]:
        """Return name, size and time."""
        size = "" if element.is_folder or element.size is None else readable_size(element.size)
        name = element.path if self._whole else element.name
        cells = (f"{name}/" if element.is_folder else name, size)
        if not self._long:
            return cells
        return (*cells, "" if element.modified is None else f"{element.modified.astimezone():%Y-%m-%d %H:%M}")


class Facts(Table[tuple[str, object]]):
    """What is known of one `entry`, as pairs of name and value; also by attribute, as in `facts.size`."""

    heads = ("", "")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        names = ("path", "kind", "size", "modified", "version", "checksum", "online")
        super().__init__((name, getattr(entry, name)) for name in names if getattr(entry, name) is not None)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.entry, name)

    def cells(self, element: tuple[str, object]) -> tuple[str, ...]:
        """Return name and value."""
        return element[0], str(element[1])

    def __repr__(self) -> str:
        return "\n".join(f"{name + ':':10} {visible(str(value))}" for name, value in self)


class Jobs(Table[Job]):
    """Transfers of the queue, newest first."""

    heads = ("title", "what", "state", "files", "size", "id")

    def cells(self, element: Job) -> tuple[str, ...]:
        """Return what it is and how far."""
        why = f" ({element.reason})" if element.reason else ""
        files = f"{element.files_done} of {element.files_total}"
        wrong = f": {element.error.message}" if element.error else ""
        size = readable_size(element.bytes_done)
        return element.title + wrong, element.request.kind, element.state.value + why, files, size, element.id


class Sources(Table[Source]):
    """The configured sources."""

    heads = ("name", "title", "address", "login")

    def cells(self, element: Source) -> tuple[str, ...]:
        """Return where it is and who is logged in."""
        state = None if element.keeper is None else element.keeper.state()
        login = "none needed" if state is None else f"{state.state} {state.subject or ''}".strip()
        return element.name, element.title, element.url, login


def visible(text: str) -> str:
    """Return *text* without characters that a terminal obeys or that change the order of what is read."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
