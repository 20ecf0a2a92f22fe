"""A small HTTP server whose answers a test writes itself: for what no well-behaved server does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Asked", "Script", "scripted"]


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Script:
    """A running server: `asked` are its requests so far."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    @property
    def tokens(self) -> set[str]:
        """Every Authorization header that it has seen."""
        return {request.headers.get("authorization", "") for request in self.asked}


@contextmanager
def scripted(answer: Callable[[BaseHTTPRequestHandler, Asked], None], *, reads_body: bool = True) -> Iterator[Script]:
    """Run a server on the loopback interface that answers every request by *answer*.

    With *reads_body* False an upload's body is left unread, as a door that redirects does.
    """
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            length = int(headers.get("content-length", 0)) if reads_body else 0
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            script.asked.append(asked)
            answer(self, asked)

        do_GET = do_PUT = do_HEAD = do_PROPFIND = do_MKCOL = do_MOVE = do_DELETE = _any  # noqa: N815 - the names that http.server calls

        def handle_expect_100(self) -> bool:
            return super().handle_expect_100() if reads_body else True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()


def reply(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    reason: str | None = None,
) -> None:
    """Send a whole answer."""
    handler.send_response(status, reason)
    given = {"Content-Length": str(len(body)), **(headers or {})}
    for name, value in given.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)
