"""The secret hunt: when all tests are done, every secret that the rig handed out is looked for wherever it must not be.

Looked through are all files that the tests left (logs, notebooks, answers, pickles, databases), all that tests said, failed with or
warned of, and the command lines of all processes, looked at again and again meanwhile. A secret may be in its own files alone, and those
must be closed to others (0600).
"""

from __future__ import annotations

import base64
import os
import re
import stat
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["HUNTER", "Hunter", "Wanted", "spellings"]

OWN = re.compile(
    r"""(?x) (?:.*\.)? (?: token(?:-[\w-]+)? | refresh-[\w-]+ | secret(?:-[\w-]+)? | hub-token | password
      | minted | settings\.json | users\.json | credential[\w-]* | bt_u\d+ | client[\w-]*\.json
    ) (?:\.[\w]{6,8})?"""
)
"""The names of files whose purpose is a secret: the user's, and the rig's own."""
MINTED = "minted"
"""The file to which a server of the rig adds each secret that it hands out, one a line."""
INSTALLED = {"node_modules", "site-packages", ".yarn"}
"""Software that packaging's tests install is not looked through: it is 80 000 files, and no test writes there."""
WORD = re.compile(rb"[\w\-.~%+/]{16,}")
SHORTEST = 16
LARGEST = 64 << 20
PERIOD = 0.5  # seconds between two looks at all command lines


def spellings(secret: str) -> set[bytes]:
    """Return *secret* as it may be written: plain, percent-encoded, in base64; of a JSON web token also the signature alone."""
    plain = secret.encode()
    parts = plain.split(b".")
    signature = {parts[2]} if len(parts) == 3 and len(parts[2]) >= SHORTEST else set()
    return {
        plain,
        plain.strip(b".~%+/-="),
        quote(secret, safe="").encode(),
        base64.b64encode(plain).rstrip(b"="),
    } | signature


class Wanted:
    """All spellings of all *secrets* as one search, which takes no longer for many than for one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._spellings = {one for secret in secrets for one in spellings(secret)}

    def is_in(self, data: bytes) -> bool:
        """Whether *data* has one, as a word of its own or beside dots, slashes and the like."""
        for match in WORD.finditer(data):
            word = match.group()
            if {word, word.strip(b".~%+/-"), *word.split(b"/"), *word.split(b".")} & self._spellings:
                return True
        return False


class Hunter:
    """Collects what tests left and said, and finds secrets in it."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.found: list[str] = []
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - until the end of the run
        self._lines: set[str] = set()
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="hunter", daemon=True)

    def start(self) -> None:
        """Begin to look at the command lines of all processes."""
        self._watcher.start()

    def hear(self, who: str, text: str) -> None:
        """Take note of what *who* said."""
        if len(text) >= SHORTEST:
            self._said.write(f"\0{who}\n{text}".encode(errors="replace"))

    def learn(self, folder: Path) -> None:
        """Take note of the secrets that the servers in *folder* handed out."""
        for file in folder.rglob(MINTED):
            self.secrets.update(line for line in file.read_text().splitlines() if len(line) >= SHORTEST)

    def search(self, folder: Path) -> None:
        """Look through all files below *folder*."""
        wanted = Wanted(self.secrets)
        for parent, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name not in INSTALLED]
            for name in names:
                self._look(Path(parent, name), wanted)

    def finish(self) -> None:
        """Look through what was said, and what all processes were called with."""
        self._done.set()
        if self._watcher.is_alive():
            self._watcher.join(5)
        wanted = Wanted(self.secrets)
        with self._said as said:
            said.seek(0)
            pieces = said.read().split(b"\0")
        for piece in pieces:
            if wanted.is_in(piece):
                self.found.append(f"said by {piece.splitlines()[0].decode(errors='replace')}")
        if wanted.is_in("\n".join(self._lines).encode(errors="replace")):
            self.found.append("on a command line")

    def _look(self, file: Path, wanted: Wanted) -> None:
        try:
            status = file.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST or not wanted.is_in(file.read_bytes()):
                return
        except OSError:
            return
        if not OWN.fullmatch(file.name):
            self.found.append(f"in {file}")
        elif status.st_mode & 0o077:
            self.found.append(f"open to others: {file}")

    def _watch(self) -> None:
        while not self._done.wait(PERIOD):
            for process in psutil.process_iter(["cmdline"]):
                self._lines.update(word[:20_000] for word in process.info["cmdline"] or () if len(word) >= SHORTEST)


HUNTER = Hunter()


def pytest_sessionstart() -> None:
    """Begin to watch."""
    HUNTER.start()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take note of what a test said: output, log, and failure."""
    text = "\n".join(content for _, content in report.sections)
    HUNTER.hear(f"{report.nodeid} ({report.when})", f"{text}\n{report.longrepr or ''}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search what is left; a finding fails the run."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and HUNTER.secrets:
        HUNTER.search(factory.getbasetemp())
    HUNTER.finish()
    if HUNTER.found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell where secrets were found, or that they were looked for."""
    if HUNTER.found:
        terminalreporter.section("secrets found where they must not be", red=True)
        for line in sorted(set(HUNTER.found)):
            terminalreporter.line(line)
    elif HUNTER.secrets:
        terminalreporter.line(
            f"{len(HUNTER.secrets)} secrets of this run were looked for, and found in their own files only."
        )
