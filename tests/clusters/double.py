"""FirecREST v2 as its server was seen to behave: two clusters over one folder, jobs in threads, staging through a real S3 server.

`Traps` switches on what goes wrong in the field. Error texts, limits and log sentences are those of the real server.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import ssl
import stat
import threading
import time
import urllib.request
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.rig.certificate import Certificate
    from tests.rig.seaweed import S3

__all__ = ["TOKEN", "Clusters", "Refused", "Traps"]

TOKEN = "the-token-of-the-clusters"
ROOTS = ("/capstor/scratch/cscs", "/users")
LOG = {
    "download": "File was successfully uploaded to S3",
    "upload": "Multipart file upload successfully completed",
}


@dataclass
class Traps:
    """What goes wrong; all off at first."""

    job_seconds: float = 0.0
    """How long each job runs, also if it runs already."""
    unknown_jobs: int = 0
    """How many questions about jobs are answered 404 at first."""
    broken_polls: int = 0
    """How many questions about jobs are answered 500 at first."""
    lying_jobs: bool = False
    """Jobs end as COMPLETED without having done anything, and without the sentence in their log."""
    slow_checksums: bool = False
    """408 for every checksum, as for large files."""
    slow_removals: bool = False
    largest: int = 5_242_880
    part_size: int = 5 << 20
    url_seconds: int = 3600
    """How long presigned URLs are valid."""
    accounts: tuple[str, ...] = ("crs02",)
    wants_account: bool = True
    damaged: bool = False
    """What is uploaded is stored with one other byte."""


class Refused(Exception):
    """An answer that is an error: its status and FirecREST's message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Job:
    """A job of the scheduler."""

    id: str
    name: str
    state: str = "RUNNING"
    log: str = ""
    account: str = ""
    script: str = ""


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 0


class Clusters:
    """The double: its clusters' files are those of *folder*."""

    def __init__(self, folder: Path, s3: S3, certificate: Certificate) -> None:
        self.ca = certificate.ca
        self.s3 = s3
        self.folder = folder
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert, certificate.key)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/firecrest/v2"
        self._numbers = itertools.count(1001)  # never again the same: jobs of an earlier test may still run
        self.reset()

    def reset(self, traps: Traps | None = None) -> None:
        """Forget everything, and set *traps*."""
        self.traps = traps or Traps()
        self.jobs: dict[str, Job] = {}
        self.asked: list[Asked] = []
        self.objects: list[str] = []
        shutil.rmtree(self.folder, ignore_errors=True)
        for root in ROOTS:
            (self.folder / root[1:]).mkdir(parents=True)

    # -- behind its back -----------------------------------------------------------------------------------------------

    def file(self, path: str) -> Path:
        """Return the real file that *path* on a cluster is."""
        return self.folder / path.lstrip("/")

    def raw_put(self, path: str, data: bytes) -> None:
        """Put a file there, parents too; each write is of another second, as its version is told in seconds."""
        file = self.file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        moment = int(file.stat().st_mtime) + 1 if file.exists() else None
        file.write_bytes(data)
        if moment is not None:
            os.utime(file, (moment, moment))

    def count(self, method: str, ending: str) -> int:
        """Return how often *method* was asked of a path with that ending."""
        return sum(asked.method == method and asked.path.endswith(ending) for asked in self.asked)

    def forget_objects(self) -> None:
        """Remove all staged objects, as their lifetime does."""
        while self.objects:
            self.s3.ask("DELETE", self.objects.pop())

    # -- jobs ----------------------------------------------------------------------------------------------------------

    def start(self, name: str, account: str, work: Callable[[], object] | None, sentence: str = "") -> dict[str, Any]:
        """Run *work* as a job, and return what the server tells of it."""
        if self.traps.wants_account and not account:
            raise Refused(400, "Account parameter is required on this system.")
        number = str(next(self._numbers))
        log = f"/users/.f7t_file_handling_job_{number}.log"
        job = self.jobs[number] = Job(number, name, log=log, account=account)
        threading.Thread(target=self._run, args=(job, work, sentence), daemon=True).start()
        logs = {"outputLog": log, "errorLog": log.replace("job_", "job_error_")}
        return {"jobId": number, "system": "daint", "workingDirectory": "/users", "logs": logs}

    def _run(self, job: Job, work: Callable[[], object] | None, sentence: str) -> None:
        began = time.monotonic()
        while time.monotonic() - began < self.traps.job_seconds:
            time.sleep(0.02)
        if self.traps.lying_jobs:
            self._end(job, "COMPLETED", "slurmstepd: error: something")
            return
        try:
            said = work() if work else None
        except OSError as error:
            self._end(job, "FAILED", "", str(error))
            return
        self._end(job, "COMPLETED", str(said or sentence))

    def _end(self, job: Job, state: str, log: str, errors: str = "") -> None:
        if self.jobs.get(job.id) is not job:
            return  # of an earlier test
        self.file(job.log).write_text(log + "\n")
        self.file(job.log.replace("job_", "job_error_")).write_text(errors)
        if job.state == "RUNNING":
            job.state = state


