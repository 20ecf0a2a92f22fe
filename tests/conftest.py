"""The fixtures that every test may ask for."""

from __future__ import annotations

pytest_plugins = [
    "tests.rig.process",
    "tests.rig.certificate",
    "tests.rig.provider",
    "tests.rig.agent",
    "tests.rig.xrootd",
    "tests.rig.apache",
    "tests.rig.nginx",
    "tests.rig.wsgidav",
    "tests.door.double",
]
