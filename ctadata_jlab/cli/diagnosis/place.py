"""The machine: versions, settings, and an older client that is in the way."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

from ctadata_jlab import __version__, config
from ctadata_jlab.cli.diagnosis.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["examine"]

_OLD = "Install `ctadata` 1.0 or later beside this package, which brings the same names and commands."


def examine() -> Iterator[Finding]:
    """Yield what is here, before any source is looked at."""
    parts = [f"{name} {_version(name)}" for name in ("jupyter_server", "httpx", "pycurl")]
    system = f"{platform.system()} {platform.release()}"
    yield Finding(
        "ok",
        "versions",
        f"ctadata_jlab {__version__}, Python {platform.python_version()}, {', '.join(parts)}, {system}.",
    )
    files = config.files()
    said = ", ".join(str(file) for file in files) or "none: the built-in sources are used"
    yield Finding("ok", "settings", f"Files: {said}.")
    yield from _older_client()


def _older_client() -> Iterator[Finding]:
    try:
        found = distribution("ctadata")
    except PackageNotFoundError:
        pass
    else:
        if found.version.split(".")[0] == "0":
            yield Finding(
                "problem",
                "older client",
                f"ctadata {found.version} is installed, which fights over the same names.",
                _OLD,
            )
    program = shutil.which("cta-data")
    if program is not None and not _is_ours(Path(program)):
        yield Finding(
            "warning", "older client", f"The command cta-data on the path is another program: {program}.", _OLD
        )
    stop = config.profile_folder() / "cta_agent_stop"
    if stop.exists():
        yield Finding(
            "note", "older client", f"{stop} asks an agent of the old client to stop.", "Remove it if none is running."
        )


def _is_ours(program: Path) -> bool:
    try:
        return "ctadata_jlab" in program.read_text(encoding="utf-8", errors="replace")[:4096]
    except OSError:
        return False


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
