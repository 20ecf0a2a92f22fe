"""Files of this machine, treated so that a crash or a full disk costs nothing that was there before."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, BadPath, CtaDataError, Forbidden, NoSpace, NotFound, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "boot_id",
    "commit",
    "free_space",
    "fsync_folder",
    "local_error",
    "local_errors",
    "name_new",
    "write_durably",
]

_MEANING: dict[int, type[CtaDataError]] = {
    errno.ENOSPC: NoSpace,
    errno.EDQUOT: NoSpace,
    errno.EFBIG: NoSpace,
    errno.EACCES: Forbidden,
    errno.EPERM: Forbidden,
    errno.EROFS: Forbidden,
    errno.ELOOP: Forbidden,
    errno.ENOENT: NotFound,
    errno.EEXIST: AlreadyExists,
    errno.ENOTDIR: AlreadyExists,
    errno.EISDIR: AlreadyExists,
    errno.ENOTEMPTY: AlreadyExists,
    errno.ENAMETOOLONG: BadPath,
    errno.EINVAL: BadPath,
    errno.EILSEQ: BadPath,
}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL}


@contextlib.contextmanager
def local_errors(path: Path) -> Iterator[None]:
    """Raise the errors of the operating system about *path* as ours."""
    try:
        yield
    except CtaDataError:
        raise
    except OSError as error:
        raise local_error(error, path) from error


def local_error(error: OSError, path: Path) -> CtaDataError:
    """Return *error* of the operating system about *path* as ours."""
    kind = _MEANING.get(error.errno or 0, Unreachable)
    return kind(f"{paths.display(str(path))}: {error.strerror or error}.")


def fsync_folder(folder: Path) -> None:
    """Make names that were just made, changed or removed in *folder* survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:  # some file systems cannot; there is nothing more to be done there
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def write_durably(file: Path, data: bytes, *, by: Path) -> None:
    """Give *file* the content *data* by way of the temporary *by*: whoever reads it sees the old or the new, also after a crash."""
    with by.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    by.replace(file)
    fsync_folder(file.parent)


def commit(part: Path, target: Path, *, replace: bool) -> None:
    """Give the finished *part* its final name; without *replace*, `AlreadyExists` rather than touch what has that name.

    Without *replace*: a hard link, which never overwrites, then the old name goes. Where there are no hard links the
    name is first claimed by an empty file that must not exist, and the part is renamed over that claim.
    """
    if replace:
        with contextlib.suppress(OSError):  # who could not read the old one shall not read the new one
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    else:
        name_new(part, target)
    fsync_folder(target.parent)


def name_new(part: Path, target: Path) -> None:
    """Give *part* the name *target*, or raise `AlreadyExists`; that it survives a power cut is up to `fsync_folder`."""
    try:
        os.link(part, target, follow_symlinks=False)
    except FileExistsError as error:
        if not _is_same(part, target):  # a lost answer of a network file system: it was linked after all
            raise AlreadyExists(f"There is already {paths.display(target.name)}.") from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _claim_and_rename(part, target)
        return
    part.unlink()


def _is_same(part: Path, target: Path) -> bool:
    try:
        return os.path.samestat(part.lstat(), target.lstat())
    except FileNotFoundError:
        return False


def _claim_and_rename(part: Path, target: Path) -> None:
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise AlreadyExists(f"There is already {paths.display(target.name)}.") from error
    try:
        part.replace(target)
    except OSError:
        if not target.lstat().st_size:
            target.unlink()  # only the claim
        raise


def free_space(folder: Path) -> int:
    """Return the bytes that are free where *folder* is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


@cache
def boot_id() -> str:
    """Return what names this run of the machine, empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
