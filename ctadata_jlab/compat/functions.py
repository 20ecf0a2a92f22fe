"""The old client's functions: each is the `APIClient` method of its name, for the prod or (``dev_instance=True``) the dev instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctadata_jlab.compat.client import APIClient

if TYPE_CHECKING:
    from os import PathLike

    from ctadata_jlab.compat.names import RemoteName
    from ctadata_jlab.compat.webdav import Client

__all__ = [
    "fetch_and_save_dir",
    "fetch_and_save_file",
    "fetch_and_save_file_or_dir",
    "list_dir",
    "upload_dir",
    "upload_file",
    "webdav4_client",
]


def list_dir(path: str, recursive: bool = False, n_threads: int = 2, *, dev_instance: bool = False) -> list[RemoteName]:
    """Return what the folder *path* holds, by name; with *recursive* the paths of all below it; a file alone if it is one.

    The results are strings that know more: see `RemoteName`.
    """
    return APIClient(dev_instance).list_dir(path, recursive, n_threads)


def fetch_and_save_file(
    path: str, save_to_fn: str | PathLike[str] | None = None, *, dev_instance: bool = False, **options: Any
) -> int:
    """Download the file *path* to *save_to_fn*, by default its own name in the current folder; returns its size.

    What is there already is replaced when the new file is whole and checked, not before; ``conflict="skip"``, ``"rename"``,
    ``"newer"`` or ``"ask"`` (an error) say otherwise. ``progress=`` is called with a `Standing` a few times a second.
    """
    return APIClient(dev_instance).fetch_and_save_file(path, save_to_fn, **options)


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
    return APIClient(dev_instance).fetch_and_save_file_or_dir(path, recursive, save_to, **options)


def fetch_and_save_dir(
    path: str,
    save_to_fn: str | PathLike[str] | None = None,
    recursive: bool = True,
    *,
    dev_instance: bool = False,
    **options: Any,
) -> int:
    """Download what is in the folder *path* into *save_to_fn*, by default ``./<its name>``; returns the bytes."""
    return APIClient(dev_instance).fetch_and_save_dir(path, save_to_fn, recursive, **options)


def upload_file(
    local_fn: str | PathLike[str], path: str, *, dev_instance: bool = False, **options: Any
) -> dict[str, Any]:
    """Upload *local_fn* as *path*; ``folder/`` is completed by the file's name, missing folders are made.

    Returns ``{"path", "status", "total_written"}``. Replaces as `fetch_and_save_file` does, with the same options.
    """
    return APIClient(dev_instance).upload_file(local_fn, path, **options)


def upload_dir(
    local_dir: str | PathLike[str], path: str, recursive: bool = True, *, dev_instance: bool = False, **options: Any
) -> dict[str, Any]:
    """Upload all that is in *local_dir* into the folder *path*, never outside of it. Results and options as for `upload_file`."""
    return APIClient(dev_instance).upload_dir(local_dir, path, recursive, **options)


def webdav4_client(*, dev_instance: bool = False) -> Client:
    """Return a `webdav4` client for the storage, logged in; its listings and transfers are this package's own."""
    return APIClient(dev_instance).webdav4_client()
