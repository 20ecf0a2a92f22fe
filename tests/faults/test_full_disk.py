"""A disk that is really full, under the queue, its journal and the files alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.rig.process import need

REPOSITORY = Path(__file__).parents[2]


def crammed(folder: Path, how: str) -> dict[str, Any]:
    """Run `tests.faults.crammed` on a disk of 3 MB of its own."""
    alone = [need("unshare"), "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*alone, "mount -t tmpfs tmpfs /mnt"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel lets nobody mount a disk of his own")
    script = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" -m tests.faults.crammed "$1" "$3"'
    command = [*alone, script, "sh", str(folder), sys.executable, how]
    done = subprocess.run(command, capture_output=True, check=False, cwd=REPOSITORY, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_a_disk_that_fills_up_loses_nothing(tmp_path: Path) -> None:
    """What has its name is whole, the queue lives on, and all arrives when there is room again."""
    said = crammed(tmp_path, "soon")
    assert said["right"]
    assert said["said"][0] != "done"
    assert said["said"][1:] in ([], ["NoSpace"])


def test_a_job_that_cannot_be_written_down_is_refused(tmp_path: Path) -> None:
    """Clearly, and the queue lives on."""
    said = crammed(tmp_path, "at once")
    assert said == {"said": ["NoSpace", "done"], "right": True}
