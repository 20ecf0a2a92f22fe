"""`ctadata.direct`: the functions of 0.6 that talk to the storage itself, whatever is set for the download service."""

from __future__ import annotations

from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any

from ctadata_jlab.compat import functions
from ctadata_jlab.compat.client import APIClient as _APIClient
from ctadata_jlab.compat.errors import (
    ClientSecretNotFound,
    DirectApiError,
    EnvironmentError,  # noqa: A004 - the old client's name
    StorageException,
    TokenError,
    TokenExpiredError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "APIClient",
    "ClientSecretNotFound",
    "DirectApiError",
    "EnvironmentError",
    "StorageException",
    "TokenError",
    "TokenExpiredError",
    "fetch_and_save_dir",
    "fetch_and_save_file",
    "fetch_and_save_file_or_dir",
    "list_dir",
    "start_agent_daemon",
    "upload_dir",
    "upload_file",
    "webdav4_client",
]


class APIClient(_APIClient):
    """The storage itself: the download service is never meant."""

    always_direct = True


def _directly(function: Callable[..., Any]) -> Callable[..., Any]:
    return update_wrapper(partial(function, client=APIClient), function)


fetch_and_save_dir = _directly(functions.fetch_and_save_dir)
fetch_and_save_file = _directly(functions.fetch_and_save_file)
fetch_and_save_file_or_dir = _directly(functions.fetch_and_save_file_or_dir)
list_dir = _directly(functions.list_dir)
start_agent_daemon = _directly(functions.start_agent_daemon)
upload_dir = _directly(functions.upload_dir)
upload_file = _directly(functions.upload_file)
webdav4_client = _directly(functions.webdav4_client)
