"""How much a WebDAV server says may still be stored in a folder (RFC 4331)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import CtaDataError, NotFound
from ctadata_jlab.storage import propfind

if TYPE_CHECKING:
    from ctadata_jlab.storage.dialogue import Dialogue

__all__ = ["room_in"]


def room_in(server: Dialogue, folder: str) -> int | None:
    """Return how many bytes fit into *folder*, or into what is above it if it is not there yet; None where nobody tells."""
    try:
        found = list(server.propfind(folder, 0, (propfind.ROOM,), folder=True))
    except NotFound:
        return None if folder == "/" else room_in(server, paths.parent(folder))
    except CtaDataError:
        return None
    text = found[0].properties.get(propfind.ROOM, "") if found else ""
    return int(text) if text.isascii() and text.isdigit() else None
