"""The demo starts everything, and leaves nothing behind however it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from ctadata_jlab.demo import folder, run, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/)lab\?token=(\w+)")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> folder.DemoFolder:
    """Return one demo folder for all: its files are made by the first start."""
    return folder.DemoFolder(tmp_path_factory.mktemp("cache") / "demo of mine")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home that the demo must leave alone."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def demo(place: folder.DemoFolder, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the demo and wait for nothing."""
    command = [sys.executable, "-m", "ctadata_jlab.demo.run", "--no-browser", "--folder", str(place.path)]
    unset = ("JUPYTER", "IPYTHON", "XDG_", "CTADATA")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment, "HOME": str(home)},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        family = [process, *psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
        for member in family:
            member.kill()
        process.communicate()


def _read_until_running(demo: subprocess.Popen[str]) -> tuple[str, str]:
    """Return JupyterLab's address and its secret from what the demo prints."""
    text = ""
    assert demo.stdout is not None
    for line in demo.stdout:
        text += line
        if "Ctrl-C" in line:
            break
    found = ADDRESS.search(text)
    assert found, text
    return found.group(1), found.group(2)


def _family(demo: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in psutil.Process(demo.pid).children(recursive=True) if child.status() != "zombie"]


def _are_gone(family: list[psutil.Process], seconds: float = 20) -> bool:
    _, alive = psutil.wait_procs(family, timeout=seconds)
    return not [member for member in alive if member.is_running() and member.status() != "zombie"]


def _ask(address: str, secret: str, method: str = "GET", body: bytes | None = None) -> bytes:
    headers = {"Authorization": f"token {secret}"}
    request = urllib.request.Request(address, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def _start_kernel(address: str, secret: str) -> None:
    _ask(f"{address}api/kernels", secret, "POST", b'{"name": "python3"}')


def test_everything_starts_and_ctrl_c_stops_it(
    demo: subprocess.Popen[str], place: folder.DemoFolder, home: Path
) -> None:
    """Two doors that want their own tokens, a JupyterLab with a kernel; one Ctrl-C, and all are gone."""
    address, secret = _read_until_running(demo)
    _start_kernel(address, secret)
    family = _family(demo)
    assert len(family) >= 4
    assert json.loads(_ask(f"{address}api/contents/", secret))["content"][0]["name"] == "Welcome.ipynb"
    config = place.config.read_text()
    urls = re.findall(r'url = "(.*)"', config)
    assert len(set(urls)) == 2
    for url, door in zip(urls, folder.DOORS, strict=True):
        for other in folder.DOORS:
            assert _status(url, place.token(other).read_text().strip()) == (207 if other == door else 401)
    began = time.monotonic()
    os.kill(demo.pid, signal.SIGINT)
    assert demo.wait(30) == 0
    assert time.monotonic() - began < 20
    assert _are_gone(family, 1)
    # npm keeps a cache of its own, whoever starts it; JupyterLab does, to ask where language servers are.
    assert {path.name for path in home.iterdir()} <= {".npm"}


def _status(url: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Depth": "0"}
    request = urllib.request.Request(url, headers=headers, method="PROPFIND")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_other_ends_leave_no_orphan(demo: subprocess.Popen[str], kind: signal.Signals) -> None:
    """`kill`, a closed terminal and even `kill -9` take the doors, JupyterLab and its kernels along."""
    address, secret = _read_until_running(demo)
    _start_kernel(address, secret)
    family = _family(demo)
    assert len(family) >= 4
    os.kill(demo.pid, kind)
    code = demo.wait(30)
    assert code == (-signal.SIGKILL if kind == signal.SIGKILL else 0)
    assert _are_gone(family)


@pytest.mark.parametrize("victim", ["ctadata_jlab.demo.lab", "dcache-dev "])
def test_end_of_one_is_the_end_of_all(demo: subprocess.Popen[str], victim: str) -> None:
    """When JupyterLab or a door dies, the demo says so and ends."""
    _read_until_running(demo)
    family = _family(demo)
    next(member for member in family if victim in " ".join(member.cmdline()) + " ").kill()
    output, _ = demo.communicate(timeout=30)
    assert demo.returncode == 1
    assert "has ended" in output
    assert _are_gone(family, 1)


def test_interrupted_start_leaves_nothing(demo: subprocess.Popen[str]) -> None:
    """Ctrl-C works while things are still starting."""
    for _ in range(100):
        if len(_family(demo)) >= 2:
            break
        time.sleep(0.05)
    family = _family(demo)
    os.kill(demo.pid, signal.SIGINT)
    demo.wait(30)
    assert _are_gone(family, 1)


def test_interrupted_at_a_birth(place: folder.DemoFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between the making of a child and the moment it is known: the child ends all the same."""
    born: list[subprocess.Popen[bytes]] = []

    def interrupted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        born.append(subprocess.Popen(*arguments, **options))
        os.kill(os.getpid(), signal.SIGINT)
        return born[-1]

    monkeypatch.setattr(run, "subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": interrupted}))
    assert run.run(place.path, None, open_browser=False) == 0
    assert [child.poll() is not None for child in born] == [True]


def test_second_demo_is_told(demo: subprocess.Popen[str], place: folder.DemoFolder) -> None:
    """Two demos do not share a folder: the second one names the way out."""
    _read_until_running(demo)
    command = [sys.executable, "-m", "ctadata_jlab.demo.run", "--no-browser", "--folder", str(place.path)]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert "--folder" in second.stderr


def test_missing_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without the extra, the demo names it and starts nothing."""
    monkeypatch.setattr(run, "NEEDED", ("jupyterlab", "wsgidav_is_missing"))
    assert run.run(tmp_path / "demo", None, open_browser=False) == 1
    assert 'pip install "ctadata_jlab[demo]"' in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everything is in the user's cache unless a folder is named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder.default_folder() == tmp_path / "ctadata-jlab-demo"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folder.default_folder() == Path.home() / ".cache/ctadata-jlab-demo"


def test_tokens_are_private_and_new(tmp_path: Path) -> None:
    """Tokens are random, nobody else can read them, and an old file's mode does not stay."""
    place = folder.DemoFolder(tmp_path)
    place.token("dcache").write_text("old")
    place.token("dcache").chmod(0o644)
    seen = set()
    for _ in range(2):
        place.make_tokens()
        for door in folder.DOORS:
            assert stat.S_IMODE(place.token(door).stat().st_mode) == 0o600
            seen.add(place.token(door).read_text())
    assert len(seen) == 4


def test_config_is_toml(tmp_path: Path) -> None:
    """The configuration survives a folder with any characters in its name."""
    tomllib = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    place = folder.DemoFolder(tmp_path / 'a "b" \\ é')
    place.path.mkdir()
    place.write_config(dict.fromkeys(folder.DOORS, "http://127.0.0.1:1"))
    sources = tomllib.loads(place.config.read_text(encoding="utf-8"))["sources"]
    assert sources["dcache"]["login"] == {"kind": "file", "file": str(place.token("dcache"))}
    assert sources["dcache"]["twin"] == "dcache-dev"
    assert sources["dcache"]["production"] is True
    assert "production" not in sources["dcache-dev"]


def test_prod_and_dev_differ(place: folder.DemoFolder) -> None:
    """The doors serve different trees, so that the toggle has something to show."""
    place.fill()
    prod, dev = (place.tree(door) for door in folder.DOORS)
    assert (prod / "lst/DL1/20241115").is_dir()
    assert not (dev / "lst/DL1/20241115").exists()
    assert (dev / "cta" / sample.REFUSED).is_dir()
