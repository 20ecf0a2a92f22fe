"""The whole of it: one state, four servers (door, pool, a pool without TLS, frontend), and the fixture that starts them."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.door.door import Door
from tests.door.frontend import Frontend
from tests.door.limits import Limiter, may
from tests.door.namespace import Namespace, Node
from tests.door.pool import Mover, Pool
from tests.door.serving import Asked, Server
from tests.door.tape import Tape
from tests.door.traps import Traps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.door.moments import Moment
    from tests.rig.certificate import Certificate

__all__ = ["TOKEN", "Double", "doubled"]

TOKEN = "the-token-of-the-double"
ALL = {"storage.read", "storage.modify", "storage.stage"}


class Double:
    """A dCache on the loopback interface. `tokens` says which bearer tokens are taken, with which scopes; empty: everybody may."""

    def __init__(self, certificate: Certificate | None) -> None:
        self.ca = certificate.ca if certificate else None
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.cert, certificate.key)
        self.tokens: dict[str, set[str]] = {TOKEN: ALL}
        self.door = Server("door", Door, self, context)
        self.pool = Server("pool", Pool, self, context)
        self.http_pool = Server("http pool", Pool, self, None, "127.0.0.2")
        self.frontend = Server("frontend", Frontend, self, context)
        self.servers = (self.door, self.pool, self.http_pool, self.frontend)
        self._talks = 0
        self._quiet = threading.Condition()
        self.reset()

    def reset(self, traps: Traps | None = None) -> None:
        """Forget everything, and set *traps*."""
        self.traps = traps or Traps()
        self.names = Namespace()
        self.names.quota = self.traps.quota
        self.tokens = {TOKEN: ALL}
        self.movers: dict[str, Mover] = {}
        self.asked: list[Asked] = []
        self.moment: Moment | None = None
        self.tape = Tape(self)
        self._limiter = Limiter(self.traps)

    # -- behind its back -----------------------------------------------------------------------------------------------

    def raw_put(self, path: str, data: bytes) -> Node:
        """Put a file there, parents too."""
        with self.names.lock:
            self.names.make_folder(path.rpartition("/")[0])
            return self.names.write(path, data)

    def raw_get(self, path: str) -> bytes:
        """Return what the file holds."""
        node = self.names.find(path)
        assert node is not None, f"{path} is not there"
        assert node.data is not None, f"{path} is a folder"
        return node.data

    def raw_names(self, path: str = "/") -> list[str]:
        """Return the names in a folder, sorted."""
        node = self.names.find(path)
        assert node is not None
        return sorted(node.children)

    def raw_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of every file."""
        with self.names.lock:
            yield from list(_files("", self.names.find("/")))

    def requests(self, server: str, method: str = "") -> list[Asked]:
        """Return what *server* was asked, by *method* or in any way."""
        return [asked for asked in self.asked if asked.server == server and method in {"", asked.method}]

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Be stopped for a while; what is stored stays."""
        for server in self.servers:
            server.stop()
        try:
            yield
        finally:
            for server in self.servers:
                server.again()

    def wait_until_quiet(self, seconds: float = 30) -> None:
        """Wait until nobody is connected, so that what a dead client has asked for is done or given up."""
        with self._quiet:
            assert self._quiet.wait_for(lambda: not self._talks, seconds), "somebody is still connected"

    # -- for its servers -----------------------------------------------------------------------------------------------

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Count a connection while it lasts."""
        with self._quiet:
            self._talks += 1
        try:
            yield
        finally:
            with self._quiet:
                self._talks -= 1
                self._quiet.notify_all()

    def store(self, path: str, data: bytes) -> Node:
        """Store an upload, as the traps will."""
        return self.names.write(path, data, late=self.traps.checksum_late)

    def told(self, known: dict[str, str]) -> dict[str, str]:
        """Return of the checksums *known* those that the site stores, as it writes them."""
        if self.traps.no_checksums:
            return {}
        stored = {name: value for name, value in known.items() if not self.traps.stores_md5 or name == "md5"}
        if self.traps.odd_digests and "adler32" in stored:
            stored["adler32"] = stored["adler32"].upper().lstrip("0")
        return stored

    def refusal(self, asked: Asked, activity: str | None) -> tuple[int, str, dict[str, str]] | None:
        """Return status, reason and headers of the answer to somebody who may not do *activity*; None if it is allowed."""
        after = self._limiter.refusal()
        if after is not None:
            return 429, "Server is busy. Please try again later.", {"Retry-After": str(after)}
        if self.tokens and self._scopes(asked) is None:
            self._limiter.refused_token()
            return 401, "Unauthorized", {"WWW-Authenticate": "Bearer"}
        changes = activity in {"create", "remove"}
        if activity and (not self.allows(asked, activity) or (changes and self.traps.read_only)):
            return 403, "Permission denied", {}
        return None

    def allows(self, asked: Asked, activity: str) -> bool:
        """Whether who *asked* may do *activity*."""
        return not self.tokens or may(self._scopes(asked) or set(), activity)

    def _scopes(self, asked: Asked) -> set[str] | None:
        return self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))


def _files(path: str, node: Node | None) -> Iterator[tuple[str, bytes]]:
    for name, child in node.children.items() if node else ():
        if child.is_folder:
            yield from _files(f"{path}/{name}", child)
        else:
            yield f"{path}/{name}", child.content


@contextmanager
def doubled(certificate: Certificate | None) -> Iterator[Double]:
    """Run a double, by https if there is a *certificate*."""
    double = Double(certificate)
    for server in double.servers:
        server.start()
    try:
        yield double
    finally:
        for server in double.servers:
            server.stop()


@pytest.fixture(scope="session")
def running_double(certificate: Certificate) -> Iterator[Double]:
    """Start the double once."""
    with doubled(certificate) as double:
        yield double


@pytest.fixture
def double(running_double: Double) -> Double:
    """Give the double as it is at the beginning: empty, no trap."""
    running_double.reset()
    return running_double
