"""Starts the demo and stops all of it: two doors and a JupyterLab, each a child process.

Ctrl-C, SIGTERM, a closed terminal, or the end of any child ends them all. Should this process be killed, the children
notice and end themselves.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ctadata_jlab.demo.folder import DOORS, DemoFolder, default_folder
from ctadata_jlab.demo.sample import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DemoError", "main", "run"]

NEEDED = ("jupyterlab", "wsgidav", "cheroot", "h5py", "astropy")
START_SECONDS = 120
STOP_SECONDS = 15
FIRST_PORT = 8888
_ENDINGS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


class DemoError(Exception):
    """Something without which the demo cannot run; the message says what to do."""


def run(folder: Path | None = None, port: int | None = None, *, open_browser: bool = True) -> int:
    """Run the demo until it is told to stop; return the exit code of the program."""
    try:
        with _endings.heard():
            _check_packages()
            _run(DemoFolder((folder or default_folder()).expanduser().resolve()), port, open_browser=open_browser)
    except KeyboardInterrupt:
        _say("Stopped.")
        return 0
    except DemoError as problem:
        sys.stderr.write(f"{problem}\n")
    return 1


def _run(place: DemoFolder, port: int | None, *, open_browser: bool) -> None:
    place.path.mkdir(parents=True, exist_ok=True)
    place.path.chmod(0o700)
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(place.path / "lock", timeout=0))
        except Timeout:
            raise DemoError(f"The demo runs already in {place.path}; choose another place with --folder.") from None
        if not place.tree("dcache").is_dir():
            _say(f"Making the sample files (once, about 230 MB) in {place.path} …")
        place.fill()
        place.make_tokens()
        children = {}
        urls = {}
        for door in DOORS:
            children[door] = _start(stack, place, door, _door(place, door))
            urls[door] = _first_line(place, door, children[door])
        place.write_config(urls)
        lab = _lab(place, port, open_browser=open_browser)
        secret = secrets.token_hex(24)
        children["jupyterlab"] = _start(stack, place, "jupyterlab", lab, JUPYTER_TOKEN=secret)
        address = _wait_for_lab(place, children["jupyterlab"])
        _announce(place, urls, f"{address}lab?token={secret}")
        _watch(place, children)


def _door(place: DemoFolder, door: str) -> list[str]:
    options = ["--root", str(place.tree(door)), "--token-file", str(place.token(door)), "--refuse", REFUSED]
    return ["ctadata_jlab.demo.door", *options, "--tethered"]


def _lab(place: DemoFolder, port: int | None, *, open_browser: bool) -> list[str]:
    """Return JupyterLab's arguments; its secret goes by the environment, where no other user sees it."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        "ctadata_jlab.demo.lab",
        f"--ServerApp.root_dir={place.workspace}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={FIRST_PORT if port is None else port}",
        f"--ServerApp.port_retries={100 if port is None else 0}",
        f"--ServerApp.open_browser={open_browser}",
        *root,
    ]


def _start(stack: ExitStack, place: DemoFolder, name: str, module: list[str], **extra: str) -> subprocess.Popen[bytes]:
    """Run a module of Python in a session of its own, tethered by its standard input; the stack stops it in the end.

    A signal that comes while the child is being made waits until the stack knows it: no child is ever forgotten.
    """
    with place.log(name).open("wb") as log, _endings.held():
        child = subprocess.Popen(
            [sys.executable, "-m", *module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if name in DOORS else log,
            stderr=log,
            env={**place.environment(), **extra},
            cwd=place.path,
            start_new_session=True,
        )
        stack.callback(_stop, child)
    return child


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End a child politely, then by force, together with what it may have left in its session."""
    with _endings.held():
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _first_line(place: DemoFolder, name: str, child: subprocess.Popen[bytes]) -> str:
    line = child.stdout.readline().decode().strip() if child.stdout else ""
    if not line:
        raise DemoError(_last_words(place, name))
    return line


def _wait_for_lab(place: DemoFolder, child: subprocess.Popen[bytes]) -> str:
    """Return JupyterLab's address as soon as it answers there."""
    limit = time.monotonic() + START_SECONDS
    info = place.runtime / f"jpserver-{child.pid}.json"
    while time.monotonic() < limit and child.poll() is None:
        if address := _answers(info):
            return address
        time.sleep(0.2)
    raise DemoError(_last_words(place, "jupyterlab"))


def _answers(info: Path) -> str | None:
    """Return the address that JupyterLab noted in *info* if it answers there; no proxy stands between."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        address: str = json.loads(info.read_text(encoding="utf-8"))["url"]
        direct.open(f"{address}login", timeout=5).close()
    except (OSError, ValueError):
        return None
    return address


def _watch(place: DemoFolder, children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait until any child ends."""
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                raise DemoError(_last_words(place, name))
        time.sleep(0.2)


def _last_words(place: DemoFolder, name: str) -> str:
    log = place.log(name)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    return "\n".join([f"{name} has ended or does not answer. Its last words (all of them are in {log}):", *lines])


def _announce(place: DemoFolder, urls: dict[str, str], address: str) -> None:
    doors = "\n".join(f"  {DOORS[door]:11} {url}  (token in {place.token(door)})" for door, url in urls.items())
    _say(f"\nThe demo runs. Open\n\n    {address}\n\nDoors:\n{doors}\nFiles in {place.path}. Ctrl-C stops everything.")


def _check_packages() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise DemoError(f'The demo needs {", ".join(missing)}:  pip install "ctadata_jlab[demo]"')


class _Endings:
    """Makes SIGTERM and a closed terminal act as Ctrl-C; the first one counts, and nothing interrupts the stopping."""

    def __init__(self) -> None:
        self._holds = 0
        self._came = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Raise KeyboardInterrupt in the main thread when the demo is told to end."""
        self._came = False
        before = {kind: signal.signal(kind, self._hear) for kind in _ENDINGS}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what must be whole be whole: an interruption comes at the end of this."""
        self._holds += 1
        came_before = self._came
        try:
            yield
        finally:
            self._holds -= 1
        if self._came and not came_before:
            raise KeyboardInterrupt

    def _hear(self, *_: Any) -> None:
        for kind in _ENDINGS:
            signal.signal(kind, signal.SIG_IGN)
        self._came = True
        _say("\nStopping …")
        if not self._holds:
            raise KeyboardInterrupt


_endings = _Endings()


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:  # the terminal is gone; stopping goes on
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def main(argv: list[str] | None = None) -> int:
    """Run the demo as ``python -m ctadata_jlab.demo.run``."""
    parser = argparse.ArgumentParser(prog="ctadata-jlab demo", description="Two storage doors and a JupyterLab.")
    parser.add_argument("--folder", type=Path, help="where everything is kept (default: in your cache)")
    parser.add_argument("--port", type=int, help=f"of JupyterLab (default: the first free one from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    options = parser.parse_args(argv)
    return run(options.folder, options.port, open_browser=not options.no_browser)


if __name__ == "__main__":
    raise SystemExit(main())
