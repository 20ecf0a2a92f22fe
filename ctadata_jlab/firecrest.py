"""FirecREST from a script, with the names of its own client: ``from ctadata_jlab import firecrest as f7t``.

The same client as the panel's source of kind ``firecrest`` uses: nothing is written on a final name, large files are staged, success is
what the job's log says. *authorization* may be any object with ``get_access_token()``, such as the ``Keeper`` of one of your sources.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from ctadata_jlab.errors import BadAnswer, CtaDataError, Misconfigured, Unreachable
from ctadata_jlab.http import Trust, client, require_safe
from ctadata_jlab.storage.firecrest import waiting
from ctadata_jlab.storage.firecrest.api import Api, TooLarge
from ctadata_jlab.storage.firecrest.places import Place
from ctadata_jlab.storage.firecrest.staging import Staging, begun, copy_url
from ctadata_jlab.transfer.body import FileBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ctadata_jlab.tokens.foreign import GivesAccessTokens

__all__ = ["ClientCredentialsAuth", "ExternalDownload", "ExternalUpload", "Firecrest"]

MAX_DIRECT_BYTES = 1_048_576
"""What goes directly, as with FirecREST's own client; more is staged."""
_TITLE = "FirecREST"


class ClientCredentialsAuth:
    """Tokens for a program of its own (RFC 6749 §4.4); one is used until *min_token_validity* seconds before its end."""

    def __init__(self, client_id: str, client_secret: str, token_uri: str, min_token_validity: int = 10) -> None:
        for name, value in (("client_id", client_id), ("client_secret", client_secret), ("token_uri", token_uri)):
            if not value:
                raise Misconfigured(
                    f"{name} is empty.", hint="Set it, or the environment variable that you read it from."
                )
        require_safe(token_uri)
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._uri = token_uri
        self._min_validity = min_token_validity
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def get_access_token(self) -> str:
        """Return a token that lasts; raises `Unreachable` or `BadAnswer` if the provider gives none."""
        with self._lock:
            if time.monotonic() >= self._until:
                began = time.monotonic()
                self._token, seconds = self._ask()
                self._until = began + max(0.0, seconds - self._min_validity)
            return self._token

    def _ask(self) -> tuple[str, float]:
        try:
            with client(self._uri, Trust.of(), None) as http:
                answer = http.post(self._uri, data=self._form)
            told = answer.json() if answer.is_success else {}
            return str(told["access_token"]), float(told.get("expires_in") or 0)
        except httpx.HTTPError as error:
            raise Unreachable(f"The token provider does not answer ({type(error).__name__}).") from None
        except (ValueError, KeyError, TypeError):
            raise BadAnswer(
                f"The token provider gives no token (status {answer.status_code}).",
                hint="Check client id, client secret and token address.",
            ) from None


class _Signed(httpx.Auth):
    def __init__(self, giver: GivesAccessTokens) -> None:
        self._giver = giver

    def sync_auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._giver.get_access_token()}"
        yield request


