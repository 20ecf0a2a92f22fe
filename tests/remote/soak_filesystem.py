"""fsspec's suites with every pattern case, on every storage."""

from __future__ import annotations

from tests.remote.test_filesystem import TestCopy, TestGet, TestOpen, TestPipe, TestPut

__all__ = ["TestCopy", "TestGet", "TestOpen", "TestPipe", "TestPut"]
