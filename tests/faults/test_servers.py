"""Two servers of one user, and a server in a home that cannot be written to."""

from __future__ import annotations

import os
import random
import shutil
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.door.traps import Traps
from tests.e2e.server import serving
from tests.faults.outage import Carrying
from tests.faults.siege import source_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.door.double import Double


def test_a_second_server_looks_on_and_takes_over_when_the_first_is_killed(double: Double, tmp_path: Path) -> None:
    """One queue, one owner: the other says who, and goes on where the dead one stopped."""
    double.reset(replace(Traps.usual(), rate=2_000_000))
    config = source_of(double, tmp_path)
    with serving(tmp_path, config) as first, serving(tmp_path, config) as second:
        carrying = Carrying(first, "grid", double.raw_put, lambda: dict(double.raw_files()))
        carrying.begin(random.Random(3))
        carrying.wait_for(0.1)
        refused = second.ask(
            "POST",
            "jobs",
            json={
                "kind": "download",
                "from": {"source": "grid", "paths": ["/down"]},
                "to": {"source": "local", "path": "/x"},
            },
        )
        assert (refused.status_code, refused.json()["error"]) == (502, "Busy")
        assert str(first.pid) in refused.json()["message"]
        assert len(second.get("jobs")["jobs"] if isinstance(second.get("jobs"), dict) else second.get("jobs")) == 2
        os.kill(first.pid, signal.SIGKILL)
        carrying.seen_by(second).finish()


def test_a_home_that_cannot_be_written_to(double: Double, tmp_path: Path) -> None:
    """Browsing and transfers work; the queue says where it is kept, and why."""
    double.reset(Traps.usual())
    environment = {"XDG_STATE_HOME": f"/dev/null/{tmp_path.name}"}  # nobody can make that, not even root
    with serving(tmp_path, source_of(double, tmp_path), environment=environment) as server:
        carrying = Carrying(server, "grid", double.raw_put, lambda: dict(double.raw_files()))
        carrying.begin(random.Random(4))
        carrying.finish()
        told = server.get("queue")
    shutil.rmtree(told["folder"])
    assert environment["XDG_STATE_HOME"] in told["notice"]
    assert told["folder"] in told["notice"]
