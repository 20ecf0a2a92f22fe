"""The REST interface of FirecREST v2, call by call; what it answers becomes plain values, what it refuses our errors.

Facts are from FirecREST v2's own OpenAPI description and from its server run on a real file system. Two of them shape this module:
the server puts paths into a shell command between single quotes, so a path with a quote or a line's end is never sent; and a 401
carries the refused token back in a header, so the headers of answers are kept out of all logs.
"""

from __future__ import annotations

import copy
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ctadata_jlab import paths
from ctadata_jlab.errors import BadAnswer, CtaDataError, Misconfigured, NotFound, Unreachable, Unsupported
from ctadata_jlab.http import client, failure
from ctadata_jlab.storage.hushed import keep_headers_out_of_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ctadata_jlab.http import Trust

__all__ = ["Api", "System", "TooLarge", "TooSlow"]

KEEP_SECONDS = 300.0
"""How long the list of systems is believed."""
DIRECT_BYTES = 5_242_880
"""What the server moves without staging, unless it says otherwise (``max_ops_file_size``)."""


class TooLarge(Unsupported):
    """More bytes than the server moves directly (413): they must be staged."""


class TooSlow(Unreachable):
    """The server gives a command on the cluster five seconds (408)."""

    retryable = False


@dataclass(frozen=True, slots=True)
class System:
    """One cluster: the folders that its file systems are mounted at, and how many bytes go directly, down and up."""

    name: str
    roots: tuple[str, ...]
    down: int
    up: int
    wants_account: bool


