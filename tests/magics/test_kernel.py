"""The magic in a kernel of its own, as a notebook talks to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.settings import desk_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig.doors import Door


def test_a_notebook_gets_tables_values_and_words(
    wsgidav: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing comes as HTML, a value works in the next cell, an error comes as words and stops the run."""
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    desk = desk_for(wsgidav, tmp_path, monkeypatch)
    desk.raw_put("/lst/a", b"12345")
    kernel = manager.KernelManager()
    kernel.kernel_spec.argv[0] = sys.executable
    kernel.start_kernel(cwd=str(desk.cwd))
    client = kernel.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)

        def run(cell: str) -> tuple[Any, list[dict[str, Any]]]:
            said: list[dict[str, Any]] = []
            answer = client.execute_interactive(cell, timeout=60, output_hook=said.append)
            return answer["content"], [message["content"] for message in said]

        run("%load_ext ctadata_jlab")
        _, shown = run("%dcache ls lst")
        assert any("<td>a</td>" in content.get("data", {}).get("text/html", "") for content in shown)
        answer, shown = run("path = %dcache get lst/a\nprint('it has', path.read_text())")
        assert answer["status"] == "ok"
        assert any("it has 12345" in content.get("text", "") for content in shown)
        answer, shown = run("%dcache get missing")
        assert answer["status"] == "error"
        [error] = [content for content in shown if "traceback" in content]
        assert error["traceback"][0].startswith("error: ")
        assert len(error["traceback"]) == 2
        desk.raw_put("/lst/b <b>&.h5", b"1")
        matches = client.complete("files = %dcache ls lst/b", reply=True, timeout=60)["content"]["matches"]
        assert r"lst/b\ \<b\>\&.h5" in matches
        _, shown = run("%dcache find lst --name 'b*'")
        assert any("/lst/b &lt;b&gt;&amp;.h5" in content.get("data", {}).get("text/html", "") for content in shown)
        desk.raw_put("/lst/big", b"x" * (12 << 20))
        _, shown = run("%dcache get lst/big")
        bars = [content["data"].get("text/html", "") for content in shown if "data" in content]
        assert any("<progress " in bar and "of 1 file" in bar for bar in bars)
        assert "" in bars  # taken away at the end
        _, shown = run("%%dcache put notes.txt\nfrom a cell\n")
        assert desk.raw_get("/notes.txt") == b"from a cell\n"
        answer, _ = run("%dcache ls missing --debug")
        assert any("NotFound" in line for line in answer["traceback"])
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
