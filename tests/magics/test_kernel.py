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
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
