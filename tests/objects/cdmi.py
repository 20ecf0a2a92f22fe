"""An Oneprovider's CDMI as it is described (CDMI 1.1.1, and what oscar-python asks of it): files below a folder of this machine."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import ssl
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rig.certificate import Certificate

__all__ = ["TOKEN", "Oneprovider", "oneprovider"]

TOKEN = "the-token-of-the-oneprovider"
_FOLDER, _FILE = "application/cdmi-container", "application/cdmi-object"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    token: str
    status: int = 0


@dataclass
class Traps:
    """What goes wrong; all off at first."""

    refuse: dict[str, int] = field(default_factory=dict)
    """Status by method: such requests are answered so."""
    elsewhere: str = ""
    """GET of bytes is redirected to this address."""
    cut: int | None = None
    """So many bytes of a file come, then the connection is closed."""
    short: bool = False
    """One byte of each upload is lost."""


class Oneprovider:
    """The double: its spaces are the folders below *folder*."""

    def __init__(self, folder: Path, certificate: Certificate) -> None:
        self.ca = certificate.ca
        self.folder = folder
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert, certificate.key)

        class Handler(_Handler):
            double = self

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"localhost:{self.server.server_port}"
        self.url = f"https://{self.host}"
        self.reset()

    def reset(self) -> None:
        """Forget everything; one space is there."""
        self.traps = Traps()
        self.asked: list[Asked] = []
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "space").mkdir(parents=True)

    def file(self, path: str) -> Path:
        """Return the real file."""
        return self.folder / path.lstrip("/")

    def raw_put(self, path: str, data: bytes) -> None:
        """Put a file there, parents too; each write is of another second, as its version is told in seconds."""
        place = self.file(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        moment = int(place.stat().st_mtime) + 1 if place.exists() else None
        place.write_bytes(data)
        if moment is not None:
            os.utime(place, (moment, moment))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait
    double: Oneprovider

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole, _, self.query = self.path.partition("?")
        self.asked = Asked(self.command, unquote(whole), self.headers.get("X-Auth-Token", ""))
        self.double.asked.append(self.asked)
        if self.asked.token != TOKEN:
            self._answer(401, {"error": {"id": "unauthorized"}})
        elif self.command in self.double.traps.refuse:
            self._answer(self.double.traps.refuse[self.command], {"error": {"id": "internalServerError"}})
        elif not self.asked.path.startswith("/cdmi/") and self.asked.path != "/cdmi":
            self._answer(404, {})
        else:
            path = self.asked.path.removeprefix("/cdmi") or "/"
            getattr(self, f"_{self.command.lower()}")(path, self.double.file(path), raw)

    do_GET = do_PUT = do_DELETE = _serve  # noqa: N815 - as the standard library calls them

    @property
    def _is_cdmi(self) -> bool:
        return "X-CDMI-Specification-Version" in self.headers

    def _get(self, path: str, place: Path, _raw: bytes) -> None:
        wants_folder = path.endswith("/") or path == "/"
        if not place.exists() or (wants_folder and not place.is_dir()):
            self._answer(404, {"error": {"id": "posix", "details": {"errno": "enoent"}}})
        elif place.is_dir() and not wants_folder:
            self._answer(302, {}, {"Location": self.path.partition("?")[0] + "/"})
        elif self._is_cdmi:
            self._answer(200, self._told(path, place), {"Content-Type": _FOLDER if place.is_dir() else _FILE})
        elif place.is_dir():
            self._answer(400, {"error": {"id": "badVersion"}})
        else:
            self._bytes(place)

    def _told(self, path: str, place: Path) -> dict[str, Any]:
        status = place.stat()
        moment = datetime.fromtimestamp(int(status.st_mtime), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        told: dict[str, Any] = {
            "objectType": _FOLDER if place.is_dir() else _FILE,
            "objectName": place.name + ("/" if place.is_dir() else ""),
            "parentURI": path.rstrip("/").rpartition("/")[0] + "/",
            "completionStatus": "Complete",
            "metadata": {"cdmi_size": str(status.st_size), "cdmi_mtime": moment, "cdmi_atime": moment},
        }
        if place.is_dir():
            told["children"] = [child.name + ("/" if child.is_dir() else "") for child in sorted(place.iterdir())]
        else:
            told["valuetransferencoding"] = "base64"
            told["value"] = base64.b64encode(place.read_bytes()).decode() if not self.query else ""
        wanted = {name.partition(":")[0] for name in self.query.split(";") if name}
        return {name: value for name, value in told.items() if not wanted or name in wanted}

    def _bytes(self, place: Path) -> None:
        if self.double.traps.elsewhere:
            self._answer(302, {}, {"Location": self.double.traps.elsewhere})
            return
        data, status, headers = place.read_bytes(), 200, {"Content-Type": "application/octet-stream"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            start, end = int(asked[1]), int(asked[2] or len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{min(end, len(data) - 1)}/{len(data)}"
            data, status = data[start : end + 1], 206
        self._answer(status, data, headers, self.double.traps.cut)

    def _put(self, path: str, place: Path, raw: bytes) -> None:
        kind = self.headers.get("Content-Type", "")
        if not place.parent.is_dir():
            self._answer(404, {"error": {"id": "posix", "details": {"errno": "enoent"}}})
        elif self._is_cdmi and b'"move"' in raw:
            self._move(self.double.file(json.loads(raw)["move"]), place)
        elif path.endswith("/") or kind == _FOLDER:
            if place.exists():
                self._answer(409 if place.is_file() else 204, {})
            else:
                place.mkdir()
                self._answer(201, self._told(path, place))
        elif place.is_dir():
            self._answer(409, {})
        else:
            existed = place.exists()
            place.write_bytes(raw[: len(raw) - 1] if self.double.traps.short else raw)
            self._answer(204 if existed else 201, b"")

    def _move(self, source: Path, target: Path) -> None:
        if not source.exists():
            self._answer(404, {})
        elif target.exists():
            self._answer(409, {})
        else:
            source.rename(target)
            self._answer(201, {"objectName": target.name})

    def _delete(self, _path: str, place: Path, _raw: bytes) -> None:
        if not place.exists():
            self._answer(404, {})
            return
        if place.is_dir():
            shutil.rmtree(place)  # the server takes all below
        else:
            place.unlink()
        self._answer(204, b"")

    def _answer(
        self, status: int, answer: object, headers: dict[str, str] | None = None, cut: int | None = None
    ) -> None:
        self.asked.status = status
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="session")
def _oneprovider(rig_folder: Path, certificate: Certificate) -> Iterator[Oneprovider]:
    double = Oneprovider(rig_folder / "oneprovider", certificate)
    threading.Thread(target=double.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield double
    double.server.shutdown()
    double.server.server_close()


@pytest.fixture
def oneprovider(_oneprovider: Oneprovider) -> Oneprovider:
    """Return the double, empty and honest."""
    _oneprovider.reset()
    return _oneprovider
