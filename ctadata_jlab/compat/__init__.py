"""The API of the older `ctadata` client (0.6 direct, 0.7), on this package's storages and transfers.

`import ctadata` finds these names through the successor distribution. What differs on purpose: downloads and uploads are
whole and checked, or they are not there; names come as they are, not percent-encoded; results can be asked for more (see
`list_dir`); errors say what to do, and are this package's errors as well as the old ones.

The download service and its certificates (0.6 and before) and the old client's own agent are not part of this version.
"""

from __future__ import annotations

from typing import Any

from ctadata_jlab.compat.client import APIClient
from ctadata_jlab.compat.errors import (
    CertificateError,
    ClientSecretNotFound,
    DirectApiError,
    EnvironmentError,  # noqa: A004 - the old client's name
    StorageException,
    TokenError,
    TokenExpiredError,
)
from ctadata_jlab.compat.functions import (
    fetch_and_save_dir,
    fetch_and_save_file,
    fetch_and_save_file_or_dir,
    list_dir,
    upload_dir,
    upload_file,
    webdav4_client,
)
from ctadata_jlab.compat.names import RemoteName

__all__ = [
    "APIClient",
    "CertificateError",
    "ClientSecretNotFound",
    "DirectApiError",
    "EnvironmentError",
    "RemoteName",
    "StorageException",
    "TokenError",
    "TokenExpiredError",
    "fetch_and_save_dir",
    "fetch_and_save_file",
    "fetch_and_save_file_or_dir",
    "list_dir",
    "upload_dir",
    "upload_file",
    "webdav4_client",
]

_CERTIFICATES = "certificates of the download service are not part of this version; the storage is used with tokens"
_ABSENT = {
    "start_agent_daemon": "use oidc-agent (`oidc-add kk-dcache`) or put a token into ~/.config/cta-data/token",
    "upload_certificate": _CERTIFICATES,
    "upload_admin_certificate": _CERTIFICATES,
    "upload_personal_certificate": _CERTIFICATES,
    "upload_shared_certificate": _CERTIFICATES,
}


def __getattr__(name: str) -> Any:
    if name == "api_client":  # the old module made one at import, with side effects
        return APIClient()
    if name in _ABSENT:
        raise AttributeError(f"{name} is not there: {_ABSENT[name]}.", name=name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
