"""The reference implementation passes the suite."""

from __future__ import annotations

import pytest

from ctadata_jlab.storage.memory import Memory
from tests.storage.suite import Bytes, Shelf, StorageSuite, content


class TestMemory(StorageSuite):
    @pytest.fixture
    def shelf(self) -> Shelf:
        memory = Memory()
        return Shelf(
            memory,
            raw_put=lambda path, data: memory.put(path, Bytes(data), replace=True, ticket="raw"),
            raw_get=lambda path: content(memory, path),
            raw_folder=memory.make_folder,
        )
