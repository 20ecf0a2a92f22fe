"""Whether a local copy holds the very bytes that a storage has: by the storage's checksum, computed over the copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import Unsupported
from ctadata_jlab.transfer.checksum import KNOWN, Digests
from ctadata_jlab.transfer.compare import with_checksum
from ctadata_jlab.transfer.disk import local_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.storage import Checksum
    from ctadata_jlab.transfer.compare import End

__all__ = ["Verdict", "verify"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether both are the same. `theirs` is the storage's checksum, None if it has none that is known here: then only sizes speak."""

    same: bool
    size: int
    theirs: Checksum | None
    ours: Checksum | None


def verify(remote: End, local: End, progress: Callable[[int], object] = lambda _: None) -> Verdict:
    """Compare the file at *local*, on this machine, with the one at *remote*; *progress* is told how many bytes were read."""
    file = local.file
    if file is None:
        raise Unsupported(f"{local.name} is not on this machine.", hint="Choose a file of the workspace.")
    there = with_checksum(remote, remote.storage.stat(remote.path))
    here = local.storage.stat(local.path)
    for entry in (there, here):
        if entry.is_folder:
            raise Unsupported(f"{paths.display(entry.path)} is a folder.", hint="Verify its files one by one.")
    theirs = there.checksum if there.checksum and there.checksum.algorithm in KNOWN else None
    size = here.size or 0
    if theirs is None or there.size != here.size:
        return Verdict(there.size == here.size, size, theirs, None)
    digests, done = Digests([theirs.algorithm]), 0
    with local_errors(file), file.open("rb", buffering=0) as stream:
        while data := stream.read(_CHUNK):
            digests.update(data)
            done += len(data)
            progress(done)
    ours = digests.checksum(theirs.algorithm)
    return Verdict(ours is not None and ours.matches(theirs), size, theirs, ours)
