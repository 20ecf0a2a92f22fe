"""Numbers that users see."""

from __future__ import annotations

import hashlib
import os
import threading
import time
import zlib
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab.errors import Cancelled, Changed
from ctadata_jlab.transfer.body import FileBody
from ctadata_jlab.transfer.checksum import Digests
from ctadata_jlab.transfer.progress import Progress, Speed, Watch

if TYPE_CHECKING:
    from pathlib import Path


def test_speed_is_that_of_the_last_seconds() -> None:
    """Steady: exact; after a pause: None; a burst long ago does not count."""
    speed = Speed(window=5)
    assert speed.rate(0) is None
    for tick in range(100):
        speed.add(100, tick * 0.1)
    rate = speed.rate(10.0)
    assert rate is not None
    assert 950 <= rate <= 1100
    assert speed.rate(100) is None


def test_speed_remembers_little() -> None:
    """However many samples come."""
    speed = Speed()
    for n in range(100_000):
        speed.add(1, n / 10_000)
    assert len(speed._samples) < 30


def test_what_is_counted_twice_is_taken_back() -> None:
    """A file that starts again does not push the total beyond the whole."""
    progress = Progress(10)
    watch = Watch(progress)
    watch.moved(5)
    watch.stand(0)
    watch.moved(7)
    watch.stand(9)
    assert progress.done == 19
    assert progress.speed(1e12) is None


def test_threads_count_together() -> None:
    """No byte is lost between them."""
    progress = Progress()

    def move() -> None:
        for _ in range(10_000):
            progress.moved(1, 0.0)

    threads = [threading.Thread(target=move) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.done == 80_000


def test_a_rest_ends_when_the_user_says_stop() -> None:
    """Nobody waits for a back-off to end."""
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        Watch(stop=stop).rest(60)
    assert time.monotonic() - begun < 3


def test_checksums_are_those_of_the_world() -> None:
    """Whatever the pieces; unknown ones are left out."""
    data = os.urandom(100_000)
    digests = Digests(["adler32", "crc32", "md5", "sha256", "quantum"])
    for start in range(0, len(data), 777):
        digests.update(data[start : start + 777])
    values = {
        name: getattr(digests.checksum(name), "value", None)
        for name in ("adler32", "crc32", "md5", "sha256", "quantum")
    }
    assert values == {
        "adler32": f"{zlib.adler32(data):08x}", "crc32": f"{zlib.crc32(data):08x}",
        "md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest(), "quantum": None,
    }  # fmt: skip


def test_a_file_can_be_sent_twice(tmp_path: Path) -> None:
    """With its checksums."""
    file = tmp_path / "a"
    file.write_bytes(b"hello" * 1000)
    with FileBody(file) as body:
        for _ in range(2):
            assert b"".join(iter(lambda: body.read(999), b"")) == b"hello" * 1000
            assert str(body.checksum("md5")) == f"md5:{hashlib.md5(b'hello' * 1000).hexdigest()}"
            body.rewind()


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite"])
def test_a_file_that_changes_is_not_read_to_its_end(tmp_path: Path, change: str) -> None:
    """`Changed` instead of the last bytes."""
    file = tmp_path / "a"
    file.write_bytes(b"hello" * 1000)
    with FileBody(file) as body:
        body.read(10)
        with file.open("r+b") as out:
            out.truncate(4000) if change == "shrink" else out.write(b"x") if change == "rewrite" else out.truncate(9000)
        os.utime(file, (1, 1))
        with pytest.raises(Changed):
            _drain(body)


def _drain(body: FileBody) -> None:
    while body.read(999):
        pass
