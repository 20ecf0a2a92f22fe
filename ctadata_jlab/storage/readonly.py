"""A storage that its admin, or the user, has switched to reading only."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Forbidden
from ctadata_jlab.storage.wrapper import Wrapper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.storage import Body, Entry, Receipt, Scattered, ToScatter, Traits

__all__ = ["ReadOnly"]


class ReadOnly(Wrapper):
    """Reads pass, writes are refused here already."""

    @property
    def traits(self) -> Traits:
        """As the inner storage's, but not writable, and nothing is run."""
        traits = self.inner.traits
        return changed(traits, writable=False, extras=traits.extras - {"runs"})

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:  # noqa: ARG002
        """Refuse."""
        raise _refused(path)

    def scatter(self, wanted: Iterator[ToScatter | None], lines: int) -> Iterator[Scattered | None]:  # noqa: ARG002
        """Refuse."""
        raise _refused("/")

    def run(self, service: str, data: bytes) -> bytes:  # noqa: ARG002
        """Refuse: what runs may change anything."""
        raise _refused(service)

    def make_folder(self, path: str) -> None:
        """Refuse."""
        raise _refused(path)

    def move(self, source: str, target: str) -> None:  # noqa: ARG002
        """Refuse."""
        raise _refused(source)

    def remove(self, path: str) -> None:
        """Refuse."""
        raise _refused(path)


def _refused(path: str) -> Forbidden:
    return Forbidden(f"This source is set to reading only: {path}.", hint="Set `read_only = false` for it, if you may.")
