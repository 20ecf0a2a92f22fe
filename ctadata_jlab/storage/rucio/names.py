"""Rucio's data identifiers (DIDs, ``scope:name``) as names of files and folders, and back.

A path is ``/SCOPE/NAME``, below it the members: ``/SCOPE/CONTAINER/DATASET/FILE``. A member of another scope than the collection above it
is called ``SCOPE:NAME``. Some experiments have slashes in names (Rucio's generic schema allows them): they appear as ``%2F``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ctadata_jlab import paths
from ctadata_jlab.errors import BadPath

__all__ = ["Did", "chain", "element", "path_of", "spoken"]


@dataclass(frozen=True, slots=True)
class Did:
    """What Rucio calls a file, dataset or container."""

    scope: str
    name: str

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"


def element(did: Did, scope: str) -> str:
    """Return what *did* is called in a folder of *scope*."""
    name = did.name.replace("%", "%25").replace("/", "%2F")
    is_plain = did.scope == scope and ":" not in name and name not in {".", ".."}
    return name if is_plain else f"{did.scope}:{name}"


def chain(path: str) -> tuple[str, tuple[Did, ...]]:
    """Return the scope that *path* begins with (empty for the root) and the DIDs that its further names mean."""
    scope, *names = paths.remote(path)[1:].split("/")
    found: list[Did] = []
    for name in names:
        its_scope, colon, rest = name.partition(":")
        above = found[-1].scope if found else scope
        did = Did(its_scope, _name(rest)) if colon else Did(above, _name(name))
        if not did.scope or not did.name:
            raise BadPath(f"This is no data identifier: {paths.display(name)}")
        found.append(did)
    return scope, tuple(found)


def path_of(did: Did) -> str:
    """Return the path of *did* right below its scope."""
    return paths.join("/", did.scope, element(did, did.scope))


def spoken(text: str) -> Did:
    """Return the DID that *text* means, or raise `BadPath`.

    Without a scope, it has the one that Rucio's own clients take: what stands before the first dot.
    Of ``user.NAME`` and ``group.NAME`` the second part belongs to the scope.
    """
    scope, colon, name = text.strip().partition(":")
    if not colon:
        name = scope.rstrip("/")
        parts = name.split(".")
        scope = ".".join(parts[:2]) if parts[0].startswith(("user", "group")) else parts[0]
    if not scope or not name or "/" in scope or "\0" in text:
        raise BadPath(
            f"This is no data identifier: {paths.display(text)}", hint="Write it as SCOPE:NAME, as Rucio does."
        )
    return Did(scope, name)


def _name(text: str) -> str:
    return text.replace("%2F", "/").replace("%25", "%")
