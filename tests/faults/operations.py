"""What the campaign does to files, as pure values: what is where before, what is to be where afterwards, and how it is asked for.

A place is ``dcache:/path`` or ``local:/path``; contents are named: `new` is what is to arrive, `half` its first half, `empty`,
and `old` what was there.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from ctadata_jlab.transfer.job import JobRequest, Place
from tests.door.double import ALL, TOKEN

__all__ = ["OPERATIONS", "Operation", "content"]


def _claiming(scope: str) -> str:
    parts = [json.dumps({"alg": "none"}), json.dumps({"scope": scope}), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


MAKER = _claiming("storage.create:/")
"""A token that says that it may only create."""


@dataclass(frozen=True)
class Operation:
    """One thing that a user may ask for."""

    before: dict[str, str]
    changes: dict[str, str | None]
    """What is different afterwards; None: gone."""
    copies: tuple[str, str] | None = None
    """Copied in the foreground, from a place to a place…"""
    job: JobRequest | None = None
    """…or asked of the queue."""
    part: str = ""
    """A download that had begun: ``same`` version, or ``another``."""
    token: str = TOKEN
    scopes: frozenset[str] = frozenset(ALL)
    """What the token may."""

    @property
    def after(self) -> dict[str, str | None]:
        """What is where when it has succeeded."""
        return {**self.before, **self.changes}

    @property
    def sends(self) -> bool:
        """Whether bytes go to dCache."""
        return any(place.startswith("dcache:") and said for place, said in self.changes.items())

    @property
    def fetches(self) -> bool:
        """Whether bytes come to this machine."""
        return any(place.startswith("local:") and said for place, said in self.changes.items())

    @property
    def replaces(self) -> bool:
        """Whether something is there that is to be replaced."""
        return "old" in self.before.values()


def content(name: str | None, new: bytes) -> bytes | None:
    """Return what *name* means when *new* is what is to arrive."""
    if name is None:
        return None
    return {"new": new, "half": new[: len(new) // 2], "empty": b"", "old": b"old" * 7}[name]


_TREE = {"a": "new", "b": "empty", "sub/c": "half"}


def _tree(top: str) -> dict[str, str]:
    return {f"{top}/{name}": said for name, said in _TREE.items()}


def _gone(top: str) -> dict[str, str | None]:
    return {f"{top}/{name}": None for name in _TREE}


def _job(kind: str, source: str, path: str, to: Place | None = None) -> JobRequest:
    return JobRequest(kind, source, (path,), to, "replace")  # type: ignore[arg-type]


_REMOTE, _OTHER, _LOCAL = "dcache:/f", "dcache:/g", "local:/f"

OPERATIONS = {
    "download": Operation({_REMOTE: "new"}, {_LOCAL: "new"}, (_REMOTE, _LOCAL)),
    "download over another": Operation({_REMOTE: "new", _LOCAL: "old"}, {_LOCAL: "new"}, (_REMOTE, _LOCAL)),
    "go on with a download": Operation({_REMOTE: "new"}, {_LOCAL: "new"}, (_REMOTE, _LOCAL), part="same"),
    "go on, but it changed": Operation({_REMOTE: "new"}, {_LOCAL: "new"}, (_REMOTE, _LOCAL), part="another"),
    "upload": Operation({_LOCAL: "new"}, {_REMOTE: "new"}, (_LOCAL, _REMOTE)),
    "upload over another": Operation({_LOCAL: "new", _REMOTE: "old"}, {_REMOTE: "new"}, (_LOCAL, _REMOTE)),
    "upload, may only create": Operation(
        {_LOCAL: "new"}, {_REMOTE: "new"}, (_LOCAL, _REMOTE), token=MAKER, scopes=frozenset({"storage.create"})
    ),
    "upload, may only create but does not say so": Operation(
        {_LOCAL: "new"}, {_REMOTE: "new"}, (_LOCAL, _REMOTE), scopes=frozenset({"storage.create"})
    ),
    "copy": Operation({_REMOTE: "new"}, {_OTHER: "new"}, (_REMOTE, _OTHER)),
    "copy over another": Operation({_REMOTE: "new", _OTHER: "old"}, {_OTHER: "new"}, (_REMOTE, _OTHER)),
    "download a folder": Operation(
        {**_tree("dcache:/d"), "dcache:/keep": "old"},
        {**_tree("local:/d")},
        job=_job("download", "dcache", "/d", Place("local", "/")),
    ),
    "upload a folder": Operation(
        {**_tree("local:/d"), "local:/keep": "old"},
        {**_tree("dcache:/up/d")},
        job=_job("upload", "local", "/d", Place("dcache", "/up")),
    ),
    "move a folder down": Operation(
        {**_tree("dcache:/d")},
        {**_tree("local:/d"), **_gone("dcache:/d")},
        job=_job("move", "dcache", "/d", Place("local", "/")),
    ),
    "move a folder up": Operation(
        {**_tree("local:/d")},
        {**_tree("dcache:/up/d"), **_gone("local:/d")},
        job=_job("move", "local", "/d", Place("dcache", "/up")),
    ),
    "move within": Operation(
        {_REMOTE: "new"}, {"dcache:/e/f": "new", _REMOTE: None}, job=_job("move", "dcache", "/f", Place("dcache", "/e"))
    ),
    "move within, over another": Operation(
        {_REMOTE: "new", "dcache:/e/f": "old"},
        {"dcache:/e/f": "new", _REMOTE: None},
        job=_job("move", "dcache", "/f", Place("dcache", "/e")),
    ),
    "delete": Operation(
        {**_tree("dcache:/d"), "dcache:/keep": "old"}, {**_gone("dcache:/d")}, job=_job("delete", "dcache", "/d")
    ),
}
