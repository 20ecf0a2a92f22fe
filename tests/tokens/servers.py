"""Many Jupyter servers, a process each: ``python -m tests.tokens.servers`` with their commands and environments as JSON on stdin.

They are forked from one process that has loaded everything, which is what makes twenty of them affordable; each then is what
``python -m jupyter_server`` would be. They end with this process, which ends with its group.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from jupyter_server import serverapp

import ctadata_jlab.server.app
import ctadata_jlab.storage.dcache  # noqa: F401 - loaded once for all


def serve(words: list[str], environment: dict[str, str], log: str) -> None:
    """Become a server."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(Path(log).parent)
    sys.argv = ["jupyter-server", *words]
    serverapp.main(words)


def main() -> None:
    """Start them all, and wait for the end."""
    for one in json.load(sys.stdin):
        if os.fork() == 0:
            serve(**one)
            os._exit(0)
    while True:
        os.wait()


if __name__ == "__main__":
    main()
