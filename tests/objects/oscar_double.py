"""An OSCAR cluster's control plane as its server (v4) is described; `test_oscar` lets the field's own client agree with it."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.hunt import HUNTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PASSWORD", "TOKEN", "USER", "Cluster", "cluster"]

USER, PASSWORD, TOKEN = "oscar", secrets.token_urlsafe(), secrets.token_urlsafe()


class Cluster:
    """A running cluster: `services` by name, `jobs` by service and name, `config` as the cluster tells it, `asked` so far."""

    def __init__(self) -> None:
        double = self

        class Handler(_Handler):
            cluster = double

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.services: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, dict[str, dict[str, str]]] = {}
        self.config: dict[str, Any] = {"config": {"name": "test"}, "allowed_image_repositories": []}
        self.asked: list[tuple[str, str]] = []
        self.accepts: Callable[[str], bool] = lambda token: token == TOKEN
        """Whether a token is one of a user's."""
        self.page = 100
        """How many jobs a list tells at once."""
        self.refuse = 0
        """Every request is answered with this status, if any."""

    def add(self, name: str, **more: Any) -> dict[str, Any]:
        """Deploy a service behind its back."""
        token = secrets.token_hex(32)
        self.services[name] = {"name": name, "image": "image", "script": "#!/bin/sh", "token": token, **more}
        return self.services[name]


class _Refused(Exception):
    def __init__(self, status: int, said: str = "") -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait
    cluster: Cluster

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.cluster.asked.append((self.command, self.path))
        names = [unquote(name) for name in parts.path.split("/") if name]
        try:
            status, answer = (self.cluster.refuse, "refused") if self.cluster.refuse else self._route(names)
        except _Refused as refused:
            status, answer = refused.status, refused.said
        body = answer.encode() if isinstance(answer, str) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if status == 204 else body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - as the standard library calls them

    def _route(self, names: list[str]) -> tuple[int, Any]:
        if names == ["health"]:
            return 200, "Ok"
        if names[0] in {"run", "job"}:
            return self._invoke(names[0], self._service(names[1]))
        given = self.headers.get("Authorization", "")
        basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if given != basic and not self.cluster.accepts(given.removeprefix("Bearer ")):
            raise _Refused(401, "Unauthorized")
        route = getattr(self, f"_{names[1]}")
        answer: tuple[int, Any] = route(names[2:])
        return answer

    def _service(self, name: str) -> dict[str, Any]:
        if name not in self.cluster.services:
            raise _Refused(404, f"services.serving.knative.dev {name!r} not found")
        return self.cluster.services[name]

    def _info(self, _: list[str]) -> tuple[int, Any]:
        return 200, {"version": "v4.1.2", "architecture": "amd64", "serverless_backend": {"name": "Knative"}}

    def _config(self, _: list[str]) -> tuple[int, Any]:
        return 200, self.cluster.config

    def _services(self, names: list[str]) -> tuple[int, Any]:
        services = self.cluster.services
        if self.command == "GET":
            return 200, self._service(names[0]) if names else list(services.values())
        if self.command == "DELETE":
            del services[self._service(names[0])["name"]]
            return 204, None
        told = json.loads(self.raw)
        if not told.get("name") or not told.get("image"):
            raise _Refused(400, "The service specification is not valid")
        if self.command == "POST" and told["name"] in services:
            raise _Refused(409, "A service with the provided name already exists")
        if self.command == "PUT":
            self._service(told["name"])
        self.cluster.add(**told)
        return (201 if self.command == "POST" else 204), None

    def _logs(self, names: list[str]) -> tuple[int, Any]:
        jobs = self.cluster.jobs.setdefault(self._service(names[0])["name"], {})
        if len(names) > 1 and names[1] not in jobs:
            raise _Refused(404)
        if self.command == "GET":
            return 200, jobs[names[1]]["log"] if len(names) > 1 else self._listed(jobs)
        if len(names) > 1:
            del jobs[names[1]]
        else:
            for name in [name for name, job in jobs.items() if self.query.get("all") or job["status"] != "Running"]:
                del jobs[name]
        return 204, None

    def _listed(self, jobs: dict[str, dict[str, str]]) -> dict[str, Any]:
        """Return a page of *jobs*."""
        start, end = (int(self.query.get("page") or 0) + step for step in (0, self.cluster.page))
        shown = {
            name: {"status": job["status"], "creation_time": f"2026-01-01T00:00:{n:02}Z"}
            for n, (name, job) in enumerate(jobs.items())
            if start <= n < end
        }
        rest = {"next_page": str(end), "remaining_jobs": len(jobs) - end} if end < len(jobs) else {}
        return {"jobs": shown, **rest}

    def _invoke(self, how: str, service: dict[str, Any]) -> tuple[int, Any]:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != service["token"] and not self.cluster.accepts(token):
            raise _Refused(401, "Unauthorized")
        is_json = "json" in self.headers.get("Content-Type", "") and self.raw.startswith(b"{")
        given = self.raw if is_json else base64.b64decode(self.raw, validate=True)
        if how == "job":
            jobs = self.cluster.jobs.setdefault(service["name"], {})
            jobs[f"{service['name']}-{len(jobs)}"] = {"status": "Succeeded", "log": f"ran with {given.decode()}"}
            return 201, None
        if service.get("binary"):
            return 200, base64.b64encode(b"\x89PNG" + given).decode()
        return 200, f"< {json.loads(given)['message']} >\n" if given.startswith(b"{") else given.decode()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Cluster]:
    double = Cluster()
    HUNTER.secrets |= {PASSWORD, TOKEN}
    threading.Thread(target=double.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield double
    double.server.shutdown()
    double.server.server_close()


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    """Return the double, with nothing deployed."""
    _cluster.reset()
    return _cluster