class Firecrest:
    """The clusters behind *firecrest_url*, as the person or program that *authorization* has tokens for; *verify* may name a CA bundle."""

    def __init__(self, firecrest_url: str, authorization: GivesAccessTokens, verify: str = "") -> None:
        self._trust = Trust.of(verify)
        self._api = Api(_TITLE, firecrest_url, self._trust, _Signed(authorization))
        self._staging = Staging(self._api, self._trust)

    def close(self) -> None:
        """Close all connections."""
        self._api.close()
        self._staging.close()

    # -- the clusters and their files ----------------------------------------------------------------------------------

    def systems(self) -> list[dict[str, Any]]:
        """Return what the server says of its systems."""
        return self._api.status()

    all_systems = systems

    def userinfo(self, system_name: str) -> dict[str, Any]:
        """Return who you are on a system: user, groups, accounts."""
        return self._api.user(system_name)

    def list_files(self, system_name: str, path: str) -> list[dict[str, Any]]:
        """Return the rows of a folder, hidden files too."""
        return self._api.ls(system_name, path)

    def stat(self, system_name: str, path: str) -> dict[str, Any]:
        """Return mode, size and times of what *path* leads to."""
        return self._api.stat(system_name, path)

    def checksum(self, system_name: str, path: str) -> str | None:
        """Return the file's SHA-256 in hex, None where it takes the server too long."""
        return self._api.checksum(system_name, path)

    def view(self, system_name: str, path: str) -> str:
        """Return the beginning of a text file."""
        return self._api.view(system_name, path)

    def mkdir(self, system_name: str, path: str) -> None:
        """Make a folder and those above it."""
        self._api.mkdir(system_name, path)

    def rm(self, system_name: str, path: str) -> None:
        """Remove a file or, with all that it holds, a folder."""
        self._api.rm(system_name, path)

    # -- up and down ---------------------------------------------------------------------------------------------------

    def download(
        self,
        system_name: str,
        source_path: str,
        target_path: str | os.PathLike[str],
        account: str | None = None,
        blocking: bool = True,
    ) -> ExternalDownload | None:
        """Bring *source_path* to the local file *target_path*: a small file at once (None), a large one by staging.

        With *blocking* it is there when this returns; otherwise the steps are those of the object.
        """
        if int(self.stat(system_name, source_path)["size"]) <= MAX_DIRECT_BYTES:
            with suppress(TooLarge):
                data = self._api.download(system_name, source_path)
                _whole(Path(target_path), lambda write: write(data))
                return None
        told = self._charged(account).ask_to_stage(Place(system_name, source_path))
        transfer = ExternalDownload(self._api, self._staging, system_name, told, Path(target_path))
        if blocking:
            transfer.wait_for_transfer_job()
            transfer.download_file_from_stage()
        return transfer

    def upload(
        self,
        system_name: str,
        local_file: str | os.PathLike[str],
        directory: str,
        filename: str,
        account: str | None = None,
        blocking: bool = True,
    ) -> ExternalUpload | None:
        """Bring *local_file* to *directory*/*filename*: a small file at once (None), a large one by staging."""
        size = Path(local_file).stat().st_size
        if size <= MAX_DIRECT_BYTES:
            data = Path(local_file).read_bytes()
            self._api.upload(system_name, directory, filename, data)
            digest = self._api.checksum(system_name, f"{directory}/{filename}")
            if digest not in {None, hashlib.sha256(data).hexdigest()}:
                raise CtaDataError("The cluster stored other bytes than were sent.", hint="Try again.")
            return None
        told = self._charged(account).ask_to_upload(Place(system_name, f"{directory.rstrip('/')}/{filename}"), size)
        transfer = ExternalUpload(self._api, self._staging, system_name, told, Path(local_file), size)
        if blocking:
            transfer.upload_file_to_stage()
            transfer.wait_for_transfer_job()
        return transfer

    def _charged(self, account: str | None) -> Staging:
        return self._staging if account is None else Staging(self._api.charged_to(account), self._trust)

    # -- jobs of one's own ---------------------------------------------------------------------------------------------

    def submit(
        self,
        system_name: str,
        working_dir: str,
        script_str: str | None = None,
        script_local_path: str | os.PathLike[str] | None = None,
        script_remote_path: str | None = None,
        env_vars: Mapping[str, str] | None = None,
        account: str | None = None,
    ) -> dict[str, Any]:
        """Submit a job's script, given as text, local file or file on the cluster; returns its ``jobId``."""
        if sum(given is not None for given in (script_str, script_local_path, script_remote_path)) != 1:
            raise ValueError("Give exactly one of script_str, script_local_path and script_remote_path.")
        job: dict[str, Any] = {"working_directory": working_dir}
        if script_remote_path is not None:
            job["scriptPath"] = script_remote_path
        else:
            job["script"] = Path(script_local_path).read_text() if script_local_path else script_str
        if env_vars:
            job["env"] = dict(env_vars)
        if account:
            job["account"] = account
        return self._api.submit(system_name, job)

    def job_info(self, system_name: str, jobid: str | int) -> list[dict[str, Any]]:
        """Return what the scheduler says of a job; an empty list while it does not know it."""
        job = self._api.job(system_name, str(jobid))
        return [] if job is None else [job]

    def wait_for_job(self, system_name: str, job_id: str | int, timeout: float | None = None) -> dict[str, Any]:
        """Return what the scheduler says of the job when it has ended; `JobFailed` if it did not complete."""
        waiting.wait(self._api, system_name, {"jobId": job_id}, by_log=False, timeout=timeout)
        return self._api.job(system_name, str(job_id)) or {}

    def cancel_job(self, system_name: str, jobid: str | int) -> None:
        """Cancel a job."""
        self._api.cancel(system_name, str(jobid))


class _Transfer:
    """A transfer by way of the staging area, step by step."""

    def __init__(self, api: Api, staging: Staging, system: str, told: dict[str, Any]) -> None:
        self.transfer_info = told
        """What the server said: the job and, in the directives, presigned URLs, which are permissions: print them nowhere."""
        self._api = api
        self._staging = staging
        self._system = system

    @property
    def transfer_data(self) -> dict[str, Any]:
        """The same as `transfer_info`, by its newer name."""
        return self.transfer_info

    def wait_for_transfer_job(self, timeout: float | None = None) -> None:
        """Return when the cluster's job has moved the bytes; `JobFailed` if it did not, `TimeoutError` after *timeout* seconds."""
        waiting.wait(self._api, self._system, self.transfer_info["transferJob"], timeout=timeout)


class ExternalDownload(_Transfer):
    """A large file on its way down; it can be fetched several times."""

    def __init__(self, api: Api, staging: Staging, system: str, told: dict[str, Any], target: Path) -> None:
        super().__init__(api, staging, system, told)
        self._target = target

    def download_file_from_stage(self, file_path: str | os.PathLike[str] | None = None) -> None:
        """Fetch the staged copy to *file_path*, or to where it was meant to go; the file has its name when it is whole."""
        url = copy_url(self.transfer_info, _TITLE)
        target = Path(file_path) if file_path is not None else self._target
        _whole(target, lambda write: self._staging.store(url).get(url, "the staged copy", write))


class ExternalUpload(_Transfer):
    """A large file on its way up."""

    def __init__(self, api: Api, staging: Staging, system: str, told: dict[str, Any], file: Path, size: int) -> None:
        super().__init__(api, staging, system, told)
        self._file = file
        self._record = begun(told, size, _TITLE)

    def upload_file_to_stage(self) -> None:
        """Send the parts that are not there yet, and have them put together; may be called again after a failure."""
        with FileBody(self._file) as body:
            self._staging.send(self._record, body, lambda _: None)


def _whole(target: Path, fill: Callable[[Callable[[bytes], object]], object]) -> None:
    """Write a file by *fill* under a temporary name, and give it its own when it is whole and on the disk."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:200]}.", suffix=".ctapart")
    try:
        with os.fdopen(handle, "wb") as stream:
            fill(stream.write)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
