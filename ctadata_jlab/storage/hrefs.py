"""What a listing's hrefs mean: absolute or relative, percent-encoded in any way, or, from some servers, not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hrefs", "child", "is_self"]

_NOT_IN_A_URI = re.compile(r"""[^\x21-\x7e]|["<>\\^`{|}?#]|%(?![0-9A-Fa-f]{2})""")


class Hrefs:
    """Reads the hrefs of one server, and learns how it writes them.

    *exists* says whether the server has something whose path is exactly the one given.
    """

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._unquoted = False

    def path(self, href: str, *, may_be_unquoted: bool) -> str:
        """Return the path that *href* means, without a trailing slash; raises `BadAnswer` for a name that is not UTF-8."""
        raw = "/" + href.split("/", 3)[-1] if href.startswith(("http://", "https://")) else href
        if self._is_unquoted(raw, may_be_unquoted=may_be_unquoted) or "%" not in raw:
            return raw.rstrip("/")
        try:
            return unquote_to_bytes(raw).decode().rstrip("/")
        except UnicodeDecodeError as error:
            raise BadAnswer(f"A name in the listing is not UTF-8: {paths.display(href)}.") from error

    def _is_unquoted(self, href: str, *, may_be_unquoted: bool) -> bool:
        """Whether this server writes paths as they are (XRootD 5.5 does), against RFC 4918 §8.3.

        A character that no URI may hold gives it away. ``a%20b`` alone does not, so there the server is asked once.
        """
        if _NOT_IN_A_URI.search(href):
            self._unquoted = True
        if self._unquoted or "%" not in href:
            return self._unquoted
        self._unquoted = may_be_unquoted and self._exists(href)
        return self._unquoted


def is_self(path: str, base: str, folder: str) -> bool:
    """Whether an href's *path* is the listed *folder* itself, asked for as *base*; a proxy may have given it another beginning."""
    return path == base or (path.rpartition("/")[2] == paths.name(folder) and path.endswith(folder.rstrip("/")))


def child(path: str, base: str, what: str) -> str:
    """Return the name of the entry whose href means *path* in the folder *base*; raises `BadAnswer` if it is not in there."""
    above, _, name = path.rpartition("/")
    if not name or name in {".", ".."} or "\0" in name or above != base.rstrip("/"):
        raise BadAnswer(f"The listing of {what} holds something that is not in it: {paths.display(path)}.")
    return name
