"""Every way in which dCache surprises a client, one switch each. All off: a well-behaved dCache that redirects to its pools.

What each switch does is what dCache's source, documentation or issues say (numbers are of github.com/dCache/dcache).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Traps"]


@dataclass
class Traps:
    """May be changed while the double runs. Numbers that count are used up; 0 is off."""

    # -- what a site configures
    proxies_reads: bool = False
    """``webdav.redirect.on-read=false``: the door sends the bytes itself."""
    proxies_writes: bool = False
    http_pools: bool = False
    """``webdav.redirect.allow-https=false``: redirects lead to plain http, on an address that is not plain loopback."""
    read_only: bool = False
    """``webdav.authz.readonly``: 403 for every change."""
    overwrite_refused: bool = False
    """``webdav.enable.overwrite=false``: 409 for a PUT on a file that exists."""
    no_checksums: bool = False
    """Nothing is stored and ``Want-Digest`` is not answered."""
    stores_md5: bool = False
    """md5 is stored, in place of adler32."""
    quota: int | None = None
    """Bytes; 507 above."""
    idle_cut: float = 0.0
    """Seconds of silence after which a connection is closed, without a word (``webdav.limits.idle-time``)."""

    user_quota: int | None = None
    """Bytes that the user may have, as the frontend tells; nobody refuses more."""

    # -- listings
    unreadable: set[str] = field(default_factory=set)
    """Folders that nobody may list: an honest 403 by GET and REST…"""
    silent_empty: bool = False
    """…while PROPFIND shows them as empty (``DcacheDirectoryResource.getChildren``)."""
    depth_cut: int = 0
    """A missing Depth, or infinity, is answered only so many levels deep, without a word (#7850)."""

    uploading: set[str] = field(default_factory=set)
    """Files that somebody is still writing: no length, no checksum."""

    # -- redirects and pools
    redirects_with: int = 302
    """Of GET: 302 by ``webdav.properties``, 307 by the book."""
    slow_door: float = 0.0
    """Seconds before the door answers GET and PUT: it waits for a mover (up to 300 s)."""
    strict_pools: bool = False
    """501 for every ``Content-*`` header but Content-Length and Content-MD5."""
    deaf_pools: bool = False
    """No answer to a request line of more than 4096 bytes."""
    stale: int = 0
    """So many capabilities are dead when they are used: the pool sends its client back to the door…"""
    stale_refused: bool = False
    """…or, before 8.1, answers 400."""
    closes: bool = False
    """The connection is closed after each answer (#5604, #8005)."""
    cut_downloads: int = 0
    """So many bodies break off after `cut_after` bytes."""
    cut_uploads: int = 0
    cut_after: int = 100_000
    stall: float = 0.0
    """Seconds without a byte before a body breaks off."""
    rate: int = 0
    """Bytes a second that a connection to a pool carries, either way; 0: as fast as it goes."""

    # -- uploads
    delete_first: bool = False
    """A PUT on an existing file deletes it before the first byte comes."""
    leftovers: bool = False
    """A redirected upload that fails leaves its name: truncated, or with 0 bytes (#6455, #7724)."""
    keeps_mismatched: bool = False
    """Content-MD5 that does not fit: 400, but the file stays (#7862)."""
    no_put_digest: bool = False
    """The pool's 201 carries no Digest."""
    odd_digests: bool = False
    """adler32 in capitals, without leading zeros."""
    checksum_late: float = 0.0
    """Seconds after an upload in which the checksum is not known yet (#7467)."""
    flips: int = 0
    """So many uploads are stored with one wrong byte…"""
    truncates: int = 0
    """…or without their last one, and 201 all the same (#6601)."""

    # -- the name space
    move_deletes_first: bool = False
    """MOVE with ``Overwrite: T`` deletes the target, recursively, before it renames (Milton's MoveHandler)."""
    move_dies: int = 0
    """So many of them die between the two: 500."""
    lost_moves: int = 0
    """So many are done, but the connection breaks before the answer."""

    moves_forbidden: bool = False
    """403 for every MOVE."""
    old_errors: bool = False
    """500 for a quota that is full (#7747) and for a MOVE that is not allowed (before 11.1)."""

    # -- the limits (11.2 and later)
    cold_limiter: bool = False
    """250 requests a second per client, from a limiter that is cold after 10 s: the second one within 4 ms is refused (#8118)."""
    busy: int = 0
    """So many requests get 429 and ``Retry-After: 1``."""
    block_after_401: int = 0
    """So many 401 block the address…"""
    block_seconds: float = 20.0

    # -- tape
    tape_blocks: float = 0.0
    """Seconds that a GET of a file on tape blocks before it fails with 500."""

    tape_seconds: float = 0.0
    """How long it takes to bring a file from tape, once it was asked for."""
    tape_fails: set[str] = field(default_factory=set)
    """Files that the tape system gives up."""
    no_tape_api: bool = False
    """There is no ``/api/v1/tape``: only bulk requests."""

    # -- the frontend
    frontend_down: bool = False
    """Its connections break off."""

    @classmethod
    def usual(cls) -> Traps:
        """Return those that every dCache has all the time."""
        return cls(
            silent_empty=True,
            depth_cut=3,
            strict_pools=True,
            closes=True,
            delete_first=True,
            leftovers=True,
            keeps_mismatched=True,
            move_deletes_first=True,
        )

    def carry(self, count: int) -> None:
        """Take the time that *count* bytes take."""
        if self.rate:
            time.sleep(count / self.rate)

    def uses(self, name: str) -> bool:
        """Whether the counted switch *name* is on; it is then one less."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return bool(left)
