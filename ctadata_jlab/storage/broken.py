"""A source that is set up wrongly: it stays visible, and says at every use what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.storage import Traits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ctadata_jlab.errors import Misconfigured
    from ctadata_jlab.storage import Body, Entry, Reader, Receipt

__all__ = ["Broken"]


class Broken:
    """Raises *error* whatever is asked."""

    traits = Traits()

    def __init__(self, error: Misconfigured) -> None:
        self._error = error

    def list(self, folder: str) -> Iterator[Entry]:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def stat(self, path: str) -> Entry:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def open(self, path: str, expect: Entry | None = None) -> Reader:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def make_folder(self, path: str) -> None:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def move(self, source: str, target: str) -> None:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def remove(self, path: str) -> None:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error

    def stage(self, paths: Sequence[str]) -> Sequence[str]:  # noqa: ARG002
        """Say what is wrong."""
        raise self._error
