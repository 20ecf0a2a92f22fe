"""XRootD: grid storage over https WebDAV, tokens from the rig's provider, stored checksums, third-party copies."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.rig.doors import Door, answers
from tests.rig.process import User, free_port, need, running, user
from tests.rig.provider import AUDIENCE, Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rig.certificate import Certificate

__all__ = ["XRootD", "prepared", "xrootd"]

CONFIG = """
all.role server
all.export /
oss.localroot {folder}/data
all.adminpath {folder}/admin
all.pidpath {folder}/admin
xrd.port {xroot_port}
xrd.tls {cert} {key}
xrd.tlsca certfile {ca}
xrd.protocol http:{port} libXrdHttp.so
http.listingdeny no
http.header2cgi Authorization authz
http.exthandler xrdtpc libXrdHttpTPC.so
ofs.authorize 1
ofs.authlib ++ libXrdAccSciTokens.so config={folder}/scitokens.cfg
acc.authdb {folder}/authdb
xrootd.chksum max {sums} adler32 md5
"""
SCITOKENS = """
[Global]
audience = {audience}

[Issuer rig]
issuer = {issuer}
base_path = /
map_subject = false
default_user = {user}
"""


@dataclass(frozen=True)
class XRootD:
    """A site of its own that can be started, stopped and started again: the same door, the same files."""

    door: Door
    folder: Path
    owner: User

    @contextmanager
    def up(self) -> Iterator[Door]:
        """Run it."""
        home = self.folder / "home"
        env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_CACHE_HOME": str(home)}
        # XRootD 5.5 dies now and then (a fault of its TLS) when a client hangs up at once; then it is started again
        again = 'while :; do "$@"; status=$?; [ $status -eq 139 ] || exit $status; done'
        program = need("xrootd")
        command: list[str | Path] = ["sh", "-c", again, "sh", program, "-I", "v4", "-c", self.folder / "xrootd.cfg"]

        def ready() -> bool:
            return answers(self.door.url, self.door.ca)

        with running(command, log=self.folder / "log", ready=ready, run_as=self.owner, env=env, folder=home):
            yield self.door


def prepared(place: Path, certificate: Certificate, provider: Provider, sums: int = 64) -> XRootD:
    """Prepare XRootD as a token-protected WebDAV door; it answers `Want-Digest` with adler32 or md5.

    So many *sums* at once: with few, a question that has to queue is sometimes never answered.
    """
    need("xrootd")
    owner = user("xrootd")
    folder = owner.folder(place)
    for name in ("data", "admin", "home"):
        owner.folder(folder / name)
    port = free_port()
    _write_config(folder, port, certificate.lend(folder, owner), provider, owner, sums)
    _teach_keys(folder / "home", provider, owner)
    door = Door("xrootd", f"https://localhost:{port}", folder / "data", certificate.ca, _kept(provider), owner)
    return XRootD(door, folder, owner)


@pytest.fixture(scope="session")
def xrootd(rig_folder: Path, certificate: Certificate, provider: Provider) -> Iterator[Door]:
    """Start XRootD."""
    with prepared(rig_folder / "xrootd", certificate, provider).up() as door:
        yield door


def _kept(provider: Provider) -> Callable[[], str]:
    """Return what gives the same token for ten minutes of its hour: a new one for each request takes its time."""
    kept: dict[float, str] = {}

    def token() -> str:
        number = time.monotonic() // 600
        return kept.get(number) or kept.setdefault(number, provider.token())

    return token


def _write_config(
    folder: Path, port: int, certificate: Certificate, provider: Provider, owner: User, sums: int
) -> None:
    (folder / "authdb").touch()
    (folder / "scitokens.cfg").write_text(SCITOKENS.format(audience=AUDIENCE, issuer=provider.issuer, user=owner.name))
    (folder / "xrootd.cfg").write_text(
        CONFIG.format(
            folder=folder,
            port=port,
            xroot_port=free_port(),
            cert=certificate.cert,
            key=certificate.key,
            ca=certificate.ca,
            sums=sums,
        )
    )


def _teach_keys(home: Path, provider: Provider, owner: User) -> None:
    """Fill the key cache of XRootD's token library.

    It would fetch the issuer's keys itself, but trusts the system's certificates alone, without a setting for it.
    """
    with provider.browser() as browser:
        keys = browser.get(f"{provider.issuer}/jwks").raise_for_status().json()
    expires = int(time.time()) + 30 * 86400
    cache = owner.folder(home / "scitokens") / "scitokens_cpp.sqllite"
    with sqlite3.connect(cache) as database:
        database.execute("CREATE TABLE keycache (issuer text UNIQUE PRIMARY KEY NOT NULL, keys text NOT NULL)")
        value = json.dumps({"jwks": keys, "expires": expires, "next_update": expires})
        database.execute("INSERT INTO keycache VALUES (?, ?)", (provider.issuer, value))
    database.close()
    owner.own(cache)
