"""Our keeper where pyfirecrest wants an `authorization`, with the real pyfirecrest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ctadata_jlab.tokens.file import store
from tests.tokens.making import jwt

REPOSITORY = Path(__file__).parents[2]
ISSUER = "https://issuer.example/realm/"

PROGRAM = """
import sys
from pathlib import Path
from firecrest.v2 import Firecrest
from ctadata_jlab import config
from ctadata_jlab.session import Session
from ctadata_jlab.tokens.file import store
url, file, second = sys.argv[1:4]
session = Session(config.load())
client = Firecrest(firecrest_url=url, authorization=session.source("sky").keeper)
print(client.systems()[0]["name"])
store(Path(file), Path(second).read_text())
session.source("sky").keeper.look_again()
print(client.systems()[0]["name"])
"""


class Service(BaseHTTPRequestHandler):
    """Answers as FirecREST does to `GET /status/systems`, and notes who asks."""

    seen: list[str | None] = []  # noqa: RUF012 - one list for all

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        answer = json.dumps({"systems": [{"name": "daint"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("f7t-appversion", "2.3.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def test_our_keeper_is_its_authorization(tmp_path: Path) -> None:
    """Each request of theirs carries the token that is valid then."""
    first, second = (jwt(iss=ISSUER, exp=time.time() + seconds) for seconds in (900, 1800))
    store(tmp_path / "token", first)
    store(tmp_path / "token-second", second)
    (tmp_path / "ctadata.toml").write_text(
        f'only = []\n[sources.sky]\nurl = "https://localhost:1"\nlogin.issuer = "{ISSUER}"\n'
    )
    places = {
        "HOME": tmp_path / "home",
        "CTADATA_CONFIG": tmp_path / "ctadata.toml",
        "BEARER_TOKEN_FILE": tmp_path / "token",
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEARER_", "OIDC_", "JUPYTER"))}
    env = {**clean, **{name: str(path) for name, path in places.items()}, "PYTHONPATH": f"{REPOSITORY}"}
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        words = [f"http://127.0.0.1:{server.server_port}", str(tmp_path / "token"), str(tmp_path / "token-second")]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words], env=env, capture_output=True, text=True, check=False, timeout=120
        )
        server.shutdown()
    assert done.stdout == "daint\ndaint\n", done.stderr
    assert [first in str(seen) for seen in Service.seen] == [True, False]
    assert Service.seen[-1] == f"Bearer {second}"
