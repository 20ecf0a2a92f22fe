"""OSCAR from a script, with the names of its own client: ``from ctadata_jlab.oscar import Client``.

What goes wrong is raised, never printed nor written into a file; certificates are always checked; a file has its name when it is whole.
Answers are HTTP responses with ``.text``, ``.status_code`` and ``.json()``.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctadata_jlab import paths
from ctadata_jlab.errors import AlreadyExists, Misconfigured, NotFound
from ctadata_jlab.http import Trust
from ctadata_jlab.storage.local import Local
from ctadata_jlab.storage.onedata import Onedata
from ctadata_jlab.storage.oscar.api import Api, output_of
from ctadata_jlab.storage.oscar.providers import made, providers_of, require, split
from ctadata_jlab.storage.part import Whole
from ctadata_jlab.storage.s3 import ObjectStore
from ctadata_jlab.transfer.compare import End
from ctadata_jlab.transfer.copy import copy

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    import httpx

    from ctadata_jlab.storage import Storage as AnyStorage

    Definition = str | os.PathLike[str] | Mapping[str, Any]

__all__ = ["Client", "Storage"]

_TITLE = "OSCAR"
_MOUNTED = Path("/var/run/secrets/egi.eu/access_token")
"""Where EGI's notebooks find the user's token; renewed in place."""


class Client:
    """A cluster: ``{'cluster_id', 'endpoint', 'ssl'}`` and how to log in.

    ``user`` and ``password``, ``shortname`` (of oidc-agent), or ``oidc_token``; without any, the token that EGI's notebooks mount.
    ``ssl`` may be the path of a CA bundle; ``'True'`` and the like mean the system's.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        for name in ("cluster_id", "endpoint"):
            if not options.get(name):
                raise Misconfigured(f"The options have no {name}.", hint="Give 'cluster_id', 'endpoint' and a login.")
        self.id = str(options["cluster_id"])
        self.endpoint = str(options["endpoint"]).rstrip("/")
        self.trust = _trust(options.get("ssl", True))
        self.api = Api(f"{_TITLE} {self.id}", self.endpoint, self.trust, _login(options, self.endpoint))

    def close(self) -> None:
        """Close all connections."""
        self.api.close()

    # -- the cluster ---------------------------------------------------------------------------------------------------

    def get_cluster_info(self) -> httpx.Response:
        """Return the cluster's version, architecture and back end."""
        return self.api.ask("GET", "system", "info")

    def get_cluster_config(self) -> httpx.Response:
        """Return the cluster's settings. They hold keys of its MinIO: print them nowhere."""
        return self.api.ask("GET", "system", "config")

    # -- services ------------------------------------------------------------------------------------------------------

    def get_service(self, name: str) -> httpx.Response:
        """Return the definition of a service."""
        return self.api.ask("GET", "system", "services", name)

    def list_services(self) -> httpx.Response:
        """Return the definitions of all services."""
        return self.api.ask("GET", "system", "services")

    def create_service(self, service: Definition) -> None:
        """Create a service from the path of an FDL file or a definition; `AlreadyExists` if there is one of that name."""
        told = self._defined(service)
        try:
            self.api.service(_name(told))
        except NotFound:
            self.api.ask("POST", "system", "services", json=told)
        else:
            raise AlreadyExists(
                f"A service called {_name(told)!r} exists already.", hint="Update it, or choose another name."
            )

    def update_service(self, name: str, service: Definition) -> None:
        """Give the service *name*, which must exist, another definition."""
        told = self._defined(service)
        if _name(told) != name:
            raise Misconfigured(
                f"The definition is of {_name(told)!r}, not of {name!r}.", hint="Correct one of the names."
            )
        self.api.service(name)
        self.api.ask("PUT", "system", "services", json=told)

    def remove_service(self, name: str) -> httpx.Response:
        """Remove a service."""
        return self.api.ask("DELETE", "system", "services", name)

    def run_service(
        self,
        name: str,
        *,
        input: str | os.PathLike[str] | Mapping[str, Any] | None = None,  # noqa: A002 - so it is called
        output: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
        token: str | None = None,
        async_call: bool = False,
    ) -> httpx.Response:
        """Run a service with *input* (a file, a text, or a dictionary) and return its answer, written to *output* as well.

        It is waited for *timeout* seconds; with *async_call* not at all: it becomes a job. *token* is the service's own.
        """
        is_json = isinstance(input, dict)
        answer = self.api.invoke(
            name,
            later=async_call,
            json=input if is_json else None,
            content=None if is_json or input is None else _bytes_of(input),
            token=token,
            timeout=timeout,
        )
        if output is not None:
            _write(Path(output), output_of(answer))
        return answer

    # -- jobs ----------------------------------------------------------------------------------------------------------

    def get_job_logs(self, service: str, job: str) -> httpx.Response:
        """Return the log of a job."""
        return self.api.ask("GET", "system", "logs", service, job)

    def list_jobs(self, service: str, page: str = "") -> httpx.Response:
        """Return the jobs of a service, a page of them."""
        return self.api.ask("GET", "system", "logs", service, query={"page": page} if page else None)

    def remove_job(self, service: str, job: str) -> httpx.Response:
        """Remove a job and its log."""
        return self.api.ask("DELETE", "system", "logs", service, job)

    def remove_all_jobs(self, service: str) -> httpx.Response:
        """Remove all jobs of a service, those that run too."""
        return self.api.ask("DELETE", "system", "logs", service, query={"all": "true"})

    # -- storage -------------------------------------------------------------------------------------------------------

    def create_storage_client(self, service: str | None = None) -> Storage:
        """Return what reaches the storage providers of *service*; without one, the cluster's own MinIO."""
        return Storage(self, service)

    def _defined(self, service: Definition) -> dict[str, Any]:
        if isinstance(service, dict):
            return dict(service)
        text = str(service)
        if text.lstrip().startswith("{"):
            return dict(json.loads(text))
        return _from_fdl(Path(text), self.id)


