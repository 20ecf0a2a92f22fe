"""The `curl` command as a client that is independent of everything we write."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.rig.process import RigError, need

if TYPE_CHECKING:
    from tests.rig.doors import Door

__all__ = ["Answer", "Curl"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to a request: its header's names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Curl:
    """Asks a door with the token that opens it, with another *token*, or with none if that is empty."""

    door: Door
    token: str | None = None

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; the keyword `Want_Digest="md5"` is the header `Want-Digest`. Redirects are not followed."""
        command = [need("curl"), "--silent", "--show-error", "--include", "--path-as-is", "--max-time", "120"]
        command += ["--head"] if method == "HEAD" else ["--request", method]
        command += ["--cacert", str(self.door.ca)] if self.door.ca else []
        command += ["--data-binary", "@-"] if body is not None else []
        done = self._run([*command, self.url(path)], "\n".join(self._headers(headers)), body or b"")
        if done.returncode:
            raise RigError(f"{method} {path}: curl ended with {done.returncode}: {done.stderr.decode()}")
        return _parse(done.stdout)

    @staticmethod
    def _run(command: list[str], headers: str, body: bytes) -> subprocess.CompletedProcess[bytes]:
        """Hand the headers over by a pipe: on the command line, everybody could read the token."""
        reading, writing = os.pipe()
        try:
            os.write(writing, headers.encode())
            os.close(writing)
            command = [*command, "--header", f"@/dev/fd/{reading}"]
            return subprocess.run(command, input=body, capture_output=True, check=False, pass_fds=[reading])
        finally:
            os.close(reading)

    def url(self, path: str) -> str:
        """Return the address of *path*."""
        return self.door.url + quote(path)

    def _headers(self, given: dict[str, str]) -> list[str]:
        token = self.token
        if token is None and self.door.token is not None:
            token = self.door.token()
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
        return [*lines, "Content-Type:", *([f"Authorization: Bearer {token}"] if token else [])]


def _parse(output: bytes) -> Answer:
    """Return the last answer: those before it are `100 Continue`."""
    head, _, body = output.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").splitlines()  # XRootD ends some lines with a bare newline
    code = int(status.split()[1])
    if 100 <= code < 200:
        return _parse(body)
    pairs = (line.partition(":") for line in lines)
    return Answer(code, {name.lower(): value.strip() for name, _, value in pairs}, body)
