"""The old client's functions: each is the `APIClient` method of its name, for the prod or (``dev_instance=True``) the dev instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctadata_jlab.compat.cache import Cache
from ctadata_jlab.compat.client import APIClient

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from ctadata_jlab.compat.cache import Cached
    from ctadata_jlab.compat.names import RemoteName
    from ctadata_jlab.compat.webdav import Client

__all__ = [
    "cache_clear",
    "cache_info",
    "fetch_and_save_dir",
    "fetch_and_save_file",
    "fetch_and_save_file_or_dir",
    "fetch_cached",
    "list_dir",
    "start_agent_daemon",
    "upload_admin_certificate",
    "upload_certificate",
    "upload_dir",
    "upload_file",
    "upload_personal_certificate",
    "upload_shared_certificate",
    "webdav4_client",
]

_OF_THE_CLASS = ("token", "downloadservice", "certificateservice", "chunk_size", "data_root", "optional_url_parts")
"""Keywords of every function in 0.6 and before: attributes of the client that it makes."""


def _client(options: dict[str, Any], dev_instance: bool) -> APIClient:
    """Return the client that *options* mean, and take out of them what is its own."""
    kind: type[APIClient] = options.pop("client", APIClient)
    client = kind(dev_instance)
    for name in _OF_THE_CLASS:
        if name in options:
            setattr(client, name, options.pop(name))
    return client


def list_dir(
    path: str, recursive: bool = False, n_threads: int = 2, *, dev_instance: bool = False, **options: Any
) -> list[RemoteName]:
    """Return what the folder *path* holds, by name; with *recursive* the paths of all below it; a file alone if it is one.

    The results are strings that know more: see `RemoteName`.
    """
    return _client(options, dev_instance).list_dir(path, recursive, n_threads, **options)


def fetch_and_save_file(
    path: str, save_to_fn: str | PathLike[str] | None = None, *, dev_instance: bool = False, **options: Any
) -> int:
    """Download the file *path* to *save_to_fn*, by default its own name in the current folder; returns its size.

    What is there already is replaced when the new file is whole and checked, not before; ``conflict="skip"``, ``"rename"``,
    ``"newer"`` or ``"ask"`` (an error) say otherwise, as does ``skip_existing=True``. ``progress=True`` shows a bar; a function
    is called with a `Standing` a few times a second. Of a folder, ``include=`` and ``exclude=`` are patterns of what is taken.
    """
    return _client(options, dev_instance).fetch_and_save_file(path, save_to_fn, **options)


def fetch_and_save_file_or_dir(
    path: str,
    recursive: bool = False,
    save_to: str | PathLike[str] | None = None,
    *,
    dev_instance: bool = False,
    **options: Any,
) -> int:
    """Download the file *path*, or with *recursive* the folder, to ``./<its name>`` or into the folder *save_to*; returns the bytes.

    One file that fails does not stop the others; it is an error at the end. Options as for `fetch_and_save_file`.
    """
    return _client(options, dev_instance).fetch_and_save_file_or_dir(path, recursive, save_to, **options)


def fetch_and_save_dir(
    path: str,
    save_to_fn: str | PathLike[str] | None = None,
    recursive: bool = True,
    *,
    dev_instance: bool = False,
    **options: Any,
) -> int:
    """Download what is in the folder *path* into *save_to_fn*, by default ``./<its name>``; returns the bytes."""
    return _client(options, dev_instance).fetch_and_save_dir(path, save_to_fn, recursive, **options)


def upload_file(
    local_fn: str | PathLike[str], path: str, *, dev_instance: bool = False, **options: Any
) -> dict[str, Any]:
    """Upload *local_fn* as *path*; ``folder/`` is completed by the file's name, missing folders are made.

    Returns ``{"path", "status", "total_written"}``. Replaces as `fetch_and_save_file` does, with the same options.
    """
    return _client(options, dev_instance).upload_file(local_fn, path, **options)


def upload_dir(
    local_dir: str | PathLike[str], path: str, recursive: bool = True, *, dev_instance: bool = False, **options: Any
) -> dict[str, Any]:
    """Upload all that is in *local_dir* into the folder *path*, never outside of it. Results and options as for `upload_file`."""
    return _client(options, dev_instance).upload_dir(local_dir, path, recursive, **options)


def webdav4_client(*, dev_instance: bool = False, **options: Any) -> Client:
    """Return a `webdav4` client for the storage, logged in; its listings and transfers are this package's own."""
    return _client(options, dev_instance).webdav4_client(**options)


def fetch_cached(
    path: str,
    cache: str | PathLike[str] | Cache | None = None,
    limit: int | None = None,
    *,
    dev_instance: bool = False,
    **options: Any,
) -> Path:
    """Return a copy of the file *path* in the folder *cache*, by default ``$SCRATCH/ctadata-cache``, below its remote path.

    It is as the storage has it now: a copy that is still the same is not fetched again. With *limit* (bytes), the copies that
    were not asked for longest are removed.
    """
    return _client(options, dev_instance).fetch_cached(path, cache, limit, **options)


def cache_info(cache: str | PathLike[str] | None = None) -> list[Cached]:
    """Return what is in the folder *cache*: source, path, file, size, and when it was last asked for."""
    return Cache(cache).info()


def cache_clear(path: str | None = None, cache: str | PathLike[str] | None = None) -> int:
    """Remove the copies in the folder *cache*, or only those of *path* and what is below it; returns the bytes."""
    return Cache(cache).clear(path)


def start_agent_daemon(*, dev_instance: bool = False, **options: Any) -> None:
    """Log in if need be (it shows a code), and start a process that keeps the token's file fresh for other programs.

    This package needs none: its tokens are renewed when they are used. Returns when the agent runs; the calling process is not
    forked, and does not end.
    """
    _client(options, dev_instance).start_agent_daemon(**options)


def upload_personal_certificate(
    certificate_file_path: str | PathLike[str],
    certificate_key: str,
    user: str | None = None,
    *,
    dev_instance: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Give the platform your own short-lived proxy certificate for *certificate_key* (cta, lst, arc); raises `CertificateError`."""
    client = _client(options, dev_instance)
    return client.upload_personal_certificate(certificate_file_path, certificate_key, user, **options)


def upload_certificate(
    certificate_file_path: str | PathLike[str],
    certificate_key: str = "cta",
    *,
    dev_instance: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Give the platform your own short-lived proxy certificate, by default for ``cta``; raises `CertificateError`."""
    return _client(options, dev_instance).upload_certificate(certificate_file_path, certificate_key, **options)


def upload_shared_certificate(
    certificate_file_path: str | PathLike[str],
    cabundle_file_path: str | PathLike[str] | None = None,
    *,
    dev_instance: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Give the platform the certificate that those without one share; for admins. Raises `CertificateError`."""
    client = _client(options, dev_instance)
    return client.upload_shared_certificate(certificate_file_path, cabundle_file_path, **options)


upload_admin_certificate = upload_shared_certificate
