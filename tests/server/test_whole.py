"""The extension as it is shipped: its own session, sources and queue, loaded by a server that reads a configuration."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a second local root; no door of the real world is configured."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    place = tmp_path / "ctadata.toml"
    place.write_text(
        f"only = []\n[transfers]\nroots = [{json.dumps(str(folder))}]\nstate = {json.dumps(str(tmp_path / 'state'))}\n"
    )
    monkeypatch.setenv("CTADATA_CONFIG", str(place))
    return folder


@pytest.fixture
def jp_serverapp(scratch: Path, jp_configurable_serverapp: Any) -> Any:
    """Start the server with what the configuration says."""
    return jp_configurable_serverapp()


async def _ended(ask: Any, identity: str) -> Any:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        job = (await ask(f"jobs/{identity}")).json
        if job["state"] in {"done", "failed", "cancelled", "blocked"} and job["reason"] != "upload":
            return job
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def test_copy_between_roots(ask: Any, scratch: Path, jp_root_dir: Path) -> None:
    """A folder is copied by the real queue; its items and its log tell of it."""
    (jp_root_dir / "d").mkdir()
    for n in range(20):
        (jp_root_dir / "d" / f"{n}.bin").write_bytes(bytes([n]) * 1000)
    assert [one["name"] for one in (await ask("sources")).json] == ["local", "scratch"]
    body = {"kind": "copy", "from": {"source": "local", "paths": ["/d"]}, "to": {"source": "scratch", "path": "/in"}}
    job = await _ended(ask, (await ask("jobs", "POST", body)).json["id"])
    assert (job["state"], job["files_done"], job["error"]) == ("done", 20, None)
    assert (scratch / "in" / "d" / "7.bin").read_bytes() == b"\7" * 1000
    page = (await ask(f"jobs/{job['id']}/items?state=done")).json
    assert len(page["items"]) >= 20
    assert (await ask(f"jobs/{job['id']}/log")).body
    assert (await ask(f"jobs/{job['id']}", "DELETE")).status == 204
    assert (await ask("jobs")).json == []


async def test_upload_from_the_browser(ask: Any, scratch: Path) -> None:
    """Files that the browser sends in any order reach their target with their bytes."""
    body = {
        "kind": "upload", "from": {"source": "browser"}, "to": {"source": "scratch", "path": "/up"}, "conflict": "skip",
        "manifest": [{"path": "a/1.bin", "size": 3_000_000, "modified": 1.7e9}, {"path": "2.bin", "size": 0}],
        "folders": ["a/empty"],
    }  # fmt: skip
    job = (await ask("jobs", "POST", body)).json
    assert (job["state"], job["reason"]) == ("blocked", "upload")
    path = f"jobs/{job['id']}/items"
    assert (await ask(f"{path}/1", "PUT", body=b"")).status == 200
    assert (await ask(f"{path}/0", "PUT", body=b"short")).status == 400
    answer = await ask(f"{path}/0", "PUT", body=b"x" * 3_000_000)
    assert answer.status == 200
    job = await _ended(ask, job["id"])
    assert (job["state"], job["error"]) == ("done", None)
    assert (scratch / "up" / "a" / "1.bin").read_bytes() == b"x" * 3_000_000
    assert (scratch / "up" / "2.bin").read_bytes() == b""
    assert (scratch / "up" / "a" / "empty").is_dir()
    assert (await ask(f"{path}/0", "PUT", body=b"x" * 3_000_000)).status in {400, 409}


async def test_browse_and_edit(ask: Any, scratch: Path) -> None:
    """A text is saved, listed and opened again; what the queue or an editor writes is seen at once."""
    assert (await ask("listing/scratch")).lines[-1]["count"] == 0
    assert (await ask("contents/scratch/n.txt", "PUT", {"content": "1", "format": "text"})).status == 201
    assert (await ask("listing/scratch")).lines[0]["names"] == ["n.txt"]
    assert (await ask("contents/scratch/n.txt")).json["content"] == "1"
    assert (await ask("files/scratch/n.txt")).body == b"1"


async def test_stop(ask: Any, jp_serverapp: Any) -> None:
    """The server's end stops the queue and closes the session."""
    await ask("jobs")
    began = time.monotonic()
    await jp_serverapp.cleanup_extensions()
    await jp_serverapp.cleanup_extensions()
    assert time.monotonic() - began < 10


def test_import_is_light() -> None:
    """The package, and the look-up of its extension, cost no web server: kernels and shells import it too."""
    code = (
        "import sys, ctadata_jlab; "
        "print([name for name in ('tornado', 'jupyter_server', 'httpx', 'pycurl', 'nbformat') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
