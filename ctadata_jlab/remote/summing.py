"""The checksum of a file: the stored one, or one that is computed by reading all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import Cancelled, Corrupted, Unsupported
from ctadata_jlab.transfer.checksum import KNOWN, Digests

if TYPE_CHECKING:
    import threading

    from ctadata_jlab.storage import Checksum, Storage

__all__ = ["checksum_of"]


def checksum_of(storage: Storage, path: str, algorithm: str | None, stop: threading.Event | None) -> Checksum:
    """Return the checksum of *path* by *algorithm*, None: what is stored.

    What is computed is of the bytes that were stored: if they do not fit the stored checksum, that is `Corrupted`.
    """
    with storage.open(path) as reader:
        stored = reader.entry.checksum
        if stored is not None and algorithm in {None, stored.algorithm}:
            return stored
        wanted = algorithm or "adler32"
        if wanted not in KNOWN:
            raise Unsupported(f"{wanted} cannot be computed.", hint=f"Known are {', '.join(sorted(KNOWN))}.")
        digests = Digests([wanted, *([stored.algorithm] if stored else [])])

        def take(data: bytes) -> None:
            if stop is not None and stop.is_set():
                raise Cancelled("The checksum is no longer wanted.")
            digests.update(data)

        reader.pour(0, None, take)
    proof, found = stored and digests.checksum(stored.algorithm), digests.checksum(wanted)
    if stored is not None and proof is not None and not stored.matches(proof):
        raise Corrupted(
            f"The bytes of {path} are not those that were stored ({proof}, stored {stored}).", hint="Try again."
        )
    assert found is not None  # noqa: S101 - for the type checker: it is known
    return found
