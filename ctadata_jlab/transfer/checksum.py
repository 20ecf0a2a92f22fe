"""Checksums that grow with a stream: only those that somebody will compare."""

from __future__ import annotations

import hashlib
import zlib
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from ctadata_jlab.storage import Checksum

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

__all__ = ["KNOWN", "Digests"]

_HASHES = ("md5", "sha1", "sha256", "sha512")


def _fastest() -> ModuleType:
    """Return what computes adler32 and crc32: zlib-ng does it in a twentieth of the time, where there is one for the system."""
    with suppress(ImportError):
        return import_module("zlib_ng.zlib_ng")
    return zlib


_ROLLING = {"adler32": (_fastest().adler32, 1), "crc32": (_fastest().crc32, 0)}

KNOWN = frozenset({*_HASHES, *_ROLLING})
"""The algorithms that can be computed here."""


class _Digest(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


class _Rolling:
    """adler32 and crc32 with the interface of `hashlib`."""

    def __init__(self, algorithm: str) -> None:
        self._step, self._value = _ROLLING[algorithm]

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._step(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


class Digests:
    """The running checksums of one stream; algorithms that are not known here are left out."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._running: dict[str, _Digest] = {name: _start(name) for name in algorithms if name in KNOWN}

    def __bool__(self) -> bool:
        return bool(self._running)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What is computed."""
        return tuple(self._running)

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        for digest in self._running.values():
            digest.update(data)

    def checksum(self, algorithm: str) -> Checksum | None:
        """Return the checksum of the bytes so far, None for an algorithm that is not computed."""
        digest = self._running.get(algorithm)
        return None if digest is None else Checksum(algorithm, digest.hexdigest())


def _start(algorithm: str) -> _Digest:
    if algorithm in _ROLLING:
        return _Rolling(algorithm)
    return hashlib.new(algorithm, usedforsecurity=False)
