"""Says which right is missing when a storage refuses: what the user must ask for, instead of "forbidden"."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from ctadata_jlab.errors import Forbidden
from ctadata_jlab.storage.wrapper import Wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ctadata_jlab.storage import Body, Entry, Reader, Receipt, Storage

__all__ = ["Scoped"]

_Need: TypeAlias = Literal["read", "create", "modify", "stage"]


class Scoped(Wrapper):
    """Adds to `Forbidden` the scope that *lacks*, given what is needed and a path, says the login does not have; None: it is not that."""

    def __init__(self, inner: Storage, lacks: Callable[[_Need, str], str | None]) -> None:
        super().__init__(inner)
        self._lacks = lacks

    def list(self, folder: str) -> Iterator[Entry]:
        """Yield what *folder* holds."""
        with self._named("read", folder):
            yield from self.inner.list(folder)

    def stat(self, path: str) -> Entry:
        """Return the entry at *path*."""
        with self._named("read", path):
            return self.inner.stat(path)

    def open(self, path: str, expect: Entry | None = None) -> Reader:
        """Return a reader; the door has let it through by then."""
        with self._named("read", path):
            return self.inner.open(path, expect)

    def put(self, path: str, body: Body, *, replace: Entry | bool = False, ticket: str) -> Receipt:
        """Store *body*."""
        with self._named("modify" if replace else "create", path):
            return self.inner.put(path, body, replace=replace, ticket=ticket)

    def make_folder(self, path: str) -> None:
        """Make the folder."""
        with self._named("create", path):
            self.inner.make_folder(path)

    def move(self, source: str, target: str) -> None:
        """Move; the right may be missing at either end."""
        with self._named("modify", source, target):
            self.inner.move(source, target)

    def remove(self, path: str) -> None:
        """Remove."""
        with self._named("modify", path):
            self.inner.remove(path)

    def stage(self, paths: Sequence[str]) -> Sequence[str]:
        """Ask for them to be brought online."""
        with self._named("stage", *paths):
            return self.inner.stage(paths)

    @contextmanager
    def _named(self, need: _Need, *paths: str) -> Iterator[None]:
        try:
            yield
        except Forbidden as error:
            scope = next((found for path in paths if (found := self._lacks(need, path)) is not None), None)
            if scope is None:
                raise
            raise Forbidden(
                f"{error.message} The login lacks the scope {scope}.",
                hint=f"Log in with the scope {scope}, or ask the storage's administrators for it.",
            ) from error
