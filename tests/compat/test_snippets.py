"""Every example of the old client's documents runs: found there by its form, with what it names put there before.

Capital-letter placeholders and missing imports are filled in, nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from ctadata_jlab.cli import main
from ctadata_jlab.foreground import agent
from tests.compat.snippets import Snippet, snippets
from tests.remote.conftest import desk_of
from tests.services.double import FOLDER, TOKEN, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.settings import Desk
    from tests.services.double import Services

SUCCESSOR = Path(__file__).parents[2] / "successor"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
OTHER_PROGRAMS = {"micromamba", "pip"}
FOUND = [*snippets("readme-0.7.txt"), *snippets("page-0.6.2.txt")]
NEW = [snippet for snippet in FOUND if not snippet.old]
OLD = [snippet for snippet in FOUND if snippet.old]


def of_each(found: list[Snippet], language: str) -> pytest.MarkDecorator:
    """Return a test for each example in *language*."""
    chosen = [snippet for snippet in found if snippet.language == language]
    return pytest.mark.parametrize("snippet", chosen, ids=lambda snippet: f"{snippet.document}-{snippet.line}")


@pytest.fixture(params=["wsgidav", "xrootd", "double"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a user's machine, with everything that the examples name."""
    desk = desk_of(request, request.param, tmp_path, monkeypatch)
    for path, data in named().items():
        desk.raw_put(path, data)
    desk.raw_put("/../dev/only-dev", b"")
    for name in ("latest.txt", "latest-file-list", "example.txt"):
        (desk.cwd / name).write_bytes(b"new")
    (desk.cwd / "yourcertificate.crt").write_text(CERTIFICATE)
    return desk


@pytest.fixture
def services(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Return the hub's services, with the same files, in a session of the hub."""
    with running() as services:
        for path, data in named().items():
            services.put(path, data)
        services.put(f"lst/users/{FOLDER}/filelists/new-file-name", b"list")
        monkeypatch.setenv("CTADS_URL", services.download)
        monkeypatch.setenv("CTACS_URL", services.certificate)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
        monkeypatch.setenv("JUPYTERHUB_USER", FOLDER)
        yield services


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Snippet, dict[str, str]], str]]:
    """Give what runs a Python example as a script of its own; it returns what that printed."""
    monkeypatch.syspath_prepend(str(SUCCESSOR))
    for name in [name for name in sys.modules if name.split(".")[0] == "ctadata"]:
        monkeypatch.delitem(sys.modules, name)
    before = dict(os.environ)

    def run(snippet: Snippet, placeholders: dict[str, str]) -> str:
        text, imports = snippet.text, {}
        for name, value in placeholders.items():
            text = text.replace(name, value)
        for name in ("ctadata", "h5py"):
            if f"import {name}" not in text and f"as {name}" not in text and f"{name}." in text:
                imports[name] = importlib.import_module(name)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, f"{snippet.document}:{snippet.line}", "exec"), dict[str, Any](imports))
        return out.getvalue()

    yield run
    for name in os.environ.keys() - before.keys():  # an example sets some
        monkeypatch.delenv(name)


def named() -> dict[str, bytes]:
    """Return the files that the examples name."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["dl1"] = np.arange(10)
    names = ("dl1_11111.0100.h5", "dl1_11111.0200.h5", "datacheck_11111.0100.h5")
    return {
        "lst/some-data-dir/some-data-file": b"data",
        **{f"cta/DL1/20241114/v0.1/{name}": content.getvalue() for name in names},
    }


def test_all_examples_are_found() -> None:
    """What was not found would not be tested: so many stand there."""
    assert [sum(snippet.language == language for snippet in NEW) for language in ("python", "shell")] == [7, 12]
    assert [sum(snippet.language == language for snippet in OLD) for language in ("python", "shell")] == [7, 2]
    calls = "\n".join(snippet.text for snippet in FOUND)
    for name in ("list_dir", "fetch_and_save_file(", "fetch_and_save_file_or_dir", "upload_file", "webdav4_client"):
        assert name in calls
    for name in ("upload_certificate", "start-agent", "print-token", "-d list", "dev_instance=True"):
        assert name in calls


@of_each(NEW, "python")
def test_python_examples(desk: Desk, run: Callable[[Snippet, dict[str, str]], str], snippet: Snippet) -> None:
    """On the storage itself; each does what its words say."""
    said = run(snippet, {})
    text = snippet.text
    if "list_dir" in text:
        assert said == ("only-dev\n" if "dev_instance" in text else "DL1\n")
    elif "fetch_and_save" in text:
        assert (desk.cwd / "some-data-file").read_bytes() == b"data"
        assert (desk.cwd / "some-data-dir/some-data-file").read_bytes() == b"data"
    else:
        assert "upload_file" in text
        assert desk.raw_get("/your-folder/new-file-name.md") == desk.raw_get("/your-folder/latest.txt") == b"new"


@of_each(OLD, "python")
def test_python_examples_of_the_download_service(
    desk: Desk, services: Services, run: Callable[[Snippet, dict[str, str]], str], snippet: Snippet
) -> None:
    """By way of the hub's services; each does what its words say."""
    said = run(snippet, {"DATA-DISTRIBUTING-JUPYTERHUB": services.url, "INSERT-YOUR-TOKEN-HERE": TOKEN})
    text, own = snippet.text, f"lst/users/{FOLDER}"
    if "list_dir" in text:
        assert said.startswith("stored 0.00")
        assert said.endswith("found keys <KeysViewHDF5 ['dl1']>\n")
        assert said.count("\n") == 2
    elif "fetch_and_save_file_or_dir" in text:
        assert (desk.cwd / "lst/some-data-dir/some-data-file").read_bytes() == b"data"
    elif "fetch_and_save_file" in text:
        assert (desk.cwd / "new-file-name").read_bytes() == b"list"
    elif "upload_file" in text:
        assert services.files[f"{own}/your-folder/latest.txt"] == b"new"
    elif "webdav4_client" in text:
        assert services.files[f"{own}/remote/example.txt"] == b"new"
    else:
        assert "upload_certificate" in text
        assert services.certificates["cta"]["certificate"] == CERTIFICATE


@of_each(FOUND, "shell")
def test_shell_examples(desk: Desk, monkeypatch: pytest.MonkeyPatch, snippet: Snippet) -> None:
    """All commands of the old client; those of other programs are for installing it.

    Who gives a client secret logs in with it: that is tested with a real provider beside the other commands of the agent.
    """
    secrets: list[object] = []
    monkeypatch.setattr("ctadata_jlab.cli.device.entered", lambda *_, secret=None: secrets.append(secret))
    monkeypatch.setattr(agent, "_OLD_ONES", 0.2)
    try:
        for program, *words in snippet.commands:
            if program in OTHER_PROGRAMS:
                continue
            result = CliRunner().invoke(main, words)
            assert result.exit_code == 0, result.output
            if words[0] == "get":
                assert list(desk.cwd.rglob("some-data-file"))
            elif words[0] == "put":
                assert desk.raw_get("/latest-file-list-bla-bla") == b"new"
            elif words[0] == "print-token":
                assert result.stdout == desk.token_file.read_text()
            elif "list" in words:
                assert result.stdout == "only-dev\n"
            else:
                assert "start-agent" in words
                assert secrets == [word for word in words if word == "YOUR_SECRET"]
                assert agent.stop_all() == 1
    finally:
        agent.stop_all()
