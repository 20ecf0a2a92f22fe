"""Checksums that grow with a stream are those of the whole, however it is cut."""

from __future__ import annotations

import hashlib
import zlib

from hypothesis import given
from hypothesis import strategies as st

from ctadata_jlab.storage import Checksum
from ctadata_jlab.transfer.checksum import Digests


@given(st.lists(st.binary(max_size=400)), st.integers(0, 5))
def test_a_stream_has_the_sums_of_the_whole(pieces: list[bytes], times: int) -> None:
    """Whoever computes them: as the standard library gives them for all bytes at once, long and short, as bytes or as views."""
    pieces = pieces * 4**times
    whole = b"".join(pieces)
    digests = Digests(["adler32", "crc32", "md5"])
    for number, piece in enumerate(pieces):
        digests.update(memoryview(piece) if number % 2 else piece)
    assert digests.checksum("adler32") == Checksum("adler32", f"{zlib.adler32(whole):08x}")
    assert digests.checksum("crc32") == Checksum("crc32", f"{zlib.crc32(whole):08x}")
    assert digests.checksum("md5") == Checksum("md5", hashlib.md5(whole, usedforsecurity=False).hexdigest())


def test_the_sums_of_large_pieces_of_ones() -> None:
    """The sums within adler32 run over: its modulus is met many times, at every alignment."""
    whole = b"\xff" * (1 << 20)
    for cut in (1, 5551, 5552, 5553, 65_537):
        digests = Digests(["adler32"])
        digests.update(whole[:cut])
        digests.update(whole[cut:])
        assert digests.checksum("adler32") == Checksum("adler32", f"{zlib.adler32(whole):08x}")
