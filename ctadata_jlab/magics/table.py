"""A listing as a notebook shows it: a list of entries that draws itself as a table."""

from __future__ import annotations

from html import escape

from ctadata_jlab.foreground import readable_size
from ctadata_jlab.storage import Entry

__all__ = ["Listing"]

_SHOWN = 200


class Listing(list[Entry]):
    """Entries with `.name`, `.path`, `.size`, `.kind` and `.modified`, by name. Its `repr` is a table, short unless *long*."""

    def __init__(self, entries: list[Entry], *, long: bool = False) -> None:
        super().__init__(entries)
        self._long = long

    @property
    def names(self) -> list[str]:
        """Only the names."""
        return [entry.name for entry in self]

    def __repr__(self) -> str:
        lines = ["  ".join(cell.rjust(10) for cell in cells[1:]) + "  " + cells[0] for cells in self._rows()]
        return "\n".join([*map(_visible, lines), *self._rest()]) or "(empty)"

    def _repr_html_(self) -> str:
        heads = ("name", "size", "modified") if self._long else ("name", "size")
        head = "".join(f"<th>{title}</th>" for title in heads)
        rows = ("".join(f"<td>{escape(_visible(cell))}</td>" for cell in cells) for cells in self._rows())
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        rest = "".join(f"<p>{escape(line)}</p>" for line in self._rest())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def _rows(self) -> list[tuple[str, ...]]:
        return [self._cells(entry) for entry in self[:_SHOWN]]

    def _cells(self, entry: Entry) -> tuple[str, ...]:
        size = "" if entry.is_folder or entry.size is None else readable_size(entry.size)
        cells = (f"{entry.name}/" if entry.is_folder else entry.name, size)
        if not self._long:
            return cells
        return (*cells, "" if entry.modified is None else f"{entry.modified.astimezone():%Y-%m-%d %H:%M}")

    def _rest(self) -> list[str]:
        return [f"… and {len(self) - _SHOWN} more"] if len(self) > _SHOWN else []


def _visible(text: str) -> str:
    """Return *text* without characters that a terminal obeys or that change the order of what is read."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
