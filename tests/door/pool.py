"""A pool: it knows capabilities, not people. GET, HEAD and PUT; no ETag, no If-Range; errors are a reason phrase without a body."""

# ruff: noqa: N802 - the names that http.server calls
from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from tests.door.namespace import Exists, Full, Missing, digests
from tests.door.ranges import send
from tests.door.serving import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.door.namespace import Node

__all__ = ["Mover", "Pool", "receive", "wanted_digest"]

_CONTENT_HEADERS = {"content-length", "content-md5"}


@dataclass
class Mover:
    """A slot in a pool for one transfer; its UUID in a URL is the permission."""

    path: str
    node: Node | None
    """What is read; None for an upload."""
    is_stale: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def url(self, pool: str, door: str) -> str:
        """Return where the door sends its client."""
        return f"{pool}{quote(self.path)}?dcache-http-uuid={self.id}&dcache-http-ref={quote(door, safe='')}"


class Pool(Handler):
    """Serves movers. A whole GET ends its mover; ranges keep it until a request says ``Connection: close``."""

    def do_GET(self) -> None:
        mover = self._mover()
        if mover is None:
            return
        if mover.node is None:
            self.reply(400, reason="This mover is for an upload")
            return
        asked = self.asked.headers
        if self.command == "GET" and ("range" not in asked or asked.get("connection", "").lower() == "close"):
            self.double.movers.pop(mover.id, None)
        send(self, mover.node.content, wanted_digest(self, mover.node.digests))

    do_HEAD = do_GET  # noqa: N815 - the names that http.server calls

    def do_PUT(self) -> None:
        odd = [name for name in self.headers if name.lower().startswith("content-")]
        odd = [name for name in odd if name.lower() not in _CONTENT_HEADERS]
        if odd and self.double.traps.strict_pools:
            self.reply(501, reason=f"{odd[0]} is not implemented")
            return
        mover = self._mover()
        if mover is not None:
            self.double.movers.pop(mover.id, None)
            receive(self, mover.path, is_redirected=True)

    def _mover(self) -> Mover | None:
        if self.double.traps.deaf_pools and len(self.requestline) > 4096:
            time.sleep(5)  # a branch of dCache's that ends without an answer
            self.cut()
        query = parse_qs(urlsplit(self.path).query)
        mover = self.double.movers.get(query.get("dcache-http-uuid", [""])[0])
        if mover is not None and not mover.is_stale:
            return mover
        if mover is not None:
            self.double.movers.pop(mover.id, None)
        if self.double.traps.stale_refused or "dcache-http-ref" not in query:
            self.reply(400, reason="Request is no longer valid. Please resubmit to door.")
        else:
            self.reply(307, headers={"Location": query["dcache-http-ref"][0] + quote(self.target)})
        return None


def receive(handler: Handler, path: str, *, is_redirected: bool) -> None:
    """Take the body of a PUT and store it under *path*; of a broken upload the door cleans up, a pool may not."""
    double, traps = handler.double, handler.double.traps
    handler.ask_for_body()
    data, is_cut = bytearray(), False
    for portion in handler.body():
        data += portion
        traps.carry(len(portion))
        if len(data) > traps.cut_after and traps.uses("cut_uploads"):
            is_cut = True
            break
    expected = handler.length if "chunked" not in handler.asked.headers.get("transfer-encoding", "") else len(data)
    if is_cut or len(data) != expected:
        if traps.leftovers and is_redirected:
            double.store(path, bytes(data))
        handler.cut(traps.stall)
    _keep(handler, path, bytes(data))


def _keep(handler: Handler, path: str, data: bytes) -> None:
    double, traps = handler.double, handler.double.traps
    md5 = handler.asked.headers.get("content-md5")
    actual = digests(data)["md5"]
    stored = bytes([data[0] ^ 1]) + data[1:] if data and traps.uses("flips") else data
    stored = stored[:-1] if traps.uses("truncates") else stored
    try:
        if md5 is None or md5 == actual or traps.keeps_mismatched:
            double.store(path, stored)
    except (Exists, Missing) as error:
        handler.reply(409, reason=f"{type(error).__name__}: {error}")
        return
    except Full:
        handler.reply(500 if traps.old_errors else 507, b"<quota-not-exceeded/>", reason="Quota exceeded")
        return
    if md5 is not None and md5 != actual:
        handler.reply(400, reason=f"Checksum mismatch (expected={md5}, actual={actual})")
        return
    said = {} if traps.no_put_digest else wanted_digest(handler, digests(stored))
    handler.reply(201, f"{len(data)} bytes uploaded\r\n".encode(), said)


def wanted_digest(handler: Handler, known: Mapping[str, str]) -> dict[str, str]:
    """Return the Digest header that answers ``Want-Digest``: one value, the first wanted one that is known."""
    known = handler.double.told(dict(known))
    wanted = [part.split(";")[0].strip().lower() for part in handler.asked.headers.get("want-digest", "").split(",")]
    return next(({"Digest": f"{name}={known[name]}"} for name in wanted if name in known), {})
