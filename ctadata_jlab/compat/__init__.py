"""The API of the older `ctadata` client (0.6 direct, 0.7), on this package's storages and transfers.

`import ctadata` finds these names through the successor distribution. What differs on purpose: downloads and uploads are
whole and checked, or they are not there; names come as they are, not percent-encoded; results can be asked for more (see
`list_dir`); errors say what to do, and are this package's errors as well as the old ones.

Calls go to the storage itself, as in 0.7. They go by the platform's download service, as in 0.6 and before, when ``CTADS_URL``
is set, or `downloadservice` on the class, an instance or as a keyword; `ctadata.direct` never does.
"""

from __future__ import annotations

from typing import Any

from ctadata_jlab.compat.cache import Cache, Cached
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
    cache_clear,
    cache_info,
    fetch_and_save_dir,
    fetch_and_save_file,
    fetch_and_save_file_or_dir,
    fetch_cached,
    list_dir,
    start_agent_daemon,
    upload_admin_certificate,
    upload_certificate,
    upload_dir,
    upload_file,
    upload_personal_certificate,
    upload_shared_certificate,
    webdav4_client,
)
from ctadata_jlab.compat.names import RemoteName

__all__ = [
    "APIClient",
    "Cache",
    "Cached",
    "CertificateError",
    "ClientSecretNotFound",
    "DirectApiError",
    "EnvironmentError",
    "RemoteName",
    "StorageException",
    "TokenError",
    "TokenExpiredError",
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


def __getattr__(name: str) -> Any:
    if name == "api_client":  # the old module made one at import, with side effects
        return APIClient()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
