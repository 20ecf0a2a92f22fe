"""A double of Tessera's service, which answers as jupyterhub-tessera 1.1.0 does on ``token``; the real one needs an older hub than ours."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.certificate import Certificate

__all__ = ["Service", "serving_tessera"]

PATH = "/services/tessera/token"
REFUSALS = {
    "unknown_server": (404, "This server is not declared in the tessera configuration."),
    "no_stored_token": (409, "No token is stored for this server: sign in with the tessera button in JupyterLab."),
    "refresh_rejected": (
        409,
        "The server rejected the stored token: sign in again with the tessera button in JupyterLab.",
    ),
    "refresh_unavailable": (502, "The provider could not refresh the token. Retry shortly."),
    "service_misconfigured": (500, "The service could not resolve the provider credentials."),
}


@dataclass
class Service:
    """What it has for the one user whose session has the *key*; `asked` are the servers asked for, `heard` all heads of requests."""

    key: str
    give: dict[str, Callable[[], str]] = field(default_factory=dict)
    """What gives an access token, by the server's name."""
    refusal: str = ""
    """The error that it answers for now."""
    location: str = ""
    """Where it sends everybody for now."""
    url: str = ""
    asked: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def answer(self, path: str, authorization: str) -> tuple[int, dict[str, object]]:
        parts = urlsplit(path)
        if self.location:
            return 302, {}
        if parts.path != PATH:
            return 404, {}
        if authorization != f"token {self.key}":
            return 403, {"error": "http_error", "detail": "Forbidden"}
        server = "".join(parse_qs(parts.query).get("server", []))
        self.asked.append(server)
        refusal = self.refusal or ("" if server in self.give else "unknown_server")
        if refusal:
            status, detail = REFUSALS[refusal]
            return status, {"error": refusal, "detail": detail}
        return 200, {"access_token": self.give[server](), "expires_at": None, "scope": "storage.read:/"}


@contextmanager
def serving_tessera(service: Service, tls: Certificate | None) -> Iterator[Service]:
    """Run *service*; over https with *tls*."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.heard.append(f"{self.requestline}\n{self.headers}")
            status, said = service.answer(self.path, self.headers.get("Authorization", ""))
            body = json.dumps(said).encode()
            self.send_response(status)
            if service.location:
                self.send_header("Location", service.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.cert, tls.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        service.url = f"{'http' if tls is None else 'https'}://localhost:{server.server_port}"
        yield service
        server.shutdown()
