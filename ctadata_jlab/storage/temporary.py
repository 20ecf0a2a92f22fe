"""The name under which an upload is written until it is proven: in the same folder, hidden, and told by its ticket whose it is."""

from __future__ import annotations

from ctadata_jlab import paths

__all__ = ["is_temporary", "temporary"]

_SUFFIX = ".ctapart"
"""What unfinished files end with; listings leave them out."""


def temporary(path: str, ticket: str) -> str:
    """Return the path that the file *path* has while it is uploaded under *ticket*."""
    return paths.join(paths.parent(path), paths.shortened(f"{paths.name(path)}.{ticket}", ".", _SUFFIX))


def is_temporary(name: str) -> bool:
    """Whether a file of that name is somebody's unfinished upload."""
    return name.startswith(".") and name.endswith(_SUFFIX)
