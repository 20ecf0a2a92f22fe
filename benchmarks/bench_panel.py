"""The panel in a browser, beside JupyterLab's own file browser; written to PANEL.md."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contestants import Programs
from ctadata_jlab.storage.propfind import question
from tests.rig.process import free_port, need

if TYPE_CHECKING:
    from tests.rig.doors import Door

HERE = Path(__file__).parent
UI_TESTS = HERE.parent / "ui-tests"
BUNDLE = HERE.parent / "ctadata_jlab" / "labextension" / "static"

HEAD = """\
# The panel beside JupyterLab's own file browser

Written by `make bench-ui`; not to be edited. JupyterLab {lab}, Chromium, {cores} cores, {day}; one run. The panel lists a folder
of Apache's mod_dav over https, JupyterLab's browser one of the local disk. Only ratios and bounds mean anything elsewhere.

| what | found | wanted | holds |
|---|--:|--:|---|
"""


def test_panel(apache: Door, tmp_path: Path) -> None:
    """Measure in one run what the panel promises."""
    folder = apache.fresh()
    for count in (5_000, 50_000, 100_000):
        _fill(apache.local(folder) / f"n{count}", count)
    _fill(tmp_path / "workspace" / "n50000", 50_000)
    programs = Programs.at(apache, tmp_path)
    (tmp_path / "question").write_bytes(question())
    (tmp_path / "ctadata.toml").write_text(
        f'only = []\n[sources.door]\ntitle = "Door"\nurl = "{apache.url}"\nroot = "{folder}"\nca = "{programs.authority}"\n'
        f'[sources.door.login]\nkind = "file"\nfile = "{tmp_path / "token"}"\n'
    )
    raw = programs.curl(
        "raw", "--request", "PROPFIND", "--header", "Depth: 1", "--data-binary", f"@{tmp_path / 'question'}",
        "--output", "/dev/null", programs.url(f"{folder}/n50000/"),
    )  # fmt: skip
    environment = {
        **os.environ,
        "CTADATA_BENCH": str(tmp_path),
        "CTADATA_BENCH_PORT": str(free_port()),
        "CTADATA_BENCH_CURL": json.dumps([str(part) for part in raw.command]),
    }
    subprocess.run(
        [need("jlpm"), "playwright", "test", "-c", "bench.config.js"], cwd=UI_TESTS, env=environment, check=True
    )
    text = _text(json.loads((tmp_path / "panel.json").read_text()))
    sys.stdout.write("\n\n" + text)
    (HERE / "PANEL.md").write_text(text, encoding="utf-8")
    apache.raw_remove(folder)


def _fill(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"dl1_LST-1.Run{number:06}.0000.h5").touch()


def _text(found: dict[str, float]) -> str:
    head = HEAD.format(
        lab=version("jupyterlab"), cores=os.cpu_count(), day=datetime.now(timezone.utc).strftime("%Y-%m-%d")
    )
    bundle = sum(len(gzip.compress(file.read_bytes())) for file in BUNDLE.glob("*.js")) / 1000
    sooner = found["stock"] / found["first"]
    bound = 1.5 * found["raw"] + 500
    rows = [
        (f"50 000 entries painted (in JupyterLab's browser: {found['stock'] / 1000:.1f} s)",
         f"{found['first'] / 1000:.2f} s, {sooner:.0f} times sooner", "50 times", sooner >= 50),
        (f"the same beside the raw PROPFIND ({found['raw'] / 1000:.2f} s)",
         f"{found['first'] / 1000:.2f} s", f"{bound / 1000:.2f} s (1.5 times and 0.5 s)", found["first"] <= bound),
        ("all 50 000 there, sorted and counted", f"{found['whole'] / 1000:.2f} s", "", None),
        ("elements of the panel in the page", f"{found['nodes']:.0f}", "< 1 000", found["nodes"] < 1000),
        ("longest task, loading 50 000", f"{found['task']:.0f} ms", "200 ms", found["task"] <= 200),
        ("longest task, loading 100 000", f"{found['loading']:.0f} ms", "200 ms", found["loading"] <= 200),
        *(
            (f"longest task at 100 000, {name}", f"{found[name]:.0f} ms", "50 ms", found[name] <= 50)
            for name in ("selecting", "scrolling", "filtering")
        ),
        ("longest task at 100 000, selecting all", f"{found['selectingAll']:.0f} ms", "50 ms", found["selectingAll"] <= 50),
        ("heap after 50 times in and out of 5 000", f"{found['heapRatio']:.3f}", "1.1", found["heapRatio"] <= 1.1),
        ("the panel's scripts, compressed", f"{bundle:.0f} kB", "200 kB", bundle < 200),
        (f"JupyterLab's start ({found['startWithout'] / 1000:.2f} s without the panel)",
         f"{found['startRatio']:.3f} (of medians; of the pairs the middle half is {found['startLow']:.2f} to {found['startHigh']:.2f})",
         "1.05", found["startRatio"] < 1.05),
    ]  # fmt: skip
    return head + "".join(
        f"| {what} | {is_} | {wanted} | {'' if holds is None else 'yes' if holds else '**no**'} |\n"
        for what, is_, wanted, holds in rows
    )
