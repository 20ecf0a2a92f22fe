"""Two listeners: a door that sends everybody elsewhere, and whoever waits there; both note all that reaches them."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rig.certificate import Certificate

__all__ = ["Listener", "listening"]


class Listener(ThreadingHTTPServer):
    """Answers all requests with *status*, and with `location` where that is set; `heard` is all that was sent, as text."""

    def __init__(self, status: int, tls: Certificate | None) -> None:
        self.status, self.location = status, ""
        self.heard: list[str] = []
        self.scheme = "http" if tls is None else "https"
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.cert, tls.key)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def url(self, host: str = "localhost") -> str:
        return f"{self.scheme}://{host}:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever breaks off has heard enough."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.0"

    def _listen(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, 1 << 20)) if "100-continue" not in self.headers.get("Expect", "") else b""
        self.server.heard.append(f"{self.requestline}\n{self.headers}\n{body.decode(errors='replace')}")
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", f"{self.server.location}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PROPFIND = do_MKCOL = do_MOVE = do_OPTIONS = _listen  # noqa: N815 - the library's

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def listening(status: int = 404, tls: Certificate | None = None) -> Iterator[Listener]:
    with Listener(status, tls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
