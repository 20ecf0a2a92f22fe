"""A bucket of its own for each test, and our storage in it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.http import Trust
from ctadata_jlab.storage.s3 import ObjectStore
from ctadata_jlab.storage.s3.signing import Keys, Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rig.seaweed import S3

_CASES = itertools.count()


@pytest.fixture(scope="session")
def bucket(seaweed: S3) -> str:
    """Make one bucket for all tests of storages: each has a folder of its own in it."""
    seaweed.ask("PUT", "/shelf")
    return "shelf"


@pytest.fixture
def root(bucket: str) -> str:
    """Return a folder that nobody has used yet."""
    return f"/{bucket}/case{next(_CASES)}"


@pytest.fixture
def opened(seaweed: S3, tmp_path: Path) -> Iterator[Callable[..., ObjectStore]]:
    """Return a function that opens the storage; uploads on their way are remembered in one place."""
    made: list[ObjectStore] = []

    def open_storage(root: str = "/", url: str = "", keys: Keys | None = None) -> ObjectStore:
        used = keys or Keys(seaweed.key, seaweed.secret)
        signer = Signer(lambda: used, "us-east-1")
        made.append(ObjectStore("S3", url or seaweed.url, Trust.of(), signer, tmp_path / "state", root=root))
        return made[-1]

    yield open_storage
    for storage in made:
        storage.close()


@pytest.fixture
def storage(opened: Callable[..., ObjectStore], root: str) -> ObjectStore:
    return opened(root)
