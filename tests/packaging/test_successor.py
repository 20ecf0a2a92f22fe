"""The successor and the old `ctadata` never damage each other or `ctadata_jlab`, in whatever order they come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import Environment, make_environment, requirements

pytestmark = pytest.mark.slow

OLD = ("0.6.2", "0.7.0")
NEW = "1.0.0"


@pytest.fixture(scope="module")
def prepared(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Make an environment that has all that the package needs, and neither package."""
    environment = make_environment(tmp_path_factory.mktemp("venv") / "successor")
    environment.pip("install", "--quiet", *requirements(wheel))
    return environment


@pytest.fixture
def environment(prepared: Environment) -> Environment:
    """Return the environment with neither of the packages."""
    prepared.pip("uninstall", "--quiet", "--yes", "ctadata_jlab", "ctadata")
    facts = prepared.look()
    assert facts["ctadata"]["origin"] is None
    assert facts["ctadata_jlab"]["origin"] is None
    return prepared


def _is_whole(facts: dict[str, Any], **versions: str | None) -> bool:
    """Say whether the packages have these versions, all their files, unchanged, and no file in common."""
    shared = set(facts["ctadata"]["files"]) & set(facts["ctadata_jlab"]["files"])
    assert not shared
    for name, version in versions.items():
        assert facts[name]["damaged"] == []
        assert facts[name]["version"] == version
        assert (facts[name]["origin"] is None) == (version is None)
    return True


@pytest.mark.parametrize("old", OLD)
def test_upgrade(environment: Environment, wheel: Path, successor: Path, old: str) -> None:
    """Over an old client, the successor is an upgrade: the old files are gone, the new ones are whole."""
    environment.install(f"ctadata=={old}")
    environment.install(str(wheel))
    assert _is_whole(environment.look(), ctadata=old, ctadata_jlab=_version(wheel))
    environment.install(str(successor))
    assert _is_whole(environment.look(), ctadata=NEW, ctadata_jlab=_version(wheel))
    package = Path(environment.look()["ctadata"]["origin"]).parent
    assert {path.name for path in package.rglob("*.py")} == {"__init__.py", "_names.py", "api.py"}


@pytest.mark.parametrize("old", OLD)
def test_old_one_comes_after(environment: Environment, wheel: Path, successor: Path, old: str) -> None:
    """Asked for by its version, the old client replaces the successor and leaves the package alone."""
    environment.install(str(wheel), str(successor))
    environment.install(f"ctadata=={old}")
    assert _is_whole(environment.look(), ctadata=old, ctadata_jlab=_version(wheel))
    environment.run("python", "-c", "import ctadata_jlab")
    environment.install("--upgrade", str(successor))
    assert _is_whole(environment.look(), ctadata=NEW, ctadata_jlab=_version(wheel))


def test_old_one_is_not_brought_back(environment: Environment, wheel: Path, successor: Path) -> None:
    """A requirement that any `ctadata` fulfils leaves the successor in place."""
    environment.install(str(wheel), str(successor))
    environment.install("ctadata>=0.7")
    assert _is_whole(environment.look(), ctadata=NEW, ctadata_jlab=_version(wheel))


@pytest.mark.parametrize("first", ["ctadata", "ctadata_jlab"])
@pytest.mark.parametrize("version", [*OLD, NEW])
def test_removal(environment: Environment, wheel: Path, successor: Path, first: str, version: str) -> None:
    """Removing one, in either order, takes no file of the other."""
    environment.install(str(wheel), str(successor) if version == NEW else f"ctadata=={version}")
    versions: dict[str, str | None] = {"ctadata": version, "ctadata_jlab": _version(wheel)}
    second = next(name for name in versions if name != first)
    for name in (first, second):
        environment.pip("uninstall", "--quiet", "--yes", name)
        versions[name] = None
        assert _is_whole(environment.look(), **versions)


def test_the_old_names_work(environment: Environment, wheel: Path, successor: Path) -> None:
    """Every way in which the old client was imported leads to the same functions."""
    environment.install(str(wheel), str(successor))
    environment.run(
        "python",
        "-c",
        "import ctadata, ctadata.api, ctadata.direct, ctadata.direct.api\n"
        "from ctadata import direct, list_dir, upload_file\n"
        "from ctadata.api import APIClient, StorageException, TokenError\n"
        "from ctadata_jlab import compat\n"
        "assert list_dir is compat.list_dir and callable(ctadata.direct.list_dir) and ctadata.direct.direct is direct\n"
        "assert ctadata.APIClient is APIClient and issubclass(ctadata.direct.api.APIClient, APIClient)\n"
        "assert 'list_dir' in dir(ctadata)\n"
        "assert not hasattr(ctadata, 'no_such_name')\n"
        "from ctadata import *\n"
        "fetch_and_save_file",
    )
    assert not (environment.home / ".config").exists(), "importing must not write anything"


def _version(wheel: Path) -> str:
    return wheel.name.split("-")[1]
