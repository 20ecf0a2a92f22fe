"""``python -m benchmarks [--runs N] [-k NAME]``: run the benchmarks by pytest, for the sake of the rig's fixtures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

OPTIONS = ["-q", "-s", "-p", "no:cacheprovider", "-o", "python_files=bench_*.py", "--timeout=3600"]
TIDY = ["-o", "tmp_path_retention_policy=none"]  # gigabytes

if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__).parent), *OPTIONS, *TIDY, *sys.argv[1:]]))
