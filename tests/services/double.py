"""Doubles of the two services of the platform's hub: the download service and the certificate service.

They answer as the real ones do, their oddities included: a missing file is fetched with 200 and the error as its bytes; the
root of a listing is called a file; sizes are texts; a path with an open bracket breaks the listing; an upload onto a file that
exists fails although it was stored; writes are let through in the user's own folder only. `tests/services/test_old_client.py`
has the old clients themselves speak to them.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TOKEN", "Services"]

TOKEN = "the-hub-token-of-the-user"
PREFIX = "/services/downloadservice"
CERTIFICATES = "/services/certificateservice"
FOLDER = "volodymyr_savchenko_epfl_ch"
"""What the service makes of the user's name."""
PROXY = """<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{}</d:multistatus>"""


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Services:
    """Both services; `files` is the storage behind them: paths without a slash at the start; a folder ends with one."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    certificates: dict[str, Any] = field(default_factory=dict)
    scopes: bool = True
    """Whether the token may use the service at all."""
    cut: int | None = None
    """After how many bytes a download breaks off, as if that was all."""
    is_admin: bool = True

    @property
    def download(self) -> str:
        """The address of the download service."""
        return f"{self.url}{PREFIX}/"

    @property
    def certificate(self) -> str:
        """The address of the certificate service."""
        return f"{self.url}{CERTIFICATES}/"

    def put(self, path: str, data: bytes) -> None:
        """Put a file there, folders too."""
        parts = path.strip("/").split("/")
        for n in range(1, len(parts)):
            self.files.setdefault("/".join(parts[:n]) + "/", b"")
        self.files["/".join(parts)] = data

    def folder(self, path: str) -> None:
        """Make a folder."""
        self.put(path.strip("/") + "/x", b"")
        del self.files[path.strip("/") + "/x"]

    def children(self, folder: str) -> list[str]:
        """Return what a folder holds, files and folders, in no useful order."""
        prefix = folder.strip("/") + "/" if folder.strip("/") else ""
        found = [key for key in self.files if key.startswith(prefix) and key != prefix]
        return sorted((key for key in found if "/" not in key[len(prefix) :].rstrip("/")), reverse=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    @property
    def services(self) -> Services:
        return self.server.services

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, self._body())
        self.services.asked.append(asked)
        if parts.path.startswith(CERTIFICATES):
            self._certificate(asked, parts.path[len(CERTIFICATES) :].strip("/"))
            return
        verb, _, rest = parts.path[len(PREFIX) :].lstrip("/").partition("/")
        if verb == "health":
            self._reply(200, "OK - DownloadService is up and running")
        elif self._authenticated(asked):
            getattr(self, f"_{verb}", self._nothing)(asked, unquote(rest))

    do_GET = do_POST = do_PUT = do_PROPFIND = do_MKCOL = do_HEAD = do_OPTIONS = do_DELETE = do_MOVE = handle_any  # noqa: N815

    def _authenticated(self, asked: Asked) -> bool:
        given = asked.query.get("token", [""])[0] or asked.headers.get("authorization", "").removeprefix("Bearer ")
        if given == TOKEN:
            if not self.services.scopes:
                self._reply(403, "Access denied, token must have scopes access:services!service=downloadservice")
            return self.services.scopes
        if asked.headers.get("content-type") == "application/json":
            self._reply(401, json.dumps({"message": "Invalid or missing Bearer token"}), "application/json")
        else:
            self._reply(302, "", headers={"Location": f"{self.services.url}/hub/api/oauth2/authorize?state=x"})
        return False

    def _nothing(self, _asked: Asked, _path: str) -> None:
        self._reply(404, "Not Found")

    def _list(self, _asked: Asked, path: str) -> None:
        files, path = self.services.files, path.strip("/")
        try:
            re.compile(path)
        except re.error:
            self._reply(500, "Internal Server Error", "text/html")
            return
        if path in files and path:
            self._json([self._entry(path)])
        elif f"{path}/" in files or not path:
            own = {"href": "", "type": "file"} if not path else self._entry(f"{path}/")
            self._json([own, *(self._entry(child) for child in self.services.children(path))])
        else:
            self._reply(404, f"Error: 404 <html>{path} not found</html>")

    def _entry(self, path: str) -> dict[str, str]:
        href = quote(path)
        facts = {"href": href, "type": "directory" if path.endswith("/") else "file"}
        facts |= {"url": f"{self.services.download}list/{href}", "mtime": formatdate(1_700_000_000, usegmt=True)}
        return facts if path.endswith("/") else {**facts, "size": str(len(self.services.files[path]))}

    def _fetch(self, _asked: Asked, path: str) -> None:
        if ".." in path:
            self._reply(400, "Error: path cannot contain '..'")
            return
        data = self.services.files.get(path.strip("/"), b"<html>404 not found</html>")
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Disposition", f"attachment; filename={quote(path.rpartition('/')[2])}")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        data = data[: self.services.cut]
        for start in range(0, len(data), 65_536):
            piece = data[start : start + 65_536]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def _upload(self, asked: Asked, path: str) -> None:
        files = self.services.files
        top = next((top for top in ("lst", "cta") if f"{top}/users/" in files), None)
        if asked.method != "POST" or not path:
            self._reply(500, "Internal Server Error")
        elif top is None:
            self._reply(403, "Access denied", reason="Missing rights to upload files")
        else:
            self.services.folder(f"{top}/users/{FOLDER}")
            target = f"{top}/users/{FOLDER}/{path}"
            if target.rpartition("/")[0] + "/" not in files:
                self._reply(409, "Error: 409 conflict")
                return
            existed = target in files
            self.services.put(target, asked.body)
            if existed:
                self._reply(204, "")
                return
            self._json({"status": "uploaded", "path": target, "total_written": len(asked.body)})

    def _webdav(self, asked: Asked, path: str) -> None:
        """Pass on a few methods, as they are, and writes in the user's own folder only."""
        if asked.method not in {"GET", "HEAD", "MKCOL", "OPTIONS", "PROPFIND", "PUT"}:
            self._reply(405, "Method Not Allowed")
        elif asked.method in {"MKCOL", "PUT"} and not re.match(rf"(lst|cta)/users/{FOLDER}/", path):
            why = f"Missing rights to write in : {path}, you are not allowed to write in this folder"
            self._reply(403, "Access denied", reason=why)
        else:
            getattr(self, f"_webdav_{asked.method.lower()}", self._nothing)(asked, path.strip("/"))

    def _webdav_mkcol(self, _asked: Asked, path: str) -> None:
        if f"{path}/" in self.services.files:
            self._reply(405, "exists")
        elif path.rpartition("/")[0] + "/" not in self.services.files:
            self._reply(409, "no parent")
        else:
            self.services.folder(path)
            self._reply(201, "")

    def _webdav_put(self, asked: Asked, path: str) -> None:
        self.services.put(path, asked.body)
        self._reply(201, "")

    def _webdav_get(self, _asked: Asked, path: str) -> None:
        if path in self.services.files:
            self._reply(200, self.services.files[path])
        else:
            self._reply(404, "")

    _webdav_head = _webdav_get

    def _webdav_propfind(self, asked: Asked, path: str) -> None:
        files = self.services.files
        own = path if path in files else f"{path}/" if path else ""
        if own and own not in files:
            self._reply(404, "")
            return
        below = [] if asked.headers.get("depth") == "0" or path in files else self.services.children(path)
        body = PROXY.format("".join(self._response(one) for one in [own, *below]))
        self._reply(207, body, "application/xml")

    def _response(self, path: str) -> str:
        is_file = path and not path.endswith("/")
        kind = "" if is_file else "<d:collection/>"
        size = f"<d:getcontentlength>{len(self.services.files[path])}</d:getcontentlength>" if is_file else ""
        when = f"<d:getlastmodified>{formatdate(1_700_000_000, usegmt=True)}</d:getlastmodified>"
        return (
            f"<d:response><d:href>{PREFIX}/webdav/{quote(path)}</d:href><d:propstat><d:prop>{size}{when}"
            f"<d:resourcetype>{kind}</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )

    def _certificate(self, asked: Asked, verb: str) -> None:
        if asked.headers.get("authorization", "") != f"Bearer {TOKEN}" and asked.query.get("token") != [TOKEN]:
            self._reply(401, json.dumps({"message": "Invalid or missing Bearer token"}), "application/json")
            return
        given = json.loads(asked.body or b"{}")
        text = given.get("certificate", "")
        if "BEGIN CERTIFICATE" not in text:
            self._reply(400, "Certificate invalid: no chain to a known authority")
        elif verb == "main-certificate":
            if not self.services.is_admin:
                self._reply(401, "access denied")
                return
            self.services.certificates["main"] = given
            self._json({"message": "Shared certificate stored", "certificateUploaded": True})
        elif "EXPIRED" in text:  # the service says some things inside of an answer that looks well
            self._json({"message": "Certificate validity too long or expired", "certificateUploaded": False})
        else:
            self.services.certificates[given.get("certificate_key", "")] = given
            self._json({"message": "Certificate stored", "validity": formatdate(1_800_000_000, usegmt=True)})

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _json(self, value: object) -> None:
        self._reply(200, json.dumps(value), "application/json")

    def _reply(
        self,
        status: int,
        body: str | bytes,
        kind: str = "text/plain",
        headers: dict[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status, reason)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing: there is `asked`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, services: Services) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.services = services
        services.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running() -> Iterator[Services]:
    """Run both services."""
    services = Services()
    server = _Server(services)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def services() -> Iterator[Services]:
    """Give both services, with an empty storage behind them."""
    with running() as services:
        yield services
