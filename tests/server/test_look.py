"""`preview/…`: what is in an HDF5 or FITS file, through the server's door."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import h5py

if TYPE_CHECKING:
    from tests.server.fakes import Flaky


def _file() -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w") as top:
        top["dl1/curve"] = range(20)
    return out.getvalue()


async def test_structure_and_part(ask: Any, remote: Flaky) -> None:
    """The structure of a file, and a first look at one of its parts."""
    remote.write("/lst/caf\xe9 #1.h5", _file())
    where = "preview/sky/lst/caf%C3%A9%20%231.h5"
    answer = await ask(where)
    assert answer.status == 200
    assert [node["path"] for node in answer.json["nodes"]] == ["/dl1", "/dl1/curve"]
    answer = await ask(f"{where}?node=%2Fdl1%2Fcurve")
    assert answer.json["view"]["values"] == list(range(20))


async def test_what_cannot_be_shown(ask: Any, remote: Flaky) -> None:
    """Another kind of file, a damaged one, a folder and one on tape are errors with what to do."""
    assert (await ask("preview/sky/lst/a.txt")).json["error"] == "Unsupported"
    remote.write("/lst/bad.h5", b"no")
    answer = await ask("preview/sky/lst/bad.h5")
    assert (answer.status, answer.json["hint"]) == (501, "Download it to look at all of it.")
    assert (await ask("preview/sky/lst")).status == 400
    remote.offline.add("/lst/bad.h5")
    assert (await ask("preview/sky/lst/bad.h5")).json["error"] == "Offline"
