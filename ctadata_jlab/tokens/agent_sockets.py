"""The sockets of oidc-agents that this user has running, for shells and servers that were not told about them.

Places (tried with 4.2.6): ``oidc-agent`` makes ``$TMPDIR/oidc-XXXXXX/oidc-agent.PID``; ``oidc-agent-service`` makes
``$TMPDIR/oidc-agent-service/UID/oidc-agent.sock``; the old ``ctadata`` gives the latter a temporary folder of its own.
"""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["found_sockets", "is_alive"]

_MOST = 8


def found_sockets(variables: Mapping[str, str], shared: Path = Path("/tmp")) -> list[Path]:  # noqa: S108 - owners are checked
    """Return the sockets, the newest first; only those which, with their folder, belong to this user alone."""
    if not hasattr(os, "getuid") or not hasattr(socket, "AF_UNIX"):
        return []
    user = os.getuid()
    patterns = (
        "oidc-*/oidc-agent.*",
        f"oidc-agent-service/{user}/oidc-agent.sock",
        f"*/oidc-agent-service/{user}/oidc-agent.sock",
    )
    folders = {Path(variables.get("TMPDIR") or shared), shared}
    paths = {path for folder in folders for pattern in patterns for path in folder.glob(pattern)}
    made = {path: _made(path, user) for path in paths}
    own = [path for path, at in made.items() if at is not None]
    return sorted(own, key=lambda path: made[path] or 0, reverse=True)[:_MOST]


def is_alive(path: Path) -> bool:
    """Whether somebody listens on the socket at *path*: an agent that was killed leaves it behind."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
    except OSError:
        return False
    return True


def _made(path: Path, user: int) -> float | None:
    """Return when the socket was made; None if another user could have had a hand in it."""
    try:
        own, folder = path.lstat(), path.parent.lstat()
    except OSError:
        return None
    is_ours = own.st_uid == folder.st_uid == user and not folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return own.st_mtime if is_ours and stat.S_ISSOCK(own.st_mode) and stat.S_ISDIR(folder.st_mode) else None
