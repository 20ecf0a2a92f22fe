"""A second stage for the browser's tests: a Rucio server over two doors, and a JupyterLab that knows all three.

Started, and ended, as `stage` is; `stage.json` tells also where the workspace is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.catalogue.conftest import settings
from tests.e2e.server import serving
from tests.hunt import MINTED
from tests.rig.stage import stand

if TYPE_CHECKING:
    from tests.rig.doors import Door
    from tests.rig.rucio import Catalogue

SCOPE = "ctao"


def test_stage(rucio: Catalogue, xrootd: Door, wsgidav: Door, rig_folder: Path) -> None:
    """Stand until it is told to end."""
    stage = Path(os.environ["STAGE"])
    rucio.ask("POST", f"scopes/root/{SCOPE}")
    sites = [rucio.site(xrootd), rucio.site(wsgidav)]
    for number in (1, 2):
        names = [f"run{number}.{part}" for part in ("events.csv", "pointing.csv", "readme.txt")]
        for name in names:
            rucio.file(SCOPE, name, f"{name}\n".encode() * 2000, sites)
        rucio.collection(SCOPE, f"gamma-run{number}", names, closed=True, meta={"project": "simtel"})
    rucio.collection(SCOPE, "gamma", ["gamma-run1", "gamma-run2"], kind="CONTAINER")
    rucio.collection(SCOPE, "proton-run3", meta={"project": "observation"})
    config = settings(rucio, xrootd, wsgidav)
    for name, token in (("rucio", rucio.token), ("xrootd", xrootd.token), ("wsgidav", wsgidav.token)):
        file = stage / f"token-{name}"
        file.touch(mode=0o600)
        file.write_text(token() if token else "")
        config = config.replace(
            f"[sources.{name}]\n", f'[sources.{name}]\nlogin = {{ kind = "file", file = "{file}" }}\n'
        )
    with serving(stage, config, extensions=("jupyterlab",)) as client:
        facts = {
            "lab": f"{client.http.base_url}lab?token=test-token",
            "minted": str(rig_folder / "provider" / MINTED),
            "workspace": str(client.workspace),
            "log": str(client.log),
        }
        stand(stage, facts)
