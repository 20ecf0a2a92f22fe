"""Bodies: a part of a larger one, for an object store that takes it piece by piece (S3's multipart uploads), and bytes in memory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Unreachable

if TYPE_CHECKING:
    from ctadata_jlab.storage import Body, Checksum

__all__ = ["Part", "Whole", "digest"]

_CHUNK = 1 << 20


class Part:
    """The next *size* bytes of a body as a body of their own: sent once, summed up on the way, by *whole* too."""

    def __init__(self, body: Body, size: int, whole: hashlib._Hash) -> None:
        self.size = size
        self._body = body
        self._left = size
        self._whole = whole
        self._md5 = hashlib.md5(usedforsecurity=False)

    @property
    def md5(self) -> str:
        """The MD5 of what was sent, which is S3's entity tag of a part."""
        return self._md5.hexdigest()

    def read(self, count: int) -> bytes:
        """Return the next bytes of this part."""
        data = self._body.read(min(count, self._left)) if self._left else b""
        self._left -= len(data)
        self._md5.update(data)
        self._whole.update(data)
        return data

    def rewind(self) -> None:
        """Refuse: a part that broke off is sent again with the whole body."""
        if self._left != self.size:
            raise Unreachable("The object store broke the transfer of a part off.")

    def checksum(self, algorithm: str) -> Checksum | None:  # noqa: ARG002 - the entity tag proves it
        """Return nothing: the entity tag proves a part."""
        return None


class Whole:
    """A body in memory."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = memoryview(data)
        self._position = 0

    def read(self, count: int) -> bytes:
        """Return the next bytes."""
        piece = bytes(self._data[self._position : self._position + count])
        self._position += len(piece)
        return piece

    def rewind(self) -> None:
        """Start again from the first byte."""
        self._position = 0

    def checksum(self, algorithm: str) -> Checksum | None:  # noqa: ARG002
        """Return nothing: whoever has all bytes can sum them up."""
        return None


def digest(body: Body, size: int, whole: hashlib._Hash) -> str:
    """Return the MD5 of the next *size* bytes of *body*."""
    part = Part(body, size, whole)
    while part.read(_CHUNK):
        pass
    return part.md5
