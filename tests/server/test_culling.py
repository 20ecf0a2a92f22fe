"""A hub that stops idle servers: JupyterHub's own culler, at a hub that knows of this server what it would be told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import asynccontextmanager
from datetime import timezone
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from ctadata_jlab.transfer.job import JobState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.server.fakes import FakeEngine

IDLE_SECONDS = 8
DOWNLOAD = {
    "kind": "download",
    "from": {"source": "sky", "paths": ["/lst/sub"]},
    "to": {"source": "local", "path": "/data"},
}


class Hub:
    """The part of a hub's interface that the culler asks. It has a server's activity from the server itself, as a hub does."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.looked = 0
        self.culled: list[float] = []

    def user(self) -> dict[str, Any]:
        self.looked += 1
        moment = self.server.web_app.last_activity().astimezone(timezone.utc).isoformat()
        started = self.server.web_app.settings["started"].astimezone(timezone.utc).isoformat()
        server = {
            "name": "", "last_activity": moment, "started": started, "pending": None, "ready": True,
            "url": "/user/ada/", "state": {},
        }  # fmt: skip
        servers = {} if self.culled else {"": server}
        return {"name": "ada", "kind": "user", "admin": False, "pending": None, "last_activity": moment, "created": started,
                "server": "/user/ada/", "servers": servers}  # fmt: skip


class _Root(RequestHandler):
    def get(self) -> None:
        self.write({"version": "5.3.0"})


class _Users(RequestHandler):
    def initialize(self, hub: Hub) -> None:
        self.hub = hub

    def get(self) -> None:
        self.write({"items": [self.hub.user()], "_pagination": {"next": None}})

    def delete(self) -> None:
        self.hub.culled.append(time.monotonic())
        self.set_status(204)


@asynccontextmanager
async def culled(server: Any) -> AsyncIterator[Hub]:
    """Run the culler against a hub with *server*."""
    hub = Hub(server)
    options = {"hub": hub}
    web = Application(
        [("/hub/api/", _Root), ("/hub/api/users", _Users, options), ("/hub/api/users/ada/server", _Users, options)]
    )
    sockets = bind_sockets(0, "127.0.0.1")
    http = HTTPServer(web)
    http.add_sockets(sockets)
    culler = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jupyterhub_idle_culler", f"--url=http://127.0.0.1:{sockets[0].getsockname()[1]}/hub/api",
        f"--timeout={IDLE_SECONDS}", "--cull-every=1",
        env={**os.environ, "JUPYTERHUB_API_TOKEN": "hub-token"}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield hub
    finally:
        culler.terminate()
        await culler.wait()
        http.stop()


async def _until(holds: Any, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        await asyncio.sleep(0.05)


async def test_a_server_is_not_culled_while_transfers_move(ask: Any, engine: FakeEngine, jp_serverapp: Any) -> None:
    """However long the user is away; when nothing moves any more, it is."""
    identity = (await ask("jobs", "POST", DOWNLOAD)).json["id"]
    async with culled(jp_serverapp) as hub:
        await _until(lambda: hub.looked)
        begun = time.monotonic()
        while time.monotonic() - begun < IDLE_SECONDS + 4:
            engine.move(identity, state=JobState.RUNNING, bytes_done=int((time.monotonic() - begun) * 1000))
            await asyncio.sleep(0.1)
        assert hub.culled == []
        engine.move(identity, state=JobState.PAUSED)
        await _until(lambda: hub.culled)


async def test_transfers_keep_a_server_only_so_long(ask: Any, engine: FakeEngine, jp_serverapp: Any) -> None:
    """The cap of the administrator: after it a server is culled although bytes move; the queue goes on at the next start."""
    identity = (await ask("jobs", "POST", DOWNLOAD)).json["id"]
    app = jp_serverapp.extension_manager.extension_apps["ctadata_jlab"]
    (extension,) = app
    from datetime import timedelta

    extension.workshop.announcer._moved.__self__._limit = timedelta(seconds=1)
    async with culled(jp_serverapp) as hub:
        begun = time.monotonic()
        while not hub.culled and time.monotonic() - begun < 90:
            engine.move(identity, state=JobState.RUNNING, bytes_done=int((time.monotonic() - begun) * 1000))
            await asyncio.sleep(0.1)
        assert hub.culled
        assert json.loads((await ask("jobs")).body)[0]["state"] == "running"
