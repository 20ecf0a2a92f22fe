"""The one folder in which the demo keeps all that it makes; the user's own Jupyter settings stay untouched.

::

    doors/v1/dcache, doors/v1/dcache-dev   the files behind the two doors (made once, about 230 MB)
    workspace/                             what JupyterLab opens
    ctadata.toml, dcache.token, …          made anew at each start
    jupyter/, state/, *.log                Jupyter's own settings and data, the queue of transfers, logs

Deleting the folder removes everything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctadata_jlab.demo import sample

__all__ = ["DOORS", "PANEL", "DemoFolder", "default_folder", "make_token", "write_private"]

DOORS = {"dcache": "dCache", "dcache-dev": "dCache dev"}
PANEL = "ctadata-panel"
"""The id of the sidebar's widget, which is shown at the first start."""
_TOKEN_LIFE = 7 * 24 * 3600


def default_folder() -> Path:
    """Return where the demo lives if nobody says otherwise: the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ctadata-jlab-demo"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The paths below one demo folder, and how each thing in it is made."""

    path: Path

    @property
    def workspace(self) -> Path:
        """The folder that JupyterLab opens."""
        return self.path / "workspace"

    @property
    def config(self) -> Path:
        """The ``ctadata.toml`` that names the two doors."""
        return self.path / "ctadata.toml"

    @property
    def runtime(self) -> Path:
        """Where Jupyter writes which servers run."""
        return self.path / "jupyter" / "runtime"

    def tree(self, door: str) -> Path:
        """Return the folder that *door* serves."""
        return self.path / "doors" / f"v{sample.VERSION}" / door

    def token(self, door: str) -> Path:
        """Return the file with the token that opens *door*."""
        return self.path / f"{door}.token"

    def log(self, name: str) -> Path:
        """Return the file that takes what the child *name* writes."""
        return self.path / f"{name}.log"

    def environment(self) -> dict[str, str]:
        """Return the environment in which JupyterLab sees this folder only."""
        jupyter = self.path / "jupyter"
        places = {
            "CTADATA_CONFIG": self.config,
            "XDG_STATE_HOME": self.path / "state",
            "IPYTHONDIR": jupyter / "ipython",
            "JUPYTER_CONFIG_DIR": jupyter / "config",
            "JUPYTER_DATA_DIR": jupyter / "data",
            "JUPYTER_RUNTIME_DIR": self.runtime,
            "JUPYTERLAB_SETTINGS_DIR": jupyter / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": jupyter / "workspaces",
        }
        for place in places.values():
            if place != self.config:
                place.mkdir(parents=True, exist_ok=True)
        return {**os.environ, **{name: str(place) for name, place in places.items()}}

    def make_tokens(self) -> None:
        """Write a new random token for each door, readable by the user alone."""
        for door in DOORS:
            write_private(self.token(door), make_token())

    def write_config(self, urls: dict[str, str]) -> None:
        """Write the ``ctadata.toml`` with the doors' addresses."""
        parts = []
        for door, title in DOORS.items():
            more = 'twin = "dcache-dev"\nproduction = true\n' if door == "dcache" else 'twin = "dcache"\n'
            parts.append(
                f"[sources.{door}]\ntitle = {_quoted(title)}\n"
                f'kind = "webdav"\nurl = {_quoted(urls[door])}\nroot = "/"\n{more}\n'
                f'[sources.{door}.login]\nkind = "file"\nfile = {_quoted(str(self.token(door)))}\n'
            )
        self.config.write_text("\n".join(parts), encoding="utf-8")

    def fill(self) -> None:
        """Lay down, at the first start only, the doors' files, the welcome notebook and Jupyter's settings."""
        for door in DOORS:
            sample.make(self.tree(door), dev=door.endswith("-dev"))
        settings = self.path / "jupyter" / "settings" / "@jupyterlab" / "apputils-extension"
        _write_once(settings / "notification.jupyterlab-settings", {"fetchNews": "false", "checkForUpdates": False})
        _write_once(self.path / "jupyter" / "workspaces" / "default-37a8.jupyterlab-workspace", _layout())
        _write_once(self.workspace / "Welcome.ipynb", _welcome())


def make_token() -> str:
    """Return a random token in the form of a JWT, so that the panel can show whose it is and how long it is good."""
    now = int(time.time())
    claims = {
        "iss": "https://demo.invalid/",
        "sub": "demo",
        "name": "Demo User",
        "scope": "storage.read:/ storage.modify:/",
        "iat": now,
        "exp": now + _TOKEN_LIFE,
        "jti": secrets.token_hex(8),
    }
    text = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{text}.{_encoded(hmac.digest(secrets.token_bytes(32), text.encode(), hashlib.sha256))}"


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _write_once(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _layout() -> dict[str, Any]:
    """Return a JupyterLab workspace with our panel open on the left and the welcome notebook in the middle."""
    notebook = "notebook:Welcome.ipynb"
    dock = {"type": "tab-area", "currentIndex": 0, "widgets": [notebook]}
    restored = {
        "main": {"dock": dock, "current": notebook},
        "left": {"collapsed": False, "visible": True, "current": PANEL, "widgets": [PANEL]},
        "right": {"collapsed": True, "visible": True, "widgets": []},
        "relativeSizes": [0.3, 0.7, 0],
    }
    data = {"layout-restorer:data": restored, notebook: {"data": {"path": "Welcome.ipynb", "factory": "Notebook"}}}
    return {"data": data, "metadata": {"id": "default"}}


def _welcome() -> dict[str, Any]:
    """Return the notebook that says what there is to try."""
    greeting = (
        "# Remote storage beside the notebook\n",
        "\n",
        "The panel on the left shows two demo doors, **dCache** and **dCache dev**; both want a token, and have it.\n",
        "Try: open `lst/DL1`, download `tailcut84` to the workspace by its context menu, drop files from your desktop\n",
        "into the panel, and switch between prod and dev. `cta/private` is a folder that the door refuses to open.",
    )
    data = "/lst/DL1/20241114/v0.10/tailcut84"
    name = "dl1_LST-1.Run19620.0000.h5"
    codes = (
        "%load_ext ctadata_jlab",
        f"%dcache ls {data}",
        f"%dcache get {data}/{name} .",
        'import h5py\n\nwith h5py.File("' + name + '") as file:\n'
        '    table = file["dl1/event/telescope/parameters/LST_LSTCam"][:]\n'
        'table[["event_id", "intensity", "width", "length"]][:5]',
    )
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "greeting", "metadata": {}, "source": list(greeting)}
    ]
    for number, code in enumerate(codes):
        facts: dict[str, Any] = {"id": f"code{number}", "metadata": {}, "execution_count": None, "outputs": []}
        cells.append({"cell_type": "code", "source": code.splitlines(keepends=True), **facts})
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