class Api:
    """FirecREST at *url*; *title* names it in messages, *auth* signs. *account* pays for the cluster's jobs; empty: the user's default."""

    def __init__(self, title: str, url: str, trust: Trust, auth: httpx.Auth | None, account: str = "") -> None:
        keep_headers_out_of_logs()
        self.title = title
        self._base = url.rstrip("/")
        self._http = client(self._base + "/", trust, auth)
        self._account = account
        self._accounts: dict[str, str | None] = {}
        self._systems: dict[str, System] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def charged_to(self, account: str) -> Api:
        """Return the same server for jobs that are charged to *account*."""
        other = copy.copy(self)
        other._account = account  # noqa: SLF001
        return other

    # -- the clusters --------------------------------------------------------------------------------------------------

    def systems(self) -> Mapping[str, System]:
        """Return the clusters by name; believed for some minutes."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._systems = {system.name: system for system in map(_system, self.status())}
                self._until = time.monotonic() + KEEP_SECONDS
            return self._systems

    def system(self, name: str) -> System:
        """Return the cluster called *name*, or raise `NotFound` naming those there are."""
        found = self.systems().get(name)
        if found is None:
            known = ", ".join(sorted(self.systems()))
            raise NotFound(f"There is no system {paths.display(name)} on {self.title}.", hint=f"Known are {known}.")
        return found

    def status(self) -> list[dict[str, Any]]:
        """Return what the server says of its systems, as it says it."""
        return _rows(self.ask("GET", "status/systems").get("systems"), self.title)

    def user(self, system: str) -> dict[str, Any]:
        """Return who the user is on *system*: ``user``, ``groups`` and, where there is a budget, ``accounts``."""
        return self.ask("GET", f"status/{system}/userinfo")

    def account(self, system: str) -> str | None:
        """Return the account that jobs on *system* are charged to: the configured one, else the user's default."""
        if self._account:
            return self._account
        if system not in self._accounts:
            accounts = self.user(system).get("accounts") or []
            default = [entry["name"] for entry in accounts if entry.get("default")]
            self._accounts[system] = next(iter([*default, *(entry["name"] for entry in accounts)]), None)
        if self._accounts[system] is None and self.system(system).wants_account:
            raise Misconfigured(
                f"{self.title}: jobs on {system} are charged to an account, and you have none there.",
                hint="Set `account` of this source to the project's account.",
            )
        return self._accounts[system]

    # -- small things on their file systems ----------------------------------------------------------------------------

    def ls(self, system: str, path: str) -> list[dict[str, Any]]:
        """Return the rows of ``ls -A`` for *path*; a file's only row has its whole path as its name."""
        asked = {"path": path, "showHidden": "true"}
        return _rows(self._on(system, "GET", "ls", path, params=asked).get("output"), self.title)

    def stat(self, system: str, path: str) -> dict[str, Any]:
        """Return mode, size and times of what *path* leads to, symbolic links followed."""
        output: dict[str, Any] = (
            self._on(system, "GET", "stat", path, params={"path": path, "dereference": "true"}).get("output") or {}
        )
        return output

    def checksum(self, system: str, path: str) -> str | None:
        """Return the file's SHA-256 in hex; None for one that cannot be summed up in the time that the server gives."""
        try:
            output = self._on(system, "GET", "checksum", path, params={"path": path}).get("output") or {}
        except TooSlow:
            return None
        return str(output["checksum"]).lower() if str(output.get("algorithm", "")).upper() == "SHA256" else None

    def view(self, system: str, path: str) -> str:
        """Return the beginning of a text file."""
        return str(self._on(system, "GET", "view", path, params={"path": path}).get("output") or "")

    def download(self, system: str, path: str) -> bytes:
        """Return a small file's bytes; `TooLarge` if they do not go directly."""
        answer = self._request("GET", f"filesystem/{system}/ops/download", self._what(system, path), params=_sent(path))
        return answer.content

    def upload(self, system: str, folder: str, name: str, data: bytes) -> None:
        """Write a small file; whatever has that name is overwritten."""
        _sent(name)
        what = self._what(system, f"{folder}/{name}")
        files = {"file": (name, data, "application/octet-stream")}
        self._request("POST", f"filesystem/{system}/ops/upload", what, params=_sent(folder), files=files)

    def mkdir(self, system: str, path: str) -> None:
        """Make a folder and those above it."""
        self._on(system, "POST", "mkdir", path, json={"sourcePath": path, "parent": True})

    def rm(self, system: str, path: str) -> None:
        """Remove a file or, with all that it holds, a folder."""
        self._on(system, "DELETE", "rm", path, params={"path": path})

    # -- the cluster's jobs --------------------------------------------------------------------------------------------

    def transfer(self, system: str, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Start a job that moves bytes: *kind* is ``download``, ``upload``, ``mv``, ``cp``; the account is added."""
        for key in ("path", "source_path", "sourcePath", "targetPath"):
            _sent(str(payload.get(key, "")))
        account = self.account(system)
        body = {**payload, **({"account": account} if account else {})}
        return self.ask("POST", f"filesystem/{system}/transfer/{kind}", json=body)

    def remove_by_job(self, system: str, path: str) -> dict[str, Any]:
        """Start a job that removes *path*."""
        account = self.account(system)
        asked = {**_sent(path), **({"account": account} if account else {})}
        return self.ask("DELETE", f"filesystem/{system}/transfer/rm", params=asked)

    def submit(self, system: str, job: dict[str, Any]) -> dict[str, Any]:
        """Submit a job of one's own."""
        return self.ask("POST", f"compute/{system}/jobs", json={"job": job})

    def job(self, system: str, job_id: str) -> dict[str, Any] | None:
        """Return what the scheduler says of a job, None while it does not know it."""
        try:
            jobs = _rows(self.ask("GET", f"compute/{system}/jobs/{job_id}").get("jobs"), self.title)
        except NotFound:
            return None
        return jobs[0] if jobs else None

    def cancel(self, system: str, job_id: str) -> None:
        """Cancel a job."""
        self._request("DELETE", f"compute/{system}/jobs/{job_id}", f"job {job_id} on {self.title}")

    # -- asking --------------------------------------------------------------------------------------------------------

    def ask(self, method: str, route: str, **options: Any) -> dict[str, Any]:
        """Return the JSON object that *route* answers."""
        answer = self._request(method, route, f"{route} on {self.title}", **options)
        return _object(answer, self.title)

    def _on(self, system: str, method: str, operation: str, path: str, **options: Any) -> dict[str, Any]:
        _sent(path)
        answer = self._request(method, f"filesystem/{system}/ops/{operation}", self._what(system, path), **options)
        return {} if answer.status_code == httpx.codes.NO_CONTENT else _object(answer, self.title)

    def _what(self, system: str, path: str) -> str:
        return f"{paths.display(path)} on {system} ({self.title})"

    def _request(self, method: str, route: str, what: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, route, **options)
        except httpx.HTTPError as error:
            raise Unreachable(f"The connection failed: {what} ({type(error).__name__}).") from None
        if not answer.is_success:
            raise _refusal(answer, what)
        return answer


def _system(row: dict[str, Any]) -> System:
    limits = row.get("dataOperation") or {}
    most = int(limits.get("max_ops_file_size") or DIRECT_BYTES)
    roots = tuple(str(place["path"]).rstrip("/") or "/" for place in row.get("fileSystems") or [])
    wants = any("{account}" in line for line in limits.get("datatransfer_jobs_directives") or [])
    # what comes down is base64 within the same buffer, so only three quarters of it are bytes
    return System(str(row["name"]), roots, most * 3 // 4 - 1024, most, wants)


def _refusal(answer: httpx.Response, what: str) -> CtaDataError:
    try:
        said = str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        said = answer.reason_phrase
    said = paths.display(" ".join(said.split()), 200)
    special: dict[int, Callable[[str], CtaDataError]] = {
        400: Unsupported,
        408: TooSlow,
        413: TooLarge,
        424: Unreachable,
    }
    kind = special.get(answer.status_code)
    if kind is not None:
        return kind(f"FirecREST cannot do this with {what} ({said}).")
    return failure(answer.status_code, what, said, answer.headers)


def _object(answer: httpx.Response, title: str) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BadAnswer(f"{title} answers something else than JSON.", hint="Is `url` of this source FirecREST's?")
    return value


def _rows(value: object, title: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise BadAnswer(f"{title} answers something else than a list.", hint="Is `url` of this source FirecREST's?")
    return value


def _sent(path: str) -> dict[str, str]:
    """Return *path* as a parameter, or raise `Unsupported` for one that the server's shell would take for something else."""
    if any(char in path for char in "'\n\r"):
        raise Unsupported(
            f"FirecREST cannot speak of a name with a single quote or a line's end: {paths.display(path)}.",
            hint="Rename the file.",
        )
    return {"path": path}
