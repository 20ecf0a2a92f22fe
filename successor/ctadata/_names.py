"""How the old modules find their names in `ctadata_jlab.compat`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["forward"]


def forward(
    module: str, own: set[str] | None = None, where: str = "ctadata_jlab.compat"
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for *module*, which has the names *own* besides those that are in *where*."""

    def find(name: str) -> Any:
        # A module's own dunders (`__path__`, `__file__`) say what it is and must not come from elsewhere.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        try:
            return getattr(import_module(where), name)
        except AttributeError as error:  # its words may say what to use instead
            raise AttributeError(str(error), name=name) from None

    def names() -> list[str]:
        return sorted({*import_module(where).__all__, *(own or ())})

    return find, names
