"""A real Jupyter server with the extension, over storages in memory and a queue that the tests move by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 - its fixtures and hooks, for this folder only
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError
from traitlets.config import Config

from ctadata_jlab.config import Config as Settings
from ctadata_jlab.config import Transfers
from ctadata_jlab.server.app import DataApp
from ctadata_jlab.session import Source
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.remembering import Remembering
from ctadata_jlab.tokens.file import TokenFile
from ctadata_jlab.tokens.keeper import Keeper
from tests.server.fakes import FakeEngine, FakeSession, Flaky

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tornado.httpclient import HTTPResponse


@dataclass
class Answer:
    """What the server said."""

    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


BROKEN_OFF = Answer(599, b"", {})


@pytest.fixture  # type: ignore[no-redef]
def jp_base_url() -> str:
    """Serve at the address that a hub gives to a user's server."""
    return "/user/ada/"


@pytest.fixture  # type: ignore[no-redef]
def jp_server_config() -> Config:
    return Config(
        {
            "ServerApp": {"jpserver_extensions": {"ctadata_jlab": True}, "allow_unauthenticated_access": False},
        }
    )


@pytest.fixture
def remote() -> Flaky:
    """Return the storage of the source ``sky``."""
    return Flaky({"/lst/a.txt": b"alpha\n", "/lst/sub/b.bin": bytes(range(256)), "/lst/caf\xe9 %41#?+.txt": b"odd"})


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def session(remote: Flaky, engine: FakeEngine, jp_root_dir: Path, tmp_path: Path) -> FakeSession:
    workspace = Local(jp_root_dir)
    keeper = Keeper(TokenFile(tmp_path / "token"))
    sources = [
        Source("sky", "Sky", "webdav", remote, cast("Any", remote), production=True, home="/lst", twin="archive"),
        Source("archive", "Archive", "webdav", Flaky({"/old": b"1"}, writable=False), cast("Any", Flaky()), keeper,
               token_file=tmp_path / "token"),
        Source("local", "Workspace", "local", workspace, Remembering(workspace, seconds=0.0)),
    ]  # fmt: skip
    config = Settings(sources={}, transfers=Transfers(open_bytes=100_000), workspace=jp_root_dir)
    return FakeSession({one.name: one for one in sources}, engine, config)


@pytest.fixture  # type: ignore[no-redef]
def jp_serverapp(session: FakeSession, monkeypatch: pytest.MonkeyPatch, jp_configurable_serverapp: Any) -> Any:
    """Start the server, whose extension works with `session`."""
    monkeypatch.setattr(DataApp, "open_session", lambda _: session)
    return jp_configurable_serverapp()


@pytest.fixture
def ask(
    jp_serverapp: Any, http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str
) -> Callable[..., Any]:
    """Ask the extension; the path goes out as it is written, and no status raises."""

    async def fetch(path: str, method: str = "GET", json_body: object = None, **options: Any) -> Answer:
        if json_body is not None:
            options["body"] = json.dumps(json_body)
        options["headers"] = {**jp_auth_header, **options.pop("headers", {})}
        try:
            response: HTTPResponse = await http_server_client.fetch(
                f"{jp_base_url}ctadata-jlab/{path}",
                method=method,
                raise_error=False,
                allow_nonstandard_methods=True,
                **{"request_timeout": 60, **options},
            )
        except (HTTPStreamClosedError, HTTPTimeoutError):
            return BROKEN_OFF
        return Answer(response.code, response.body or b"", response.headers)

    return fetch
