"""The old README's own examples run as they are written; only what they name is put there before."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ctadata_jlab import compat as ctadata
from ctadata_jlab.cli import main
from tests.cli.settings import names

if TYPE_CHECKING:
    from tests.cli.settings import Desk


@pytest.fixture(autouse=True)
def files(desk: Desk) -> None:
    """What the examples name."""
    desk.raw_put("/lst/some-data-dir/some-data-file", b"data")
    for name in ("dl1_11111.0100.h5", "dl1_11111.0200.h5", "datacheck_11111.0100.h5"):
        desk.raw_put(f"/cta/DL1/20241114/v0.1/{name}", b"x" * 2048)
    desk.raw_put("/../dev/only-dev", b"")
    for name in ("latest.txt", "latest-file-list", "example.txt"):
        (desk.cwd / name).write_bytes(b"new")


def run(code: str) -> str:
    """Run *code* as a script that has imported ctadata; return what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {"ctadata": ctadata})
    return out.getvalue()


def test_listing() -> None:
    """Names, one by one."""
    assert run('for path in ctadata.list_dir("cta"):\n    print(path)\n') == "DL1\n"


def test_listing_of_the_dev_instance() -> None:
    """With the keyword."""
    assert run('for path in ctadata.list_dir("/", dev_instance=True):\n    print(path)\n') == "only-dev\n"


def test_downloads(desk: Desk) -> None:
    """A single file, and a folder."""
    run('ctadata.fetch_and_save_file_or_dir("lst/some-data-dir/some-data-file")')
    run('ctadata.fetch_and_save_file_or_dir("lst/some-data-dir", recursive=True)')
    assert (desk.cwd / "some-data-file").read_bytes() == b"data"
    assert (desk.cwd / "some-data-dir/some-data-file").read_bytes() == b"data"


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_loop_that_filters_names_and_fetches_them(desk: Desk, slash: str) -> None:
    """The example of every README since the first: names are text, what is fetched by them is found, sizes are numbers."""
    said = run(f"""
for url in ctadata.list_dir("cta/DL1/20241114/v0.1{slash}"):
    if 'datacheck' not in url and '.0100' in url and '11111' in url:
        print("stored", ctadata.fetch_and_save_file(url)/1024/1024, "Mb")
        print("found", open(url.split("/")[-1]).read(3))
""")
    assert said == "stored 0.001953125 Mb\nfound xxx\n"
    assert "dl1_11111.0100.h5" in names(desk.cwd)


def test_uploads(desk: Desk) -> None:
    """A new name, and a folder that is completed; the result's path can be shared and fetched."""
    run('ctadata.upload_file("latest.txt", "your-folder/new-file-name.md")')
    run('ctadata.upload_file("latest.txt", "your-folder/")')
    assert desk.raw_get("/your-folder/new-file-name.md") == desk.raw_get("/your-folder/latest.txt") == b"new"


def test_the_webdav_client(desk: Desk) -> None:
    """Both calls of the example."""
    run('client = ctadata.webdav4_client()\nclient.ls("/")\nclient.uploadFile("example.txt", "remote/example.txt")')
    assert desk.raw_get("/remote/example.txt") == b"new"


@pytest.mark.parametrize(
    "line",
    [
        "get lst/some-data-dir/some-data-file",
        "get --recursive lst/some-data-dir",
        "put latest-file-list latest-file-list-bla-bla",
        "print-token",
        "-d list /",
    ],
)
def test_the_command_line(line: str) -> None:
    """The shell's examples."""
    assert CliRunner().invoke(main, line.split()).exit_code == 0
