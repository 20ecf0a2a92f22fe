"""When two looks at a file saw the same version: by entity tag where both have one, else by time and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import Changed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ctadata_jlab.storage import Entry

__all__ = ["are_same_tags", "is_tag", "require", "same", "version_of"]


def version_of(etag: str, size: int | None, properties: Mapping[str, str]) -> str | None:
    """Return what stands for the version of a listed file: its entity tag, else its time and size, None without either."""
    modified = properties.get("DAV: getlastmodified")
    return etag or (f"{modified};{size}" if modified else None)


def is_tag(version: str | None) -> bool:
    """Whether *version* is an entity tag (RFC 9110 §8.8.3)."""
    return version is not None and version.startswith(('"', "W/"))


def are_same_tags(one: str, other: str) -> bool:
    """Whether two entity tags are alike; Apache's is weak for the first two seconds and strong afterwards."""
    return one.removeprefix("W/").strip('"') == other.removeprefix("W/").strip('"')


def same(expect: Entry, now: Entry) -> bool:
    """Whether *now* is the version *expect*, by the strongest sign that both carry."""
    if expect.version and now.version and is_tag(expect.version) and is_tag(now.version):
        return are_same_tags(expect.version, now.version)
    if expect.modified and now.modified and int(expect.modified.timestamp()) != int(now.modified.timestamp()):
        return False
    return expect.size is None or now.size is None or expect.size == now.size


def require(now: Entry, expect: Entry | None, what: str) -> None:
    """Refuse to open a folder (`Unsupported`), or another version than *expect*, if that is given (`Changed`)."""
    if now.is_folder:
        raise Unsupported(f"{what} is a folder, not a file.")
    if expect is not None and not same(expect, now):
        raise Changed(f"{what} is no longer the version that was seen.")
