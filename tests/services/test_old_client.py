"""The doubles answer the old clients themselves as the real services do: they are released, and run here as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.services.double import FOLDER, TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.services.double import Services

pytestmark = pytest.mark.slow

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture
def services() -> Iterator[Services]:
    with running() as services:
        yield services


@pytest.fixture(scope="module", params=["0.6.2", "0.3.0"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the old client, as it was released."""
    folder: Path = tmp_path_factory.mktemp("old") / request.param
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", folder, f"ctadata=={request.param}"], check=True, timeout=300)
    return folder


only_the_last = pytest.mark.parametrize("client", ["0.6.2"], indirect=True)


@pytest.fixture
def run(client: Path, services: Services, tmp_path: Path) -> Callable[[str], object]:
    """Return what runs an expression in a process with the old client."""

    def run(code: str) -> object:
        environment = {
            **os.environ,
            "PYTHONPATH": str(client),
            "HOME": str(tmp_path),
            "CTADS_URL": services.download,
            "CTACS_URL": services.certificate,
            "JUPYTERHUB_API_TOKEN": TOKEN,
        }
        command = [sys.executable, "-c", f"import ctadata, json\nprint(json.dumps({code}))"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=100
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_listing(services: Services, run: Callable[[str], object], client: Path) -> None:
    """Dictionaries, the folder itself first."""
    services.put("lst/dl1/a b.txt", b"12345")
    services.folder("lst/dl1/sub")
    found = run("ctadata.list_dir('lst/dl1')")
    assert isinstance(found, list)
    assert [(one["href"], one["type"], one.get("size")) for one in found] == [
        ("lst/dl1/", "directory", None),
        ("lst/dl1/sub/", "directory", None),
        ("lst/dl1/a%20b.txt", "file", "5"),
    ]
    assert services.asked[-1].query["token"] == [TOKEN]
    if client.name == "0.6.2":
        assert services.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"
        assert services.asked[-1].headers["content-type"] == "application/json"


def test_download(services: Services, run: Callable[[str], object], tmp_path: Path) -> None:
    """The bytes, and how many."""
    services.put("lst/a.txt", b"12345")
    assert run("ctadata.fetch_and_save_file('lst/a.txt')") == 5
    assert (tmp_path / "a.txt").read_bytes() == b"12345"


@only_the_last
def test_upload(services: Services, run: Callable[[str], object], tmp_path: Path) -> None:
    """Into the user's own folder, chunked; the answer says where."""
    services.folder("lst/users")
    (tmp_path / "latest.txt").write_bytes(b"12345")
    services.folder(f"lst/users/{FOLDER}/filelists")
    assert run("ctadata.upload_file('latest.txt', 'filelists/')") == {
        "status": "uploaded",
        "path": f"lst/users/{FOLDER}/filelists/latest.txt",
        "total_written": 5,
    }
    assert services.asked[-1].headers["transfer-encoding"] == "chunked"
    assert services.files[f"lst/users/{FOLDER}/filelists/latest.txt"] == b"12345"


@only_the_last
def test_certificates(services: Services, run: Callable[[str], object], tmp_path: Path) -> None:
    """One's own and the shared one."""
    (tmp_path / "own.crt").write_text(CERTIFICATE)
    assert isinstance(run("ctadata.upload_personal_certificate('own.crt', 'cta')"), dict)
    assert services.certificates["cta"] == {"certificate": CERTIFICATE, "certificate_key": "cta", "user": None}
    assert isinstance(run("ctadata.upload_shared_certificate('own.crt')"), dict)
    assert services.certificates["main"] == {"certificate": CERTIFICATE}


@only_the_last
def test_the_webdav_client(services: Services, run: Callable[[str], object]) -> None:
    """Through the service's proxy."""
    services.put("lst/a.txt", b"12345")
    assert run("[one['name'] for one in ctadata.webdav4_client().ls('lst')]") == ["lst/a.txt"]
