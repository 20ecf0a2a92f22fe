# ruff: noqa: INP001  # no package: Jupyter reads it as its configuration
"""The Jupyter server of the browser's tests, with two real doors behind it. Never use this in production.

Galata's configuration takes all protections away; here the XSRF token stays, and the server lives below a base URL
as on a hub. All that is written lies in the folder that ``$CTADATA_UI_RUN`` names; the sample files are made once,
beside it, and copied for each run. The doors end when this process ends, however it ends.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

from ctadata_jlab.demo import sample
from ctadata_jlab.demo.folder import make_token, write_private

RUN = Path(os.environ["CTADATA_UI_RUN"])
HERE = Path.cwd()
SAMPLE = RUN.parent / "sample" / f"v{sample.VERSION}"
DOORS = ("dcache", "dcache-dev")


def tethered(*command: str) -> str:
    """Start a program that ends with this one, and return the address that it prints."""
    stdin, _kept_open = os.pipe()  # the system closes the other end when this process ends
    child = subprocess.Popen([sys.executable, *command], stdin=stdin, stdout=subprocess.PIPE, start_new_session=True)
    os.close(stdin)
    line = child.stdout.readline().decode().strip()
    if not line:
        raise SystemExit(f"{command} did not start")
    return line


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_door(name: str) -> str:
    """Copy the sample files for one door and open it."""
    sample.make(SAMPLE / name, dev=name.endswith("-dev"))
    tree = RUN / "doors" / name
    shutil.copytree(SAMPLE / name, tree)
    options = ["--root", str(tree), "--token-file", str(RUN / f"{name}.door"), "--refuse", sample.REFUSED]
    return tethered("-m", "ctadata_jlab.demo.door", *options, "--tethered")


def source(name: str, title: str, url: str, more: str = "") -> str:
    """Return one source of the configuration, with a token file of its own."""
    return (
        f'[sources.{name}]\ntitle = "{title}"\nkind = "webdav"\nurl = "{url}"\n{more}'
        f'[sources.{name}.login]\nkind = "file"\nfile = "{RUN / name}.token"\n\n'
    )


(RUN / "workspace").mkdir(parents=True, exist_ok=True)
(RUN / "line").write_text("0")
tokens = {name: make_token() for name in DOORS}
for name in DOORS:
    write_private(RUN / f"{name}.door", tokens[name])
    write_private(RUN / f"{name}.token", tokens[name])
bad_token = make_token()
write_private(RUN / "archive.token", bad_token)
write_private(RUN / "pool.token", tokens["dcache"])

prod, dev = (start_door(name) for name in DOORS)
line = tethered(str(HERE / "line.py"), prod, str(RUN / "line"))
dead = closed_port()
(RUN / "ctadata.toml").write_text(
    source("dcache", "dCache", line, 'twin = "dcache-dev"\nproduction = true\n')
    + source("dcache-dev", "dCache dev", dev, 'twin = "dcache"\n')
    + source("archive", "Archive", prod)
    + source("pool", "Old pool", f"http://127.0.0.1:{dead}")
)
(RUN / "rig.json").write_text(
    json.dumps({"python": sys.executable, "tokens": tokens, "badToken": bad_token, "deadPort": dead})
)

configure_jupyter_server(c)  # noqa: F821  # Jupyter's own name for the configuration
c.ServerApp.port = int(os.environ["CTADATA_UI_PORT"])  # noqa: F821
c.ServerApp.base_url = "/user/name/"  # noqa: F821
c.ServerApp.ip = "127.0.0.1"  # noqa: F821
c.ServerApp.allow_root = True  # noqa: F821
c.ServerApp.disable_check_xsrf = False  # noqa: F821
c.LabApp.workspaces_dir = str(RUN / "jupyter" / "workspaces")  # noqa: F821
c.Application.log_level = "ERROR"  # noqa: F821


def add_notebook(folder: Path) -> None:
    """Have the same server offer Jupyter Notebook, which lies there: its pages, and its settings beside JupyterLab's."""
    sys.path.append(str(folder))
    schemas = RUN / "schemas"
    schemas.mkdir(parents=True, exist_ok=True)
    for share in (Path(sys.prefix), folder):
        for scope in (share / "share" / "jupyter" / "lab" / "schemas").iterdir():
            (schemas / scope.name).symlink_to(scope)
    c.ServerApp.jpserver_extensions = {"notebook": True}  # noqa: F821
    c.JupyterNotebookApp.schemas_dir = str(schemas)  # noqa: F821


if "CTADATA_UI_NOTEBOOK" in os.environ:
    add_notebook(Path(os.environ["CTADATA_UI_NOTEBOOK"]))
