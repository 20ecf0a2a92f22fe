"""Which storage serves which kind of source.

Another package adds a kind by the entry point group ``ctadata_jlab.storages``: a callable like those in `FACTORIES`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from ctadata_jlab.config import state_folder
from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.http import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ctadata_jlab.config import Source
    from ctadata_jlab.storage import Storage
    from ctadata_jlab.storage.rucio import Door

__all__ = ["FACTORIES", "KINDS", "Credentials", "Kind", "build", "kinds"]

_GROUP = "ctadata_jlab.storages"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a storage shows who asks: `authorise` returns the header ``Authorization``, other than the refused one.

    It is None for an open server. `doors` is for catalogues: it returns the user's sources at an origin, each with its own login.
    """

    authorise: Callable[[str | None], str] | None = None
    doors: Callable[[str], Sequence[Door]] = lambda _: ()


def build(source: Source, credentials: Credentials) -> Storage:
    """Return the storage of *source*, or raise `Misconfigured`."""
    factory = FACTORIES.get(source.kind) or _foreign(source.kind)
    if factory is None:
        raise Misconfigured(
            f"{source.title or source.name}: there is no kind of source called {source.kind!r}.",
            hint=f"Known are {', '.join(sorted(FACTORIES))}.",
        )
    return factory(source, credentials)


def _webdav(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.webdav import WebDav  # noqa: PLC0415 - libcurl is loaded when it is needed

    return _door(WebDav, source, credentials)


def _dcache(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.dcache import DCache  # noqa: PLC0415 - libcurl is loaded when it is needed

    return _door(partial(DCache, frontend=source.frontend), source, credentials)


def _firecrest(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.firecrest import FirecREST  # noqa: PLC0415 - libcurl is loaded when it is needed
    from ctadata_jlab.storage.turns import signed  # noqa: PLC0415

    return FirecREST(
        source.title or source.name,
        source.url,
        Trust.of(source.ca),
        state_folder() / "firecrest",
        root=source.root,
        auth=signed(credentials.authorise, source.url, None),
        account=source.account,
    )


def _rucio(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.rucio import Rucio  # noqa: PLC0415 - libcurl is loaded when it is needed

    return Rucio(
        source.title or source.name,
        source.url,
        Trust.of(source.ca),
        root=source.root,
        authorise=credentials.authorise,
        account=source.account,
        doors=credentials.doors,
    )


def _s3(source: Source, _: Credentials) -> Storage:
    from ctadata_jlab.storage.s3 import ObjectStore  # noqa: PLC0415 - libcurl is loaded when it is needed
    from ctadata_jlab.storage.s3.keys import keys_of  # noqa: PLC0415
    from ctadata_jlab.storage.s3.signing import Signer  # noqa: PLC0415

    signer = Signer(keys_of(source), source.region)
    return ObjectStore(
        source.title or source.name, source.url, Trust.of(source.ca), signer, state_folder() / "s3", root=source.root
    )


def _onedata(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.onedata import Onedata  # noqa: PLC0415 - libcurl is loaded when it is needed

    title = source.title or source.name
    return Onedata(title, source.url, Trust.of(source.ca), root=source.root, authorise=credentials.authorise)


def _oscar(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.oscar import Oscar  # noqa: PLC0415 - libcurl is loaded when it is needed

    title = source.title or source.name
    return Oscar(title, source.url, Trust.of(source.ca), root=source.root, authorise=credentials.authorise)


def _door(kind: Callable[..., Storage], source: Source, credentials: Credentials) -> Storage:
    return kind(
        source.title or source.name,
        source.url,
        Trust.of(source.ca),
        root=source.root,
        authorise=credentials.authorise,
        http_pools=source.http_pools,
    )


def _download_service(source: Source, credentials: Credentials) -> Storage:
    from ctadata_jlab.storage.download_service import DownloadService  # noqa: PLC0415 - libcurl is loaded when it is needed

    user = os.environ.get("JUPYTERHUB_USER", "")
    title = source.title or source.name
    return DownloadService(title, source.url, Trust.of(source.ca), authorise=credentials.authorise, user=user)


FACTORIES: dict[str, Callable[[Source, Credentials], Storage]] = {
    "webdav": _webdav,
    "dcache": _dcache,
    "download-service": _download_service,
    "firecrest": _firecrest,
    "rucio": _rucio,
    "s3": _s3,
    "onedata": _onedata,
    "oscar": _oscar,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source as it is offered to users: its title, what an address of it looks like, the settings that it alone has."""

    name: str
    title: str
    address: str = "https://server.example.org"
    settings: tuple[str, ...] = ()
    login: Literal["token", "keys"] = "token"
    """What one logs in by: a token (or password), or keys in a file of sections that requests are signed with."""


KINDS = (
    Kind("dcache", "dCache", "https://door.example.org:2880"),
    Kind("webdav", "WebDAV", "https://server.example.org/dav"),
    Kind("s3", "S3 object store", "https://s3.example.org", ("region",), "keys"),
    Kind("rucio", "Rucio catalogue", "https://rucio.example.org", ("account",)),
    Kind("firecrest", "FirecREST clusters", "https://api.example.org/firecrest/v2", ("account",)),
    Kind("oscar", "OSCAR services", "https://oscar.example.org"),
    Kind("onedata", "Onedata spaces", "https://oneprovider.example.org"),
    Kind("download-service", "CTA download service", "https://hub.example.org/services/downloadservice"),
)


def kinds() -> list[Kind]:
    """Return all kinds of sources, those of other packages last, under their own names."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to load, and seldom needed

    return [*KINDS, *(Kind(name, name) for name in sorted(entry_points(group=_GROUP).names) if name not in FACTORIES)]


def _foreign(kind: str) -> Callable[[Source, Credentials], Storage] | None:
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to load, and seldom needed

    found = entry_points(group=_GROUP, name=kind)
    return next((point.load() for point in found), None)
