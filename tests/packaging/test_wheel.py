"""What users install: one wheel with everything inside, that needs no Node and leaves no trace when it goes."""

from __future__ import annotations

import json
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.packaging.conftest import Environment, make_environment, requirements

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SHARED = "ctadata_jlab-{version}.data/data/"


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """Return the names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, successor: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, set[str]]:
    """Install both wheels beside JupyterLab, without Node; return the files that were there before, too."""
    environment = make_environment(tmp_path_factory.mktemp("venv") / "user")
    environment.pip("install", "--quiet", "jupyterlab>=4.4,<5", *requirements(wheel))
    before = environment.files()
    environment.install(str(wheel), str(successor))
    return environment, before


def _shared(wheel: Path, place: str) -> str:
    version = wheel.name.split("-")[1]
    return SHARED.format(version=version) + place


def test_wheel_has_the_frontend(wheel: Path, names: list[str]) -> None:
    """The built extension, its style, its settings schema and the note on who installed it are inside."""
    extension = _shared(wheel, "share/jupyter/labextensions/ctadata_jlab/")
    assert {f"{extension}package.json", f"{extension}install.json", f"{extension}static/style.js"} <= set(names)
    assert any(name.startswith(f"{extension}static/remoteEntry.") for name in names)
    assert any(name.startswith(f"{extension}schemas/ctadata_jlab/") and name.endswith(".json") for name in names)
    with zipfile.ZipFile(wheel) as archive:
        assert json.loads(archive.read(f"{extension}install.json"))["packageName"] == "ctadata_jlab"
        assert "_build" in json.loads(archive.read(f"{extension}package.json"))["jupyterlab"]


def test_wheel_switches_the_server_extension_on(wheel: Path, names: list[str]) -> None:
    """Installing is enough: the configuration that enables the server extension comes along."""
    place = _shared(wheel, "etc/jupyter/jupyter_server_config.d/ctadata_jlab.json")
    assert place in names
    with zipfile.ZipFile(wheel) as archive:
        assert json.loads(archive.read(place))["ServerApp"]["jpserver_extensions"] == {"ctadata_jlab": True}


def test_wheel_is_lean(wheel: Path, names: list[str]) -> None:
    """No sources of the frontend, no tests, no second copy of the extension, and nothing of the old package."""
    code = [name for name in names if not name.startswith(_shared(wheel, ""))]
    assert {name.split("/")[0].split("-")[0] for name in code} == {"ctadata_jlab"}
    assert not [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", ".pyc"))]
    assert not [name for name in code if "labextension/" in name or "/tests/" in name]
    assert wheel.stat().st_size < 5 << 20


def test_wheel_has_what_the_code_reads(names: list[str]) -> None:
    """The event schemas, the type marker and the licence are inside."""
    assert any(name.startswith("ctadata_jlab/server/events/") for name in names)
    assert "ctadata_jlab/_version.py" in names
    assert "ctadata_jlab/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_jupyter_says_ok(installed: tuple[Environment, set[str]]) -> None:
    """Both lists of extensions name it and say OK, on a machine without Node."""
    environment, _ = installed
    assert shutil.which("node", path=environment.variables["PATH"]) is None
    server = environment.run("jupyter", "server", "extension", "list")
    assert "ctadata_jlab" in server
    frontend = environment.run("jupyter", "labextension", "list")
    for listing in (server, frontend):
        line = next(line for line in listing.splitlines() if "ctadata_jlab" in line and "OK" in line)
        assert "disabled" not in line
    assert "X" not in [word for line in server.splitlines() if "ctadata_jlab" in line for word in line.split()]


@pytest.mark.parametrize("command", ["ctadata-jlab", "cta-data", "cta-data-direct", "ctadata"])
def test_commands(installed: tuple[Environment, set[str]], command: str) -> None:
    """The package's command and the old client's commands are one program."""
    environment, _ = installed
    assert "Usage:" in environment.run(command, "--help")


def test_uninstall_leaves_nothing_but_the_users_data(
    wheel: Path, successor: Path, installed: tuple[Environment, set[str]]
) -> None:
    """Everything of the package goes; tokens, the queue and its journal stay, and a command names them before."""
    environment, before = installed
    data = [environment.home / ".config/cta-data/token", environment.home / ".local/state/ctadata_jlab/kept"]
    for path in data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("the user's")
    named = environment.run("ctadata-jlab", "data")
    environment.pip("uninstall", "--quiet", "--yes", "ctadata_jlab", "ctadata")
    assert environment.files() == before
    environment.install(str(wheel), str(successor))
    for path in data:
        assert path.read_text() == "the user's"
    assert str(data[0].parent) in named
    assert str(data[1].parent) in named
