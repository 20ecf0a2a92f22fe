"""A proxy before an S3 server that lets a test spoil single requests. The host is part of the signature, and is passed on as it came."""

from __future__ import annotations

import http.client
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Fault", "Faulty", "faulty"]


@dataclass
class Fault:
    """What happens to a request; nothing by default."""

    status: int = 0
    """Answered so, and not passed on."""
    body: bytes = b""
    lost: bool = False
    """Passed on and done, but the answer never comes: the connection is closed."""
    cut: int | None = None
    """So many bytes of the answer's body come, then the connection is closed."""
    without: tuple[str, ...] = ()
    """Headers that are not passed on, as if the server did not know them."""
    spoilt: bool = False
    """One byte of the request's body is another one when it arrives."""
    held: threading.Event | None = None
    """Not passed on before this is set."""


@dataclass
class Faulty:
    """A running proxy: `plan` is asked for each request (method, path with query, headers), `asked` are those so far."""

    url: str = ""
    plan: Callable[[str, str, dict[str, str]], Fault | None] = lambda *_: None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def of(self, method: str, text: str = "") -> list[str]:
        """Return the paths of the requests with *method* that contain *text*."""
        return [path for verb, path in self.asked if verb == method and text in path]


@contextmanager
def faulty(url: str) -> Iterator[Faulty]:
    """Run the proxy before the server at *url*."""
    proxy = Faulty()
    netloc = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait

        def _any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = proxy.plan(self.command, self.path, headers) or Fault()
            data = self.rfile.read(int(headers.get("content-length", 0)))
            proxy.asked.append((self.command, self.path))
            if fault.held is not None:
                fault.held.wait(60)
            if fault.status:
                self._answer(fault.status, {}, fault.body)
                return
            if fault.spoilt and data:
                data = bytes([data[0] ^ 1]) + data[1:]
            kept = {name: value for name, value in headers.items() if name not in {*fault.without, "expect"}}
            with closing(http.client.HTTPConnection(netloc, timeout=60)) as line:
                line.request(self.command, self.path, data, kept)
                answer = line.getresponse()
                told, body = dict(answer.getheaders()), answer.read()
            if fault.lost:
                self.close_connection = True
                return
            self._answer(answer.status, told, body, fault.cut)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _any  # noqa: N815 - the names that http.server calls

        def _answer(self, status: int, headers: dict[str, str], body: bytes, cut: int | None = None) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in {"connection", "date", "server", "transfer-encoding", "content-length"}:
                    self.send_header(name, value)
            length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
            if status != 204:
                self.send_header("Content-Length", length)
            self.end_headers()
            with suppress(OSError):  # the one who asked may have been killed
                self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
