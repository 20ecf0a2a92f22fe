"""Wheels built from a clean copy of the sources, and environments to put them in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

LOOK = """
import hashlib, base64, importlib.metadata as metadata, importlib.util, json
facts = {}
for name in ("ctadata", "ctadata_jlab"):
    spec = importlib.util.find_spec(name)
    try:
        dist = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        facts[name] = {"version": None, "origin": spec and spec.origin, "damaged": [], "files": []}
        continue
    damaged = []
    for file in dist.files:
        place = file.locate()
        if not place.is_file():
            damaged.append(str(file))
        elif file.hash and str(file).endswith((".py", ".json", ".js")):
            found = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, place.read_bytes()).digest())
            if found.rstrip(b"=").decode() != file.hash.value:
                damaged.append(str(file))
    facts[name] = {
        "version": dist.version, "origin": spec and spec.origin, "damaged": damaged,
        "files": [str(file.locate().resolve()) for file in dist.files if not str(file).endswith(".pyc")],
    }
print(json.dumps(facts))
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own, without Node, compilers or the user's home."""

    path: Path
    home: Path

    @property
    def variables(self) -> dict[str, str]:
        """Return what its programs see."""
        kept = ("PIP_", "SSL_", "LANG", "LC_", "TMPDIR", "USER", "http", "HTTP", "REQUESTS_", "no_proxy", "NO_PROXY")
        variables = {name: value for name, value in os.environ.items() if name.startswith(kept)}
        return {**variables, "PATH": str(self.path / "bin"), "HOME": str(self.home)}

    def run(self, *command: str) -> str:
        """Run one of its programs; return what it prints."""
        program, *arguments = command
        done = subprocess.run(
            [str(self.path / "bin" / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=self.variables,
            cwd=self.home,
            timeout=600,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def pip(self, *arguments: str) -> str:
        """Run its pip, with the cache that pip has outside as well."""
        return self.run("python", "-m", "pip", "--disable-pip-version-check", *arguments)

    def install(self, *requirements: str) -> str:
        """Install packages without their dependencies."""
        return self.pip("install", "--quiet", "--no-deps", *requirements)

    def look(self) -> dict[str, Any]:
        """Return version, origin, and missing or changed files of the two packages."""
        lines = self.run("python", "-c", LOOK).splitlines()
        facts: dict[str, Any] = json.loads(lines[0])
        return facts

    def files(self) -> set[str]:
        """Return all its files and folders except Python's caches."""
        return {
            str(path.relative_to(self.path))
            for path in self.path.rglob("*")
            if "__pycache__" not in path.parts and path.suffix != ".pyc"
        }


def make_environment(path: Path) -> Environment:
    """Make an empty environment with a home beside it."""
    home = path.with_name(f"{path.name}-home")
    home.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", str(path)], check=True, timeout=300)
    return Environment(path, home)


def requirements(wheel: Path) -> list[str]:
    """Return what a wheel needs without its extras."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        facts = Parser().parsestr(archive.read(name).decode())
    return [line for line in facts.get_all("Requires-Dist", []) if "extra ==" not in line]


def build(source: Path, target: Path) -> Path:
    """Build the wheel of one source folder as pip does it for `pip install .`."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(source)]
    subprocess.run(command, check=True, timeout=900)
    return next(iter(target.glob("*.whl")))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources as a clean clone has them: nothing that git ignores."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    target = tmp_path_factory.mktemp("clone") / "ctadata_jlab"
    for name in filter(None, listing.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package's wheel, frontend and all, from a clean copy."""
    return build(checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def successor(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the successor of `ctadata`."""
    return build(checkout / "successor", tmp_path_factory.mktemp("successor"))
