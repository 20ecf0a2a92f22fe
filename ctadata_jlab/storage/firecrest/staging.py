"""Large files come and go by way of an object store next to the cluster: a job of the cluster moves them between it and the file system.

Down: the job copies the file there, and a presigned URL reads it, by ranges. Up: the bytes go there in parts, each by a presigned
URL, and a job fetches them. What was begun is kept in a `Register`, so that the same job and only the missing parts are needed
after a restart. Objects expire; then the staging starts again.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx

from ctadata_jlab.curl import Curl
from ctadata_jlab.errors import BadAnswer, Changed, Corrupted, CtaDataError, Forbidden, NotFound, Offline, Unreachable
from ctadata_jlab.http import client, origin
from ctadata_jlab.storage import versions
from ctadata_jlab.storage.counted import Counted
from ctadata_jlab.storage.firecrest import waiting
from ctadata_jlab.storage.part import Part, digest
from ctadata_jlab.storage.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage import Body, Entry
    from ctadata_jlab.storage.firecrest.api import Api
    from ctadata_jlab.storage.firecrest.places import Place

__all__ = ["StagedReader", "Staging", "begun", "copy_url"]

_S3 = "http://s3.amazonaws.com/doc/2006-03-01/"


class Staging:
    """The object store beside the clusters of *api*; what is on its way is kept in *register*. No token ever goes there."""

    def __init__(self, api: Api, trust: Trust, register: Register | None = None) -> None:
        self._api = api
        self._trust = trust
        self._register = register or Register()
        self._stores: dict[str, Curl] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections to the object stores."""
        for store in self._stores.values():
            store.close()

    def store(self, url: str) -> Curl:
        """Return the byte layer for the object store that *url* is of."""
        with self._lock:
            return self._stores.setdefault(origin(url), Curl(_base(url), self._trust))

    # -- down ----------------------------------------------------------------------------------------------------------

    def is_wanted(self, path: str) -> bool:
        """Whether *path* was found too large to go directly, whatever its size."""
        return self._register.get(path) is not None

    def want(self, path: str) -> None:
        """Note that *path* must be staged, although it did not look so."""
        if self._register.get(path) is None:
            self._register.put(path, {})

    def url(self, entry: Entry, *, ask: bool = True) -> str | None:
        """Return the presigned URL of the staged copy of *entry*, None if it is not there yet; *ask* looks at the job."""
        record = self._register.get(entry.path)
        if not record or record.get("version") != entry.version:
            return None
        if not record["ready"]:
            if not ask or not self._has_come(entry.path, record):
                return None
            self._register.put(entry.path, {**record, "ready": True})
        url: str = record["url"]
        return url

    def start(self, entry: Entry, there: Place) -> bool:
        """Ask the cluster to stage *entry*; False if its copy is there already."""
        record = self._register.get(entry.path)
        if record and record.get("version") == entry.version:
            try:
                return self.url(entry) is None
            except waiting.JobFailed:
                self.drop(entry.path)
        told = self.ask_to_stage(there)
        job = {"system": there.system, "transfer": told["transferJob"], "version": entry.version}
        self._register.put(entry.path, {**job, "url": copy_url(told, self._api.title), "ready": False})
        return True

    def ask_to_stage(self, there: Place) -> dict[str, Any]:
        """Start the job that copies the file *there* next to the cluster; return what the server tells of it."""
        payload = {"source_path": there.path, "transfer_directives": {"transferMethod": "s3"}}
        return self._api.transfer(there.system, "download", payload)

    def drop(self, path: str) -> None:
        """Forget the staged copy of *path*."""
        self._register.drop(path)

    def _has_come(self, path: str, record: dict[str, Any]) -> bool:
        if not waiting.has_ended(self._api, record["system"], str(record["transfer"]["jobId"])):
            return False
        try:
            waiting.outcome(self._api, record["system"], record["transfer"])
        except waiting.JobFailed:
            self.drop(path)
            raise
        return True

    # -- up ------------------------------------------------------------------------------------------------------------

    def upload(self, there: Place, body: Body) -> str:
        """Bring *body* to *there* on the cluster; return the SHA-256 of what was sent. Parts that are there already are not sent again."""
        key = f"{there.system}:{there.path}"
        record = self._register.get(key)
        if record is None or record["size"] != body.size:
            record = begun(self.ask_to_upload(there, body.size), body.size, self._api.title)
            self._register.put(key, record)
        try:
            proof = self.send(record, body, lambda now: self._register.put(key, now))
            waiting.wait(self._api, there.system, record["transfer"])
        except (Forbidden, NotFound, waiting.JobFailed):
            self._register.drop(key)  # expired, or in vain: the next try starts again
            with suppress(CtaDataError):
                self._api.cancel(there.system, str(record["transfer"]["jobId"]))
            raise
        self._register.drop(key)
        return proof

    def ask_to_upload(self, there: Place, size: int) -> dict[str, Any]:
        """Start the job that will fetch *size* bytes to *there*; return what the server tells of it."""
        payload = {"path": there.path, "transfer_directives": {"file_size": size, "transfer_method": "s3"}}
        return self._api.transfer(there.system, "upload", payload)

    def send(self, record: dict[str, Any], body: Body, keep: Callable[[dict[str, Any]], object]) -> str:
        """Send the parts of *body* that *record* has not yet, and have them put together; *keep* is told after each step."""
        whole = hashlib.sha256()
        body.rewind()
        for number, url in enumerate(record["urls"]):
            size = min(record["part_size"], record["size"] - number * record["part_size"])
            done: list[list[str]] = record["parts"]
            if number < len(done):
                if digest(body, size, whole) != done[number][1]:
                    raise Changed("The file is no longer the one whose upload was begun.")
                continue
            part = Part(body, size, whole)
            answer = self.store(url).put(url, f"part {number + 1} of {len(record['urls'])}", part)
            etag = answer.headers.get("etag", "")
            if len(etag.strip('"')) == 32 and etag.strip('"').lower() != part.md5:
                raise Corrupted("The object store has other bytes than were sent.")
            done.append([etag, part.md5])
            keep(record)
        if not record["complete"]:
            self._complete(record)
            record["complete"] = True
            keep(record)
        return whole.hexdigest()

    def _complete(self, record: dict[str, Any]) -> None:
        root = ET.Element("CompleteMultipartUpload", xmlns=_S3)
        for number, (etag, _) in enumerate(record["parts"], 1):
            part = ET.SubElement(root, "Part")
            ET.SubElement(part, "ETag").text = etag
            ET.SubElement(part, "PartNumber").text = str(number)
        url = record["complete_url"]
        with client(_base(url), self._trust, None) as http:
            try:
                answer = http.post(url, content=ET.tostring(root))
            except httpx.HTTPError as error:
                raise Unreachable(f"The object store does not answer ({type(error).__name__}).") from None
        if answer.status_code in {403, 404}:
            raise Forbidden("The object store no longer takes this upload: its permission has expired.")
        # an error can come inside a 200 (Amazon S3, CompleteMultipartUpload)
        if answer.is_error or b"<Error>" in answer.content[:2000]:
            raise Unreachable(f"The object store did not put the parts together ({answer.status_code}).")


