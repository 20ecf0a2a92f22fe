"""Every example of the documentation that is Python or a setting works as it stands there, on a storage with what it names."""

from __future__ import annotations

import atexit
import io
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ctadata_jlab import config
from tests.remote.conftest import desk_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.settings import Desk
    from tests.door.double import Double

REPOSITORY = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
ELSEWHERE = {
    "firecrest.md": "needs FirecREST, whose own tests run it",
    "oscar.md": "needs an OSCAR cluster, whose own tests run it",
}


@dataclass(frozen=True)
class Page:
    """A page and its examples in one language."""

    file: Path
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return self.file.name


def pages(language: str) -> list[Page]:
    """Return the pages with examples in *language*."""
    found = [Page(file, _examples(file, language)) for file in PAGES if file.name not in ELSEWHERE]
    return [page for page in found if page.examples]


def _examples(file: Path, language: str) -> tuple[str, ...]:
    text = file.read_text(encoding="utf-8")
    return tuple(example for kind, example in FENCE.findall(text) if kind == language)


@pytest.fixture
def desk(request: pytest.FixtureRequest, double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine, and a dCache with everything that the examples name."""
    desk = desk_of(request, "double", tmp_path, monkeypatch)
    frontend = f'kind = "dcache"\nfrontend = "{double.frontend.url}"'
    desk.config.write_text(desk.config.read_text().replace('kind = "dcache"', frontend))
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["dl1"] = np.arange(100)
    desk.raw_put("/lst/DL1/run.h5", content.getvalue())
    desk.raw_put("/lst/DL1/runs.csv", b"run,energy\n1,0.5\n2,0.75\n")
    desk.raw_put("/lst/DL1/20241114/v0.10/tailcut84/dl1_LST-1.Run19620.0000.h5", content.getvalue())
    (desk.cwd / "results.ecsv").write_bytes(b"# %ECSV 1.0\n")
    (desk.cwd / "results").mkdir()
    return desk


@pytest.fixture
def shell(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Return an IPython, which runs Python and magics alike."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.syspath_prepend(str(REPOSITORY / "successor"))
    for name in [name for name in sys.modules if name.split(".")[0] == "ctadata"]:
        monkeypatch.delitem(sys.modules, name)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
    before = dict(os.environ)
    yield shell
    for name in os.environ.keys() - before.keys():
        monkeypatch.delenv(name)
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("page", pages("python"), ids=str)
def test_python_examples(desk: Desk, shell: InteractiveShell, page: Page) -> None:
    """One after the other, as somebody reads them."""
    for example in page.examples:
        shell.run_cell(example).raise_error()


@pytest.mark.parametrize("page", pages("toml"), ids=str)
def test_settings(page: Page, tmp_path: Path) -> None:
    """Each is a file of settings that is understood."""
    for number, example in enumerate(page.examples):
        file = tmp_path / f"{number}.toml"
        file.write_text(example, encoding="utf-8")
        assert config.load(places=[file]).sources


def test_pages_are_found() -> None:
    """What was not found would not be tested."""
    assert {"README.md", "python.md"} <= {page.file.name for page in pages("python")}
    assert {"configure.md", "python.md"} <= {page.file.name for page in pages("toml")}


def test_the_first_example_is_three_lines() -> None:
    """Import, open, get."""
    first = _examples(REPOSITORY / "docs/how-to/python.md", "python")[0]
    assert len([line for line in first.splitlines() if line.strip()]) == 3