class Storage:
    """The storage providers of a service, each called ``type.name``, such as ``minio.default``."""

    def __init__(self, client: Client, service: str | None) -> None:
        api = client.api
        self._title = f"{service or 'the cluster'} on {api.title}"
        self._trust = client.trust
        if service is None:
            self._service: dict[str, Any] = {}
            own = api.config().get("minio_provider")
            self._providers = {"minio.default": own} if isinstance(own, dict) else {}
        else:
            self._service = api.service(service)
            self._providers = providers_of(api, service)

    def list_files_from_path(self, storage_provider: str, path: str | None = None) -> Any:
        """Return what is below *path* (by default the service's own input there): of S3 and MinIO objects, of WebDAV names.

        Of Onedata it is the HTTP response.
        """
        if path is None:
            path = self._input(storage_provider)
        with self._at(storage_provider) as storage:
            if isinstance(storage, Onedata):
                return storage.listing(path)
            if isinstance(storage, ObjectStore):
                return _objects(storage, path)
            return sorted(entry.name + ("/" if entry.is_folder else "") for entry in storage.list(path))

    def upload_file(self, storage_provider: str, local_path: str | os.PathLike[str], remote_path: str) -> str:
        """Bring a local file into the folder *remote_path*, made if need be, in place of an older one; return where it is."""
        file = Path(local_path).resolve(strict=True)
        target = paths.join(paths.remote(remote_path), file.name)
        with self._at(storage_provider) as storage:
            here = End("local", Local(file.parent), f"/{file.name}")
            copy(here, End(storage_provider, storage, target), conflict="replace", ticket=uuid.uuid4().hex)
        return target

    def download_file(self, storage_provider: str, local_path: str | os.PathLike[str], remote_path: str) -> str:
        """Bring the file *remote_path* into the local folder *local_path*, in place of an older one; return where it is."""
        folder, source = Path(local_path).resolve(strict=True), paths.remote(remote_path)
        with self._at(storage_provider) as storage:
            here = End("local", Local(folder), f"/{paths.name(source)}")
            copy(End(storage_provider, storage, source), here, conflict="replace", ticket=uuid.uuid4().hex)
        return str(folder / paths.name(source))

    def _input(self, provider: str) -> str:
        name = ".".join(split(provider))
        for one in self._service.get("input") or ():
            if ".".join(split(str(one.get("storage_provider", "")))) == name:
                return str(one.get("path") or "/")
        return "/"

    def _at(self, provider: str) -> _Opened:
        kind, settings = require(self._providers, provider, self._title)
        return _Opened(made(f"{provider} of {self._title}", kind, settings, self._trust))


class _Opened:
    """A provider's storage, closed afterwards."""

    def __init__(self, storage: AnyStorage) -> None:
        self._storage = storage

    def __enter__(self) -> AnyStorage:
        return self._storage

    def __exit__(self, *_: object) -> None:
        close = getattr(self._storage, "close", None)
        if close is not None:
            close()


