"""What door, pool and frontend have in common: a threaded https server, a log of what was asked, whole answers and broken ones."""

from __future__ import annotations

import select
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

    from tests.door.double import Double

__all__ = ["Asked", "Cut", "Handler", "Server"]

_PORTION = 65_536
_HEADERS = 8192
"""Bytes that Jetty takes; more is answered 431."""


class Cut(Exception):
    """The connection is to break off here and now."""


@dataclass
class Asked:
    """One request: which server, what, and what it was answered; `took` are the bytes of its body that were read."""

    server: str
    method: str
    path: str
    headers: dict[str, str]
    status: int = 0
    took: int = 0


class Server(ThreadingHTTPServer):
    """One of the double's servers; `name` is what its requests are logged under."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, name: str, handler: type[Handler], double: Double, context: ssl.SSLContext | None, host: str = "127.0.0.1"
    ) -> None:
        super().__init__((host, 0), handler)
        self.name = name
        self.double = double
        self._live: set[socket.socket] = set()
        self._context = context
        shown = "localhost" if host == "127.0.0.1" else host
        self.url = f"{'https' if context else 'http'}://{shown}:{self.server_port}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Be gone: nobody listens, and what was connected is cut."""
        self.shutdown()
        self.server_close()
        for connection in list(self._live):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def again(self) -> None:
        """Listen again, at the same address."""
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self.start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread."""
        with self.double.talking():
            connection = self._context.wrap_socket(request, server_side=True) if self._context else request
            self._live.add(connection)
            try:
                self.RequestHandlerClass(connection, client_address, self)  # type: ignore[arg-type]
            finally:
                self._live.discard(connection)
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up as they like; anything else is a fault of the double."""
        if not isinstance(sys.exc_info()[1], OSError | Cut):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection. Subclasses have `do_…` methods; each must read or refuse the body and `reply` once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's acknowledgement of its headers
    server: Server
    asked: Asked

    @property
    def double(self) -> Double:
        return self.server.double

    @property
    def target(self) -> str:
        """The path that was asked for, without query and slash at the end."""
        return "/" + unquote(urlsplit(self.path).path).strip("/")

    def setup(self) -> None:
        """Hang up on who is silent, where the traps say so."""
        super().setup()
        self.connection.settimeout(self.double.traps.idle_cut or None)

    def parse_request(self) -> bool:
        """Note the request."""
        if not super().parse_request():
            return False
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.asked = Asked(self.server.name, self.command, self.path, headers)
        self.double.asked.append(self.asked)
        if self.server.name == "door" and len(self.headers.as_bytes()) > _HEADERS:
            self.reply(431)
            return False
        moment = self.double.moment
        return moment is None or moment.admit(self)

    def handle_expect_100(self) -> bool:
        """Leave it to PUT to say whether the body is wanted."""
        return True

    def reply(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, reason: str | None = None
    ) -> None:
        """Send a whole answer; what was not read of the request is read first, so that the answer is not lost."""
        if "expect" not in self.asked.headers or self._continued:
            for _ in self.body():
                pass
        elif self.length:
            self.close_connection = True  # the body that was not asked for may come or not
        self.send_head(status, {"Content-Length": str(len(body)), **(headers or {})}, reason)
        if self.tears:
            self.wfile.write(body[: len(body) // 2])
            self.cut()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_head(self, status: int, headers: Mapping[str, str], reason: str | None = None) -> None:
        """Send status and headers only."""
        self.asked.status = status
        if self.loses:
            self.cut()
        if self.double.traps.closes:
            self.close_connection = True
        self.send_response(status, reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def cut(self, stall: float = 0.0) -> None:
        """Break the connection off."""
        time.sleep(stall)
        self.close_connection = True
        raise Cut

    # -- the request's body --------------------------------------------------------------------------------------------

    _continued = False
    _left: int | None = None
    loses = tears = False
    """Whether the answer is lost, or breaks off: see `Moment`."""

    def handle_one_request(self) -> None:
        """Start each request with its own body."""
        self._continued, self._left = False, None
        self.loses = self.tears = False
        super().handle_one_request()

    @property
    def length(self) -> int:
        return int(self.headers.get("Content-Length") or 0)

    @property
    def is_impatient(self) -> bool:
        """Whether the body comes although nobody has asked for it yet."""
        poll = select.poll()  # `select` knows no more than 1024 open files
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0))

    def ask_for_body(self) -> None:
        """Send 100 Continue if the client waits for it."""
        if "expect" in self.asked.headers and not self._continued:
            self.send_response_only(100)
            self.end_headers()
        self._continued = True

    def body(self) -> Iterator[bytes]:
        """Yield the rest of the body; it may end early when the client hangs up."""
        if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            yield from self._chunks()
            return
        self._left = self.length if self._left is None else self._left
        while self._left:
            data = self.rfile.read1(min(self._left, _PORTION))
            if not data:
                self.close_connection = True
                return
            self._left -= len(data)
            self.asked.took += len(data)
            yield data

    def _chunks(self) -> Iterator[bytes]:
        while self._left is None and (size := int(self.rfile.readline().split(b";")[0] or b"0", 16)):
            data = self.rfile.read(size)
            self.asked.took += len(data)
            yield data
            self.rfile.readline()
        if self._left is None:
            self.rfile.readline()
        self._left = 0

    def log_message(self, *_: object) -> None:
        """Say nothing: there is `asked`."""
