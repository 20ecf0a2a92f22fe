"""SeaweedFS as a real S3 server: signatures checked, presigned URLs, multipart uploads, ranges."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import shutil
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from tests.hunt import MINTED
from tests.rig.process import RigError, free_port, need, running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["S3", "seaweed", "serving"]

REGION = "us-east-1"
FREE = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class S3:
    """A running S3 server and the keys of its one user."""

    url: str
    key: str
    secret: str = field(repr=False)

    def presigned(self, method: str, path: str, expires: int = 3600, **query: str) -> str:
        """Return a URL that is itself the permission to do *method* on *path* for *expires* seconds (AWS Signature Version 4)."""
        now = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        asked = {
            **query,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key}/{scope}",
            "X-Amz-Date": now,
            "X-Amz-Expires": str(expires),
            "X-Amz-SignedHeaders": "host",
        }
        canonical = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(asked.items()))
        host = urlsplit(self.url).netloc
        where = quote(path, safe="/~")
        request = "\n".join((method, where, canonical, f"host:{host}\n", "host", FREE))
        to_sign = "\n".join(("AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()))
        key = f"AWS4{self.secret}".encode()
        for part in (now[:8], REGION, "s3", "aws4_request", to_sign):
            key = hmac.digest(key, part.encode(), "sha256")
        return f"{self.url}{where}?{canonical}&X-Amz-Signature={key.hex()}"

    def ask(self, method: str, path: str, data: bytes | None = None, **query: str) -> bytes:
        """Return the body of the answer to a signed request."""
        request = urllib.request.Request(self.presigned(method, path, 3600, **query), data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="session")
def seaweed(rig_folder: Path) -> Iterator[S3]:
    """Start SeaweedFS with one user, who may do everything."""
    with serving(rig_folder / "seaweed") as s3:
        yield s3


@contextmanager
def serving(folder: Path) -> Iterator[S3]:
    """Run SeaweedFS, which keeps everything in *folder*; once more where a program took one of its eight ports first."""
    with ExitStack() as up:
        try:
            s3 = up.enter_context(_serving(folder / "first"))
        except RigError:
            if "address already in use" not in (folder / "first/log").read_text():
                raise
            s3 = up.enter_context(_serving(folder / "second"))
        yield s3


@contextmanager
def _serving(folder: Path) -> Iterator[S3]:
    beside = Path(sys.executable).with_name("weed")
    program = str(beside) if beside.exists() else shutil.which("weed") or need("weed")
    (folder / "data").mkdir(parents=True)
    s3 = S3(f"http://127.0.0.1:{free_port()}", "rigkey", hashlib.sha256(str(folder).encode()).hexdigest())
    user = {"name": "rig", "credentials": [{"accessKey": s3.key, "secretKey": s3.secret}]}
    user["actions"] = ["Admin", "Read", "Write", "List", "Tagging"]
    users = folder / "users.json"
    users.touch(mode=0o600)
    users.write_text(json.dumps({"identities": [user]}))
    (folder / MINTED).touch(mode=0o600)
    (folder / MINTED).write_text(s3.secret)
    command = [program, "server", "-master.telemetry=false", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-dir={folder / 'data'}", "-volume.max=100", "-master.volumeSizeLimitMB=64", "-s3"]
    command += [f"-s3.config={users}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-s3.port={urlsplit(s3.url).port}"]
    for name in ("master", "volume", "filer"):
        port, grpc = free_port(), free_port()
        command += [f"-{name}.port={port}", f"-{name}.port.grpc={grpc}"]
    command += [f"-s3.port.grpc={free_port()}"]

    def ready() -> bool:
        try:
            s3.ask("PUT", "/rig")
            s3.ask("PUT", "/rig/ready", b"yes")
        except (OSError, urllib.error.URLError):
            return False
        return True

    # it takes ten seconds to end, for the sake of data that nobody needs
    with running(command, log=folder / "log", ready=ready, folder=folder, patience=90, keeps=False):
        yield s3