def _objects(storage: ObjectStore, path: str) -> dict[str, Any]:
    """Return the objects below *path* as S3's own clients call them, all pages, ready for JSON."""
    bucket, _, prefix = paths.remote(path)[1:].partition("/")
    if not bucket:
        return {"Buckets": [{"Name": found.key} for found in storage.api.buckets()]}
    found = storage.api.objects(bucket, f"{prefix}/" if prefix else "", flat=True)
    contents = [
        {
            "Key": one.key,
            "Size": one.size,
            "LastModified": (one.modified or datetime.fromtimestamp(0, timezone.utc)).isoformat(),
            "ETag": one.etag,
        }
        for one in found
    ]
    return {"Name": bucket, "Prefix": prefix, "Contents": contents}


def _login(options: Mapping[str, Any], endpoint: str) -> Callable[[str | None], str]:
    """Return what signs requests to *endpoint* as *options* say."""
    from ctadata_jlab.tokens.agent import OidcAgent  # noqa: PLC0415 - only the login that is meant is loaded
    from ctadata_jlab.tokens.basic import Basic  # noqa: PLC0415
    from ctadata_jlab.tokens.bearer import Bearer  # noqa: PLC0415
    from ctadata_jlab.tokens.file import TokenFile  # noqa: PLC0415
    from ctadata_jlab.tokens.foreign import Foreign  # noqa: PLC0415
    from ctadata_jlab.tokens.keeper import Keeper  # noqa: PLC0415

    if "user" in options:
        return Basic(str(options["user"]), lambda: str(options.get("password", "")), endpoint).authorise
    if "shortname" in options:
        return Bearer(Keeper(OidcAgent(str(options["shortname"]), optional=False)), endpoint).authorise
    if "oidc_token" in options:
        return Bearer(Keeper(Foreign(_Given(str(options["oidc_token"])), "oidc_token")), endpoint).authorise
    if _MOUNTED.exists():
        return Bearer(Keeper(TokenFile(_MOUNTED)), endpoint).authorise
    raise Misconfigured(
        "The options say nothing of a login.",
        hint="Give 'user' and 'password', 'shortname' (of oidc-agent), or 'oidc_token'.",
    )


class _Given:
    """A token that was given."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_access_token(self) -> str:
        """Return it."""
        return self._token


def _trust(ssl: object) -> Trust:
    text = str(ssl)
    if text.lower() in {"false", "0", "no"}:
        raise Misconfigured(
            "Certificates are always checked.",
            hint="For an authority of one's own, give its file: 'ssl': '/path/to/ca.pem'.",
        )
    return Trust.of("" if text.lower() in {"true", "1", "yes", ""} else text)


def _name(definition: Mapping[str, Any]) -> str:
    name = definition.get("name")
    if not isinstance(name, str) or not name:
        raise Misconfigured("The definition of the service has no name.", hint="Add `name`.")
    return name


def _from_fdl(place: Path, cluster: str) -> dict[str, Any]:
    """Return the service that the FDL file *place* defines for *cluster*, the script's text put in."""
    import yaml  # noqa: PLC0415 - only who deploys a service needs it

    try:
        told = yaml.safe_load(place.read_text(encoding="utf-8"))
        found = [one[cluster] for one in told["functions"]["oscar"] if cluster in one]
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{place} cannot be read: {error}.", hint="Give the path of an FDL file.") from error
    except (yaml.YAMLError, KeyError, TypeError):
        raise Misconfigured(
            f"{place} is no FDL file.", hint="It needs `functions: oscar:` and a list of services."
        ) from None
    if len(found) != 1:
        raise Misconfigured(f"{place} defines {len(found)} services for {cluster!r}.", hint="Define exactly one.")
    service = dict(found[0])
    if "script" in service:
        script = place.parent / str(service["script"])
        try:
            service["script"] = script.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"The script {script} cannot be read: {error}.", hint="Correct `script`.") from error
    if isinstance(service.get("cpu"), int | float):
        service["cpu"] = str(service["cpu"])
    return service


def _bytes_of(given: object) -> bytes:
    place = Path(str(given))
    try:
        is_file = place.is_file()
    except (OSError, ValueError):  # a text that no file could be called
        is_file = False
    return place.read_bytes() if is_file else str(given).encode()


def _write(place: Path, data: bytes) -> None:
    target = place.resolve()
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder {target.parent}.", hint="Make it first.")
    Local(target.parent).put(f"/{target.name}", Whole(data), replace=True, ticket=uuid.uuid4().hex)
