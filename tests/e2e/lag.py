"""A server extension for tests: tells the longest time that the event loop did not come round, in milliseconds."""

from __future__ import annotations

import asyncio
import json
import time

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

STEP = 0.002


class Lag:
    """Comes round every 2 ms and notes how much later it was than that."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._due = time.monotonic() + STEP

    def beat(self) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self._due)
        self._due = now + STEP
        asyncio.get_running_loop().call_later(STEP, self.beat)


class LagHandler(JupyterHandler):  # type: ignore[misc]
    """Tells and forgets the longest delay."""

    @web.authenticated
    def get(self) -> None:
        lag: Lag = self.settings["test_lag"]
        longest, lag.longest = lag.longest, 0.0
        self.finish(json.dumps(longest * 1000))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.e2e.lag"}]


def _load_jupyter_server_extension(serverapp: object) -> None:
    app = serverapp.web_app  # type: ignore[attr-defined]
    lag = Lag()
    app.settings["test_lag"] = lag
    serverapp.io_loop.add_callback(lag.beat)  # type: ignore[attr-defined]
    app.add_handlers(".*$", [(app.settings["base_url"].rstrip("/") + "/test-lag", LagHandler)])
