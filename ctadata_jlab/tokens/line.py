"""The first line of a small file that may hold a token."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ctadata_jlab.errors import Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["first_line"]

_LARGEST = 65536  # bytes; the largest tokens seen in the field have 16 kB


def first_line(path: Path, what: str, *, private_to: int | None = None) -> str | None:
    """Return the first line of *path* that is not blank, "" if there is none, None if there is no such file.

    With *private_to*, a user's number, for a folder where everybody may write: links and other users' files count as missing, and a
    file that others may read or write is refused. Raises `Misconfigured`, calling the file *what*, if it cannot be read.
    """
    try:
        text = _read(path, what, private_to)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it has no possible name"
        raise Misconfigured(f"{what} cannot be read: {reason}.", hint="Correct or remove it.") from None
    if text is None:
        return None
    return next((line for line in text.splitlines() if line.strip()), "")


def _read(path: Path, what: str, private_to: int | None) -> str | None:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    if private_to is not None:
        if path.is_symlink():
            return None
        flags |= getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open takes no descriptor
        status = os.fstat(file.fileno())
        if private_to is not None and status.st_uid != private_to:
            return None
        _require_plain(status, what, private=private_to is not None)
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Misconfigured(f"{what} is too large to hold a token.", hint="Correct or remove it.")
    return data.decode(errors="replace")


def _require_plain(status: os.stat_result, what: str, *, private: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Misconfigured(f"{what} is not a plain file.", hint="Correct or remove it.")
    if private and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(
            f"{what} is open to other users.", hint="Take their rights away (chmod 600) and get a new token."
        )
