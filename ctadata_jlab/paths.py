"""Remote paths, and local paths that cannot leave their folder.

A remote path is absolute inside its storage, separated by ``/``, without a trailing slash: ``/`` or ``/lst/DL1``.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from urllib.parse import quote

from ctadata_jlab.errors import BadPath

__all__ = [
    "MAX_NAME_BYTES",
    "display",
    "fold",
    "folds_names",
    "inside",
    "join",
    "name",
    "parent",
    "quoted",
    "relative",
    "remote",
    "shortened",
]

MAX_NAME_BYTES = 255
"""The longest name that file systems and dCache's name space store."""


def remote(path: str) -> str:
    """Return *path* in its one spelling, or raise `BadPath` for one that nothing may have."""
    if "\0" in path:
        raise BadPath("A path cannot contain a NUL character.")
    names = [part for part in path.split("/") if part not in {"", "."}]
    for part in names:
        if part == "..":
            raise BadPath(f"A path cannot contain '..': {display(path)}")
        if len(_encoded(part)) > MAX_NAME_BYTES:
            raise BadPath(f"A name is longer than {MAX_NAME_BYTES} bytes: {display(part)}")
    return "/" + "/".join(names)


def _encoded(part: str) -> bytes:
    try:
        return part.encode()
    except UnicodeEncodeError as error:
        raise BadPath("A name is not valid Unicode.") from error


def join(folder: str, *names: str) -> str:
    """Return the path of *names* below *folder*; a name may itself be a relative path."""
    return remote("/".join((folder, *names)))


def parent(path: str) -> str:
    """Return the folder that holds *path*; the root holds itself."""
    return path.rpartition("/")[0] or "/"


def name(path: str) -> str:
    """Return the last name of *path*, empty for the root."""
    return path.rpartition("/")[2]


def relative(path: str, folder: str) -> str:
    """Return *path* as seen from *folder*, which must hold it; empty for the folder itself."""
    prefix = folder.rstrip("/") + "/"
    if path == folder:
        return ""
    if not path.startswith(prefix):
        raise BadPath(f"{display(path)} is not inside {display(folder)}.")
    return path[len(prefix) :]


def quoted(path: str) -> str:
    """Return *path* percent-encoded for a URL, slashes kept (RFC 3986)."""
    return quote(path, safe="/~")


def display(path: str, limit: int = 120) -> str:
    """Return *path* fit for a message: no control characters, not longer than *limit* characters."""
    if path.isprintable() and len(path) <= limit:
        return path
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in path)
    return clean if len(clean) <= limit else clean[: limit // 2] + "…" + clean[-limit // 2 :]


def inside(root: Path, path: str) -> Path:
    """Return the local file that the remote-style *path* means below *root*, symbolic links followed, or raise `BadPath`."""
    real_root = root.resolve()
    target = real_root / remote(path).lstrip("/")
    try:
        real = target.parent.resolve() / target.name if target != real_root else real_root
        final = real.resolve() if real.is_symlink() else real
    except (OSError, RuntimeError) as error:
        raise BadPath(f"This path cannot be followed: {display(path)}") from error
    if final != real_root and real_root not in final.parents:
        raise BadPath(f"{display(path)} leads outside {root}.")
    return real


def shortened(filename: str, prefix: str = "", suffix: str = "") -> str:
    """Return *prefix* + *filename* + *suffix*, the middle cut and marked by a hash when it would exceed 255 bytes."""
    whole = f"{prefix}{filename}{suffix}"
    if len(_encoded(whole)) <= MAX_NAME_BYTES:
        return whole
    import hashlib  # noqa: PLC0415 - slow to load, and few names are so long

    mark = "~" + hashlib.sha256(filename.encode()).hexdigest()[:12]
    room = MAX_NAME_BYTES - len(f"{prefix}{mark}{suffix}".encode())
    return f"{prefix}{filename.encode()[:room].decode(errors='ignore')}{mark}{suffix}"


def fold(path: str) -> str:
    """Return what a file system that ignores case and Unicode form takes *path* for."""
    return unicodedata.normalize("NFC", path).casefold()


def folds_names(folder: Path) -> bool:
    """Whether the file system at *folder* ignores case, found out by trying."""
    import tempfile  # noqa: PLC0415 - slow to load, and few ask

    with tempfile.NamedTemporaryFile(prefix=".ctadata-Case-", dir=folder) as probe:
        twin = Path(probe.name).with_name(os.path.basename(probe.name).lower())  # noqa: PTH119
        return twin.exists()
