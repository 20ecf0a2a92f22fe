"""Where the queue is kept: the user's state folder, or a folder of this machine where that cannot hold it."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.transfer.lock import require_locks

__all__ = ["usable"]

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOCAL = "/var/tmp"  # noqa: S108 — outlives a restart of the machine, which /tmp need not; the folder is made with care


def usable(folder: Path, local: Path | None = None) -> tuple[Path, str]:
    """Return *folder* if a queue can be kept there, else a folder of this machine; and what the user should know of that.

    A queue needs to write and to lock (SQLite's byte-range locks, and whole files): a read-only home, or a file system that is
    mounted without locks, cannot hold it. A full disk is no reason to leave: what is in the queue there would not be seen.
    """
    problem = _problem(folder)
    if problem is None:
        return folder, ""
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    other = _own(local or Path(_LOCAL)) / f"{folder.name}-{mark}"
    trouble = _problem(other)
    if trouble is not None:
        raise Misconfigured(
            f"The queue of transfers can be kept neither in {folder} ({problem}) nor in {other} ({trouble}).",
            hint="Set `state` of [transfers] to a folder that can be written and locked.",
        )
    return (
        other,
        f"The queue of transfers is kept in {other}, on this machine only: {folder} cannot hold it ({problem}).",
    )


def _own(base: Path) -> Path:
    """Return this user's folder in *base*, which others may write to as well."""
    folder = base / f"ctadata_jlab-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise Misconfigured(
            f"{folder} is not this user's own.", hint="Set `state` of [transfers] to a folder that is yours alone."
        )
    return folder


def _problem(folder: Path) -> str | None:
    """Return in words why a queue cannot be kept in *folder*, found out by trying."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(prefix=".ctadata-probe-", dir=folder) as probe:
            require_locks(probe.fileno())
    except OSError as error:
        return None if error.errno in _FULL else (error.strerror or str(error))
    return None