def _handler(clusters: Clusters) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        double = clusters

    return Handler


class _Handler(BaseHTTPRequestHandler):
    """Routes a request to the function of its name below."""

    protocol_version = "HTTP/1.1"
    double: Clusters

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_json = "json" in (self.headers.get("Content-Type") or "")
        asked = Asked(self.command, parts.path, query, json.loads(self.raw) if is_json and self.raw else {})
        self.double.asked.append(asked)
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if given != TOKEN:
            asked.status = 401
            self._answer(401, _error("Invalid token"), {"auth-token": given})
            return
        try:
            status, answer = self._route(asked)
        except Refused as refusal:
            status, answer = refusal.status, _error(refusal.message)
        except FileNotFoundError:
            status, answer = 404, _error("No such file or directory")
        except PermissionError:
            status, answer = 403, _error("Permission denied")
        asked.status = status
        self._answer(status, answer)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - as the standard library calls them

    def _answer(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        body = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/json" if not isinstance(answer, bytes) else "application/octet-stream"
        )
        self.send_header("F7T-AppVersion", "2.5.6")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _route(self, asked: Asked) -> tuple[int, object]:
        for method, pattern, function in _ROUTES:
            found = re.fullmatch("/firecrest/v2" + pattern, asked.path)
            if found and method == asked.method:
                system = found.groupdict().get("system")
                if system not in {None, "daint", "eiger"}:
                    raise Refused(404, f"System {system} not found")
                return function(self, asked, **{k: unquote(v) for k, v in found.groupdict().items() if k != "system"})
        raise Refused(404, "Not found")

    # -- status --------------------------------------------------------------------------------------------------------

    def systems(self, _asked: Asked) -> tuple[int, object]:
        places = [{"path": root, "dataType": "scratch", "defaultWorkDir": root == "/users"} for root in ROOTS]
        directives = [
            "#SBATCH --time=0-24:00:00",
            "#SBATCH --account={account}" if self.double.traps.wants_account else "",
        ]
        row = {
            "ssh": {"host": "ssh.invalid"},
            "scheduler": {"type": "slurm"},
            "servicesHealth": [{"serviceType": "scheduler", "healthy": True}],
            "fileSystems": places,
            "dataOperation": {
                "max_ops_file_size": self.double.traps.largest,
                "datatransfer_jobs_directives": directives,
                "data_transfer": {"serviceType": "s3", "multipart": {"max_part_size": self.double.traps.part_size}},
            },
        }
        return 200, {"systems": [{"name": name, **row} for name in ("daint", "eiger")]}

    def userinfo(self, _asked: Asked) -> tuple[int, object]:
        accounts = [{"name": name, "default": not n} for n, name in enumerate(self.double.traps.accounts)]
        who = {"id": "1000", "name": "alice"}
        return 200, {"user": who, "group": who, "groups": [who], "accounts": accounts or None}

    # -- small things --------------------------------------------------------------------------------------------------

    def ls(self, asked: Asked) -> tuple[int, object]:
        path = self._place(asked.query["path"])
        if not path.is_dir():
            rows = [_row(path, asked.query["path"])]
        else:
            rows = [_row(child, child.name) for child in sorted(path.iterdir())]
            if asked.query.get("showHidden", "").lower() != "true":
                rows = [row for row in rows if not row["name"].startswith(".")]
        return 200, {"output": rows}

    def stat(self, asked: Asked) -> tuple[int, object]:
        path = self._place(asked.query["path"])
        told = path.stat() if asked.query.get("dereference", "").lower() == "true" else path.lstat()
        names = ("mode", "ino", "dev", "nlink", "uid", "gid", "size", "atime", "ctime", "mtime")
        return 200, {"output": {name: int(getattr(told, f"st_{name}")) for name in names}}

    def checksum(self, asked: Asked) -> tuple[int, object]:
        if self.double.traps.slow_checksums:
            raise Refused(408, "Command execution timed out")
        data = self._place(asked.query["path"]).read_bytes()
        return 200, {"output": {"algorithm": "SHA256", "checksum": hashlib.sha256(data).hexdigest()}}

    def view(self, asked: Asked) -> tuple[int, object]:
        return 200, {"output": self._place(asked.query["path"]).read_text()}

    def download(self, asked: Asked) -> tuple[int, object]:
        path = self._place(asked.query["path"])
        if path.stat().st_size * 4 / 3 > self.double.traps.largest:
            raise Refused(413, "File is too large")
        return 200, path.read_bytes()

    def upload(self, asked: Asked) -> tuple[int, object]:
        folder = self._place(asked.query["path"])
        if not folder.is_dir():
            raise Refused(404, "No such file or directory")
        boundary = re.search(r'boundary="?([^";]+)', self.headers["Content-Type"])
        assert boundary is not None
        head, _, rest = self.raw.partition(b"\r\n\r\n")
        name = re.search(r'filename="((?:[^"\\]|\\.)*)"', head.decode())
        star = re.search(r"filename\*=utf-8''([^\r\n;]+)", head.decode())
        data = rest[: rest.rindex(b"\r\n--" + boundary.group(1).encode())]
        if len(data) > self.double.traps.largest:
            raise Refused(413, "File is too large")
        chosen = unquote(star.group(1)) if star else _unescaped(name.group(1)) if name else ""
        self._store(self._place(f"{asked.query['path']}/{chosen}"), data)
        return 204, None

    def mkdir(self, asked: Asked) -> tuple[int, object]:
        path = self._place(asked.body["sourcePath"])
        try:
            path.mkdir(parents=bool(asked.body.get("parent")), exist_ok=bool(asked.body.get("parent")))
        except (FileExistsError, NotADirectoryError):
            raise Refused(400, "cannot create directory: File exists") from None
        return 201, {"output": _row(path, path.name)}

    def rm(self, asked: Asked) -> tuple[int, object]:
        path = self._place(asked.query["path"])
        if self.double.traps.slow_removals:
            raise Refused(408, "Command execution timed out")
        _remove(path)
        return 204, None

    # -- jobs ----------------------------------------------------------------------------------------------------------

    def move(self, asked: Asked) -> tuple[int, object]:
        source, target = self._place(asked.body["sourcePath"]), self._place(asked.body["targetPath"])

        def work() -> None:
            if target.is_dir():
                source.rename(target / source.name)
            else:
                source.replace(target)

        return 201, {
            "transferJob": self.double.start(
                "MoveFiles", asked.body.get("account", ""), work, "Files were successfully moved"
            )
        }

    def remove(self, asked: Asked) -> tuple[int, object]:
        path = self._place(asked.query["path"])
        job = self.double.start(
            "DeleteFiles", asked.query.get("account", ""), lambda: _remove(path), "Files were successfully removed"
        )
        return 200, {"transferJob": job}

    def stage_down(self, asked: Asked) -> tuple[int, object]:
        source = self._place(asked.body["source_path"])
        s3, key = self.double.s3, self._object(source.name)

        def work() -> None:
            if source.is_dir():
                raise OSError("file_not_found")
            with source.open("rb") as stream:
                request = urllib.request.Request(
                    s3.presigned("PUT", key),
                    data=stream,
                    method="PUT",
                    headers={"Content-Length": str(source.stat().st_size)},
                )
                urllib.request.urlopen(request, timeout=60).close()

        job = self.double.start("OutgressFileTransfer", asked.body.get("account", ""), work, LOG["download"])
        url = s3.presigned("GET", key, self.double.traps.url_seconds)
        return 201, {"transferJob": job, "transferDirectives": {"transferMethod": "s3", "downloadUrl": url}}

    def stage_up(self, asked: Asked) -> tuple[int, object]:
        directives = asked.body["transfer_directives"]
        if "file_size" not in directives:
            raise Refused(500, "Internal Server Error")
        target, size = self._place(asked.body["path"]), int(directives["file_size"])
        if not target.parent.is_dir():
            raise Refused(400, "The target folder does not exist")
        s3, key, expires = self.double.s3, self._object(target.name), self.double.traps.url_seconds
        upload = _upload_id(s3.ask("POST", key, b"", uploads=""))
        count = max(1, -(-size // self.double.traps.part_size))
        parts = [s3.presigned("PUT", key, expires, partNumber=str(n), uploadId=upload) for n in range(1, count + 1)]

        def work() -> None:
            for _ in range(600):
                data = _object_at(s3.presigned("GET", key))
                if data is not None:
                    self._store(target, data)
                    return
                time.sleep(0.05)
            raise OSError("the object did not come")

        job = self.double.start("IngressFileTransfer", asked.body.get("account", ""), work, LOG["upload"])
        told = {"transferMethod": "s3", "partsUploadUrls": parts, "maxPartSize": self.double.traps.part_size}
        told["completeUploadUrl"] = s3.presigned("POST", key, expires, uploadId=upload)
        return 201, {"transferJob": job, "transferDirectives": told}

    def submit(self, asked: Asked) -> tuple[int, object]:
        job = asked.body["job"]
        if not job.get("script") and not job.get("scriptPath"):
            raise Refused(400, "A script is required")
        started = self.double.start("own", job.get("account", "none"), None, "done")
        self.double.jobs[started["jobId"]].script = job.get("script", "")
        return 201, {"jobId": int(started["jobId"])}

    def job(self, _asked: Asked, number: str) -> tuple[int, object]:
        traps = self.double.traps
        if traps.broken_polls:
            traps.broken_polls -= 1
            raise Refused(500, "Scheduler error")
        if traps.unknown_jobs or number not in self.double.jobs:
            traps.unknown_jobs = max(0, traps.unknown_jobs - 1)
            raise Refused(404, "Job not found.")
        job = self.double.jobs[number]
        state = {"state": job.state, "stateReason": "None", "exitCode": 0 if job.state == "COMPLETED" else 34}
        return 200, {
            "jobs": [{"jobId": number, "name": job.name, "status": state, "account": job.account, "user": "alice"}]
        }

    def cancel(self, _asked: Asked, number: str) -> tuple[int, object]:
        self.double.jobs[number].state = "CANCELLED"
        return 204, None

    # -- files ---------------------------------------------------------------------------------------------------------

    def _place(self, path: str) -> Path:
        """Return the file, or refuse as the server does what is outside its file systems; a quote breaks its shell command."""
        if "'" in path or "\n" in path:
            raise Refused(500, "Unexpected error: unterminated quoted string")
        if ".." in path.split("/") or not any(path == root or path.startswith(root + "/") for root in ROOTS):
            raise Refused(400, f"The path {path} is not in the allowed file systems")
        return self.double.file(path)

    def _store(self, target: Path, data: bytes) -> None:
        if self.double.traps.damaged and data:
            data = bytes([data[0] ^ 1]) + data[1:]
        target.write_bytes(data)

    def _object(self, name: str) -> str:
        key = f"/alice/{hashlib.sha1(os.urandom(8)).hexdigest()}/{name}"
        self.double.objects.append(key)
        return key

    def log_message(self, *_: object) -> None:
        """Say nothing: there is `asked`."""


_ON = "/filesystem/(?P<system>[^/]+)"
_ROUTES: list[tuple[str, str, Callable[..., tuple[int, object]]]] = [
    ("GET", "/status/systems", _Handler.systems),
    ("GET", "/status/(?P<system>[^/]+)/userinfo", _Handler.userinfo),
    ("GET", f"{_ON}/ops/ls", _Handler.ls),
    ("GET", f"{_ON}/ops/stat", _Handler.stat),
    ("GET", f"{_ON}/ops/checksum", _Handler.checksum),
    ("GET", f"{_ON}/ops/view", _Handler.view),
    ("GET", f"{_ON}/ops/download", _Handler.download),
    ("POST", f"{_ON}/ops/upload", _Handler.upload),
    ("POST", f"{_ON}/ops/mkdir", _Handler.mkdir),
    ("DELETE", f"{_ON}/ops/rm", _Handler.rm),
    ("POST", f"{_ON}/transfer/mv", _Handler.move),
    ("DELETE", f"{_ON}/transfer/rm", _Handler.remove),
    ("POST", f"{_ON}/transfer/download", _Handler.stage_down),
    ("POST", f"{_ON}/transfer/upload", _Handler.stage_up),
    ("POST", "/compute/(?P<system>[^/]+)/jobs", _Handler.submit),
    ("GET", "/compute/(?P<system>[^/]+)/jobs/(?P<number>[^/]+)", _Handler.job),
    ("DELETE", "/compute/(?P<system>[^/]+)/jobs/(?P<number>[^/]+)", _Handler.cancel),
]


def _row(path: Path, name: str) -> dict[str, Any]:
    told = path.lstat()
    kind = "l" if path.is_symlink() else "d" if path.is_dir() else "-"
    return {
        "name": name,
        "type": kind,
        "linkTarget": str(path.readlink()) if kind == "l" else None,
        "user": "alice",
        "group": "alice",
        "permissions": stat.filemode(told.st_mode)[1:],
        "lastModified": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(told.st_mtime)),
        "size": str(told.st_size),
    }


def _error(message: str) -> dict[str, Any]:
    return {"errorType": "error", "message": message, "causedBy": None, "data": None, "user": "alice"}


def _unescaped(name: str) -> str:
    """Return a multipart file name as browsers and httpx escape it (WHATWG HTML, multipart/form-data)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n").replace('\\"', '"').replace("\\\\", "\\")


def _upload_id(answer: bytes) -> str:
    found = next(node.text for node in ET.fromstring(answer).iter() if node.tag.endswith("UploadId"))
    assert found is not None
    return found


def _object_at(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError:
        return None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def _running(clusters: Clusters) -> Iterator[Clusters]:
    threading.Thread(target=clusters.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield clusters
    finally:
        clusters.server.shutdown()
        clusters.server.server_close()


@pytest.fixture(scope="session")
def running_clusters(
    seaweed: S3, certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clusters]:
    """Start the double once."""
    seaweed.ask("PUT", "/alice")
    with _running(Clusters(tmp_path_factory.mktemp("clusters") / "files", seaweed, certificate)) as clusters:
        yield clusters


@pytest.fixture
def clusters(running_clusters: Clusters) -> Clusters:
    """Give the double as it is at the beginning: empty, no trap."""
    running_clusters.reset()
    return running_clusters
