"""A lock on a file that the operating system gives back when its owner dies."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from ctadata_jlab.errors import Unsupported

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["lock", "require_locks"]

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}


def lock(descriptor: int, file: Path) -> ExitStack:
    """Lock the open *file*, or raise BlockingIOError when another has it. The lock ends when *descriptor* and the answer are closed.

    Where the file system has no locks (a Lustre mounted without them), one in this machine's own temporary folder stands
    in: it keeps the processes of this machine apart.
    """
    if fcntl is None:  # pragma: no cover - Windows
        raise Unsupported("Downloads in place need file locks, which this system does not have.")
    held = ExitStack()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        other = os.open(_stand_in(file), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        held.callback(os.close, other)
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            held.close()
            raise
    return held


def require_locks(descriptor: int) -> None:
    """Raise OSError unless the open file can be locked both ways: parts of it, as SQLite does, and the whole of it."""
    if fcntl is not None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _stand_in(file: Path) -> Path:
    """Return the file in this user's own folder whose lock means that of *file*."""
    folder = Path(tempfile.gettempdir()) / f"ctadata-locks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(errno.EACCES, "belongs to somebody else", str(folder))
    return folder / hashlib.sha256(os.fsencode(file.resolve())).hexdigest()
