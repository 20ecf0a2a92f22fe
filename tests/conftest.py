"""The fixtures that every test may ask for."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from ctadata_jlab.foreground import places

if TYPE_CHECKING:
    from collections.abc import Iterator

# No test is about time: a slow machine finds the same faults.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background by a shell, which lets all children ignore Ctrl-C: some tests send it to theirs
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "tests.hunt",
    "tests.rig.process",
    "tests.rig.certificate",
    "tests.rig.provider",
    "tests.rig.agent",
    "tests.rig.xrootd",
    "tests.rig.apache",
    "tests.rig.nginx",
    "tests.rig.wsgidav",
    "tests.rig.seaweed",
    "tests.rig.rucio",
    "tests.door.double",
    "tests.clusters.double",
    "tests.objects.cdmi",
    "tests.objects.oscar_double",
]


@pytest.fixture(autouse=True)
def _no_session_is_left() -> Iterator[None]:
    """Each test has a machine of its own: the connections of its session end with it, not when they are found to be garbage."""
    yield
    for session in places._sessions.values():
        session.close()
    places._sessions.clear()
