"""What arrives in portions uses the same memory again and again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_PORTIONS = """
import resource, sys
from ctadata_jlab.curl import Curl
from ctadata_jlab.http import Trust

if sys.argv[1:]:
    Curl("https://door.test", Trust())
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    b"".join([bytes(bytearray(1 << 16)) for _ in range(16)])
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the rule of glibc's allocator")
def test_memory_of_portions_is_not_given_back_and_taken_again() -> None:
    """200 portions of 1 MiB: page faults for the first few, or else for each 4 KiB of all, which costs as much as the transfer."""

    def faults(*arguments: str) -> int:
        command = [sys.executable, "-c", _PORTIONS, *arguments]
        return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)

    assert faults("by a transfer") < 5_000
    assert faults() > 50_000, "the rule is not needed any more"
