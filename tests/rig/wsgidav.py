"""wsgidav behind cheroot: the demo's embedded door, started as a process of its own."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import pytest

from tests.rig.doors import Door
from tests.rig.process import running, tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.certificate import Certificate

__all__ = ["wsgidav"]


@pytest.fixture(scope="session")
def wsgidav(rig_folder: Path, certificate: Certificate) -> Iterator[Door]:
    """Start the demo's door over https; any other token than the one in its file is answered with 401."""
    pytest.importorskip("wsgidav")
    folder = rig_folder / "wsgidav"
    (folder / "data").mkdir(parents=True)
    token, token_file, log = secrets.token_urlsafe(), folder / "token", folder / "log"
    token_file.touch(mode=0o600)
    token_file.write_text(token)
    command: list[str | Path] = [
        *(sys.executable, "-m", "ctadata_jlab.demo.door", "--root", folder / "data", "--token-file", token_file),
        *("--cert", certificate.cert, "--key", certificate.key),
    ]
    with running(command, log=log, ready=lambda: _address(log) is not None):
        yield Door("wsgidav", _address(log) or "", folder / "data", certificate.ca, lambda: token)


def _address(log: Path) -> str | None:
    return next((line for line in tail(log).splitlines() if line.startswith("https://127.0.0.1:")), None)
