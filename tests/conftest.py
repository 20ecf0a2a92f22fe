"""The fixtures that every test may ask for."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

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
