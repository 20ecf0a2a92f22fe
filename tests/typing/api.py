"""Examples of the Python API whose types mypy and pyright check; nothing here is run."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from typing_extensions import assert_type

import ctadata_jlab
from ctadata_jlab import Checksum, Entry, Handle, Remote, Standing, Summary, aio

if TYPE_CHECKING:
    from ctadata_jlab.storage import Receipt
    from ctadata_jlab.transfer.job import Job


def blocking() -> None:
    """Every method of `Remote`."""
    dcache = ctadata_jlab.source("dcache")
    assert_type(dcache, Remote)
    assert_type(ctadata_jlab.sources(), list[str])
    assert_type(dcache.list("/lst"), list[Entry])
    assert_type([entry.size for entry in dcache.walk("/lst")], "list[int | None]")
    assert_type(list(dcache.glob("/lst/*.h5")), list[Entry])
    assert_type(dcache.stat("/lst").is_folder, bool)
    assert_type(dcache.exists("/lst"), bool)
    assert_type(dcache.checksum("/a", "md5"), Checksum)
    assert_type(dcache.read("/a", 0, 100), bytes)
    receipt: Receipt = dcache.write("/a", b"", replace=True)
    assert_type(receipt.entry, Entry)
    assert_type(dcache.open("/a"), IO[bytes])
    assert_type(dcache.open("/a", "r"), IO[str])
    with dcache.open("/a", "wb") as file:
        file.write(b"")

    def report(standing: Standing) -> None:
        assert_type(standing.bytes_done, int)

    assert_type(dcache.get("/a", Path("b"), conflict="skip", progress=report), Summary)
    assert_type(dcache.put("a", "/b", progress=True).size, int)
    assert_type(dcache.copy("/a", "/b", ctadata_jlab.source(dev=True)), Summary)
    assert_type(dcache.sync("/lst", Path("lst"), delete=True), Summary)
    assert_type(dcache.sync(Path("lst"), "/lst"), Summary)
    dcache.move("/a", "/b")
    dcache.remove("/a", recursive=True)
    dcache.mkdir("/a")
    assert_type(dcache.stage(["/a"]), "tuple[str, ...]")


def queue() -> None:
    """The panel's queue."""
    jobs: list[Job] = ctadata_jlab.jobs()
    for job in jobs:
        assert_type(ctadata_jlab.wait_for(job.id, timeout=60).files_done, int)


def attached() -> None:
    """What a notebook has."""
    run = Handle("dcache", "/lst/run.h5")
    assert_type(run / "more", Handle)
    assert_type(run.url, str)
    assert_type(run.read(), bytes)


async def awaited() -> None:
    """The same from asyncio."""
    dcache = aio.source("dcache")
    assert_type(await dcache.list("/lst"), list[Entry])
    assert_type([entry async for entry in dcache.walk("/lst")], list[Entry])
    assert_type(await dcache.get("/a"), Summary)
    assert_type(await dcache.read("/a"), bytes)
