"""The WebDAV door, as dCache's (Milton): PROPFIND, MKCOL, MOVE, DELETE, HEAD answered, GET and PUT sent on to a pool."""

# ruff: noqa: N802 - the names that http.server calls
from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET

from tests.door.multistatus import multistatus, wanted
from tests.door.namespace import Exists, Missing
from tests.door.pool import Mover, receive, wanted_digest
from tests.door.ranges import send
from tests.door.serving import Handler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.door.namespace import Node

__all__ = ["Door"]

_METHODS = "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, PROPFIND, PROPPATCH, MOVE"


class Door(Handler):
    """Asks who it is, then does it or says where."""

    activities: ClassVar[dict[str, str]] = {
        "PROPFIND": "look",
        "HEAD": "look",
        "GET": "read",
        "PUT": "create",
        "MKCOL": "create",
        "MOVE": "create",
        "PROPPATCH": "create",
        "DELETE": "remove",
    }

    def _welcome(self) -> bool:
        """Whether the client may do that; otherwise it has been told."""
        refused = self.double.refusal(self.asked, self.activities.get(self.command))
        if refused is None:
            return True
        status, reason, headers = refused
        self.reply(status, reason.encode(), headers, reason)
        return False

    def do_OPTIONS(self) -> None:
        if self._welcome():
            self.reply(200, headers={"DAV": "1", "Allow": _METHODS, "MS-Author-Via": "DAV"})

    # -- looking -------------------------------------------------------------------------------------------------------

    def do_PROPFIND(self) -> None:
        body = b"".join(self.body())
        if not self._welcome():
            return
        node = self.double.names.find(self.target)
        if node is None:
            self.reply(404)
            return
        try:
            names = wanted(body)
        except (ET.ParseError, ValueError):
            self.reply(400)
            return
        depth = self._depth()
        traps = self.double.traps
        if depth and node.is_folder and self._is_hidden(self.target) and not traps.silent_empty:
            self.reply(403, reason="Permission denied")
            return
        with self.double.names.lock:
            answer = multistatus(self._members(self.target, node, depth), names, self._sums, self.double.names.room)
        self.reply(207, answer, {"Content-Type": "application/xml; charset=utf-8"})

    def _sums(self, path: str, node: Node) -> dict[str, str] | None:
        return None if path in self.double.traps.uploading else self.double.told(node.digests)

    def _depth(self) -> int:
        said = self.asked.headers.get("depth", "infinity").lower()
        return int(said) if said in {"0", "1"} else self.double.traps.depth_cut or 1_000

    def _members(self, path: str, node: Node, depth: int) -> Iterator[tuple[str, Node]]:
        yield path, node
        if depth and node.is_folder and not self._is_hidden(path):
            for name, child in node.children.items():
                yield from self._members(f"{path.rstrip('/')}/{name}", child, depth - 1)

    def _is_hidden(self, path: str) -> bool:
        """Whether this client cannot list the folder *path*, for whatever reason."""
        return path in self.double.traps.unreadable or not self.double.allows(self.asked, "list")

    def do_HEAD(self) -> None:
        if not self._welcome():
            return
        node = self.double.names.find(self.target)
        if node is None:
            self.reply(404)
        elif node.is_folder:
            self.reply(200)
        else:
            self.send_head(200, {"Content-Length": str(len(node.content)), **self._about(node)})

    def _about(self, node: Node) -> dict[str, str]:
        modified = formatdate(node.changed, usegmt=True)
        digest = wanted_digest(self, node.digests)
        return {"ETag": node.etag, "Last-Modified": modified, "Accept-Ranges": "bytes", **digest}

    def do_GET(self) -> None:
        if not self._welcome():
            return
        double, node = self.double, self.double.names.find(self.target)
        if node is None:
            self.reply(404)
        elif node.is_folder:
            self._page(node)
        elif node.locality == "NEARLINE":
            time.sleep(double.traps.tape_blocks)
            self.reply(500, reason="Server is busy (internal timeout)")
        elif node.locality in {"UNAVAILABLE", "LOST"}:
            self.reply(500, reason="File is unavailable")
        elif double.traps.proxies_reads:
            send(self, node.content, self._about(node))
        else:
            self._send_on(double.traps.redirects_with, Mover(self.target, node))

    def _page(self, node: Node) -> None:
        if self._is_hidden(self.target):
            self.reply(403, reason="Permission denied")
        elif not urlsplit(self.path).path.endswith("/"):
            self.reply(302, headers={"Location": f"{self.server.url}{quote(self.target)}/"})
        else:
            items = "".join(f"<li>{quote(name)}</li>" for name in node.children)
            self.reply(200, f"<html><ul>{items}</ul></html>".encode(), {"Content-Type": "text/html"})

    def _send_on(self, status: int, mover: Mover) -> None:
        traps = self.double.traps
        time.sleep(traps.slow_door)
        if mover.node is None and self.is_impatient:  # webdav.proxy.on-impatient-write
            receive(self, mover.path, is_redirected=False)
            return
        mover.is_stale = traps.uses("stale")
        self.double.movers[mover.id] = mover
        pool = self.double.http_pool if traps.http_pools else self.double.pool
        if mover.node is None and traps.leftovers and not self.double.names.find(mover.path):
            self.double.names.write(mover.path, b"")
        if mover.node is None:
            self.close_connection = True  # after `Expect: 100-continue` the door always closes
        self.reply(status, headers={"Location": mover.url(pool.url, self.server.url)})

    # -- changing ------------------------------------------------------------------------------------------------------

    def do_PUT(self) -> None:
        if not self._welcome() or not self._may_write():
            return
        names, traps = self.double.names, self.double.traps
        try:
            names.make_folder(self.target.rpartition("/")[0])
        except Exists:
            self.reply(409)
            return
        if traps.delete_first and names.find(self.target):
            names.remove(self.target)
        if self.headers.get("Expect") == "100-continue" and not traps.proxies_writes:
            self._send_on(307, Mover(self.target, None))
        else:
            receive(self, self.target, is_redirected=False)

    def _may_write(self) -> bool:
        node, double = self.double.names.find(self.target), self.double
        full = double.traps.quota is not None and self.length > double.traps.quota
        if node is not None and node.is_folder:
            self.reply(405)
        elif node is not None and self.headers.get("If-None-Match") == "*":
            self.reply(412)
        elif node is not None and double.traps.overwrite_refused:
            self.reply(409, reason="File exists")
        elif node is not None and not double.allows(self.asked, "remove"):
            self.reply(403, reason="Permission denied")
        elif full:
            self.reply(500 if double.traps.old_errors else 507, b"<quota-not-exceeded/>", reason="Quota exceeded")
        else:
            return True
        return False

    def do_MKCOL(self) -> None:
        if not self._welcome():
            return
        names = self.double.names
        above = names.find(self.target.rpartition("/")[0])
        if self.length:
            self.reply(415)
        elif names.find(self.target) is not None:
            self.reply(405)
        elif above is None or not above.is_folder:
            self.reply(409)
        else:
            names.make_folder(self.target)
            self.reply(201)

    def do_DELETE(self) -> None:
        if not self._welcome():
            return
        try:
            self.double.names.remove(self.target)
        except Missing:
            self.reply(404)
        else:
            self.reply(204)

    def do_PROPPATCH(self) -> None:
        for _ in self.body():
            pass
        if self._welcome():
            self.reply(403, reason="There are no dead properties")

    def do_MOVE(self) -> None:
        """Without an Overwrite header as with F, against RFC 4918; T deletes the target first."""
        if not self._welcome():
            return
        names = self.double.names
        target = "/" + unquote(urlsplit(self.headers.get("Destination", "")).path).strip("/")
        overwrite = self.headers.get("Overwrite", "F").upper() == "T"
        if self.double.traps.moves_forbidden:
            self.reply(500 if self.double.traps.old_errors else 403, reason="Permission denied")
            return
        above, there = names.find(target.rpartition("/")[0]), names.find(target)
        if names.find(self.target) is None:
            self.reply(404)
        elif target == self.target:
            self.reply(403)
        elif above is None or not above.is_folder:
            self.reply(409)
        elif there is not None and not overwrite:
            self.reply(412)
        elif there is not None and not self.double.allows(self.asked, "remove"):
            self.reply(403, reason="Permission denied")
        else:
            self._move(target, there)

    def _move(self, target: str, there: Node | None) -> None:
        names, traps = self.double.names, self.double.traps
        is_first = there is not None and (traps.move_deletes_first or there.is_folder)
        if there is not None and is_first:
            names.remove(target)
            if traps.uses("move_dies"):
                self.reply(500, reason="Internal problem")
                return
        try:
            names.rename(self.target, target)
        except Exists:
            self.reply(409)
            return
        if traps.uses("lost_moves"):
            self.cut()
        self.reply(201 if there is None else 204)