def begun(told: dict[str, Any], size: int, title: str) -> dict[str, Any]:
    """Return the record of an upload of *size* bytes that has begun as FirecREST *told*."""
    directives = _directives(told, title)
    try:
        return {
            "size": size,
            "transfer": told["transferJob"],
            "urls": directives["partsUploadUrls"],
            "complete_url": directives["completeUploadUrl"],
            "part_size": int(directives["maxPartSize"]),
            "parts": [],
            "complete": False,
        }
    except KeyError:
        raise BadAnswer(f"{title} stages files, but not by S3.") from None


def copy_url(told: dict[str, Any], title: str) -> str:
    """Return the presigned URL that a staged copy will have, from what FirecREST *told*."""
    url = _directives(told, title).get("downloadUrl")
    if not url:
        raise BadAnswer(f"{title} stages files, but not by S3.")
    return str(url)


class StagedReader:
    """The staged copy of *entry*, read by ranges; *look* tells whether the file on the cluster is still that version."""

    def __init__(self, staging: Staging, entry: Entry, url: str, what: str, look: Callable[[str], Entry]) -> None:
        self.entry = entry
        self._staging = staging
        self._url = url
        self._what = what
        self._look = look

    def pour(self, start: int, end: int | None, sink: Callable[[bytes], object]) -> None:
        """Give *sink* exactly the bytes from *start* to before *end*; `Offline` when the copy has expired."""
        size = self.entry.size
        stop = size if end is None else end
        if stop is not None and start >= stop:
            return
        is_whole = start == 0 and stop == size
        counted = Counted(sink)
        try:
            store = self._staging.store(self._url)
            store.get(self._url, self._what, counted, start=start, end=None if is_whole else stop)
        except (Forbidden, NotFound):
            self._staging.drop(self.entry.path)
            raise Offline(f"The staged copy has expired: {self._what}.") from None
        counted.require(None if stop is None else stop - start, self._what)
        if not versions.same(self.entry, self._look(self.entry.path)):
            raise Changed(f"{self._what} changed while it was read.")

    def __enter__(self) -> StagedReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _directives(told: dict[str, Any], title: str) -> dict[str, Any]:
    directives = told.get("transferDirectives")
    if not isinstance(directives, dict) or "transferJob" not in told:
        raise BadAnswer(f"{title} does not tell how the file is staged.")
    return directives
