"""The old generation, by way of the platform's download service: which calls mean it, and what differs there."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ctadata_jlab import config, paths
from ctadata_jlab.compat.customised import given
from ctadata_jlab.errors import NotFound
from ctadata_jlab.session import Session
from ctadata_jlab.storage.download_service import READABLE_BY_ALL, DownloadService
from ctadata_jlab.storage.local import Local
from ctadata_jlab.transfer.body import FileBody
from ctadata_jlab.transfer.plan import plan_copy

if TYPE_CHECKING:
    from pathlib import Path

    from ctadata_jlab.session import Source

__all__ = ["NAME", "WEBDAV", "at_service", "upload_to_service"]

NAME, WEBDAV = "download-service", "download-service-webdav"


def at_service(session: Session, url: str, token: str) -> Session:
    """Return a session like *session* whose first source is the download service at *url*, asked with the hub's *token*."""
    base = url.rstrip("/")
    login = config.Login(kind="hub-token")
    service = config.Source(NAME, title="Download service", kind="download-service", url=base, login=login)
    webdav = config.Source(WEBDAV, title="Download service (WebDAV)", url=f"{base}/webdav", login=login)
    sources = {NAME: service, WEBDAV: webdav, **session.config.sources}
    return Session(replace(session.config, sources=sources), {name: given(token) for name in (NAME, WEBDAV)})


def upload_to_service(source: Source, local: Path, path: str) -> dict[str, Any]:
    """Upload the file or folder *local* into the user's own folder; returns the old client's result, and says who can read it."""
    service: Any = source.storage
    while (inner := getattr(service, "inner", None)) is not None:
        service = inner
    assert isinstance(service, DownloadService)  # noqa: S101 - for the type checker: it was made so
    place = local.expanduser().resolve()
    if not place.exists():
        raise NotFound(f"There is no {paths.display(str(local))} here.", hint="Check its name.")
    if place.is_dir():
        done = _upload_all(service, place, paths.remote(path))
    else:
        target = paths.join(path or "/", place.name) if path.endswith("/") or not path else paths.remote(path)
        with FileBody(place) as body:
            done = dict(service.upload(target, body))
    sys.stderr.write(f"Uploaded as {done['path']}. {READABLE_BY_ALL}\n")
    return done


def _upload_all(service: DownloadService, folder: Path, path: str) -> dict[str, Any]:
    here, total, stored = Local(folder.parent), 0, ""
    for item in plan_copy(here, [f"/{folder.name}"], "/"):
        if item.kind != "file":
            continue
        inside = paths.relative(item.path, f"/{folder.name}")
        with FileBody(here.local(item.path)) as body:
            said = service.upload(paths.join(path, inside), body)
        total += said["total_written"]
        stored = "/" + said["path"].strip("/").removesuffix(inside).strip("/")
    return {"path": stored.strip("/"), "status": "uploaded", "total_written": total}
