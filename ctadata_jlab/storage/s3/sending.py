"""One upload to an object store: at once, or in parts that are put together at the end.

Every piece is proven by its MD5 before the object is seen: a small object by the header ``Content-MD5``, a part by its entity tag.
What was sent of a large one is kept for the next try under the same ticket, and thrown away when there is none.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ctadata_jlab.errors import (
    AlreadyExists,
    Changed,
    Corrupted,
    CtaDataError,
    NotFound,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.storage.part import Part, Whole, digest
from ctadata_jlab.storage.temporary import temporary

if TYPE_CHECKING:
    from collections.abc import Callable

    from ctadata_jlab.curl import Curl
    from ctadata_jlab.storage import Body, Checksum
    from ctadata_jlab.storage.register import Register
    from ctadata_jlab.storage.s3.api import Api
    from ctadata_jlab.storage.s3.signing import Signer

__all__ = ["PART", "Sending"]

PART = 16 << 20
"""What is larger goes in parts of this size, or of more if there would be too many."""
_MOST_PARTS = 10_000
Given = TypeVar("Given")


class _Store(Protocol):
    """What an upload needs of the storage."""

    api: Api
    curl: Curl
    signer: Signer
    register: Register

    def what(self, path: str) -> str:
        """Return *path* as messages name it."""
        ...


class Sending:
    """The upload of *body* to *path*, which is the object *place* (bucket and key); *ticket* names what is on its way."""

    def __init__(self, store: _Store, path: str, place: tuple[str, str], body: Body, ticket: str) -> None:
        self._store = store
        self._api = store.api
        self._path = path
        self._place = place
        self._body = body
        bucket, key = place
        self._name = "/".join((store.api.base, bucket, temporary(f"/{key}", ticket)[1:]))
        self._what = store.what(path)

    def run(self, *, create: bool, only: str | None) -> Checksum | None:
        """Store it; *create*: where nothing is, *only*: in the place of that version. Returns what proved it."""
        headers = {"If-None-Match": "*"} if create else {"If-Match": only} if only else {}
        send = self._at_once if self._body.size <= PART else self._in_parts
        try:
            return send(headers)
        except AlreadyExists:
            if create:
                raise AlreadyExists(f"{self._what} exists already.") from None
            raise Changed(f"{self._what} is no longer the version that was seen.") from None

    # -- small ones ----------------------------------------------------------------------------------------------------

    def _at_once(self, headers: dict[str, str]) -> Checksum | None:
        self._body.rewind()
        data = b"".join(iter(lambda: self._body.read(1 << 20), b""))
        if len(data) != self._body.size:
            raise Corrupted(f"{len(data)} bytes came, {self._body.size} were announced: {self._what}.")
        self._body.read(0)  # the last moment at which it may be stopped
        md5 = hashlib.md5(data, usedforsecurity=False)
        asked = {"Content-MD5": base64.b64encode(md5.digest()).decode()}
        url = self._store.signer.presigned("PUT", self._api.url(*self._place))
        try:
            answer = _or_plainly(
                lambda given: self._store.curl.put(url, self._what, Whole(data), headers={**asked, **given}), headers
            )
            etag = answer.headers.get("etag", "")
        except Unreachable:
            etag = self._landed(md5.hexdigest())
            if not etag:
                raise
        return self._proof(etag, md5.hexdigest())

    # -- large ones ----------------------------------------------------------------------------------------------------

    def _in_parts(self, headers: dict[str, str]) -> Checksum | None:
        record = self._store.register.get(self._name)
        if record is not None:
            try:
                return self._with(record, headers)
            except (_Stale, NotFound):  # another file by now, or the object store has forgotten the upload
                self._throw_away(record)
        return self._with(self._begun(), headers)

    def _with(self, record: dict[str, Any], headers: dict[str, str]) -> Checksum | None:
        """Send the parts that *record* has not yet, and have them put together."""
        try:
            self._send_parts(record)
            self._body.read(0)  # the last moment at which it may be stopped
            etag = self._complete(record, headers)
        except BaseException as error:
            if not _is_resumable(error):
                self._throw_away(record)
            raise
        self._store.register.drop(self._name)
        return self._proof(etag, _composite(record["parts"]))

    def _begun(self) -> dict[str, Any]:
        size = max(PART, -(-self._body.size // _MOST_PARTS))
        upload = [*self._place, self._api.begin(*self._place)]
        record = {"upload": upload, "size": self._body.size, "part_size": size, "parts": []}
        self._store.register.put(self._name, record)
        return record

    def _send_parts(self, record: dict[str, Any]) -> None:
        bucket, key, name = _upload(record)
        done: list[list[str]] = record["parts"]
        whole = hashlib.md5(usedforsecurity=False)
        if record["size"] != self._body.size:
            raise _Stale
        self._body.rewind()
        for number, start in enumerate(range(0, record["size"], record["part_size"])):
            size = min(record["part_size"], record["size"] - start)
            if number < len(done):
                if digest(self._body, size, whole) != done[number][1]:
                    raise _Stale
                continue
            part = Part(self._body, size, whole)
            query = {"partNumber": str(number + 1), "uploadId": name}
            url = self._store.signer.presigned("PUT", self._api.url(bucket, key), query)
            answer = self._store.curl.put(url, f"part {number + 1} of {self._what}", part)
            etag = answer.headers.get("etag", "").strip('"')
            if len(etag) == len(part.md5) and etag.lower() != part.md5:
                raise Corrupted(f"The object store has other bytes than were sent: part {number + 1} of {self._what}.")
            done.append([f'"{etag}"', part.md5])
            self._store.register.put(self._name, record)

    def _complete(self, record: dict[str, Any], headers: dict[str, str]) -> str:
        try:
            tags = [etag for etag, _ in record["parts"]]
            _or_plainly(lambda given: self._api.complete(_upload(record), tags, given), headers)
        except (Unreachable, NotFound):
            if etag := self._landed(_composite(record["parts"])):
                return etag
            raise
        answer = self._api.head(*self._place)
        return "" if answer is None else str(answer.headers.get("etag", ""))

    def _throw_away(self, record: dict[str, Any]) -> None:
        """Abort the upload; one that cannot be aborted now stays noted, so that whoever sweeps finds it."""
        with suppress(CtaDataError):
            self._api.abort(_upload(record))
            self._store.register.drop(self._name)

    # -- proof ---------------------------------------------------------------------------------------------------------

    def _landed(self, expected: str) -> str:
        """Return the entity tag of what is there if it is what was sent although no answer said so, else nothing."""
        with suppress(CtaDataError):
            answer = self._api.head(*self._place)
            etag = "" if answer is None else str(answer.headers.get("etag", ""))
            if etag.strip('"').lower() == expected:
                return etag
        return ""

    def _proof(self, etag: str, expected: str) -> Checksum | None:
        """Return the MD5 of the body if the object's entity tag says that these very bytes are there."""
        if etag.strip('"').lower() != expected:
            return None
        return self._body.checksum("md5")


class _Stale(Exception):
    """What was sent before is of another file."""


def _upload(record: dict[str, Any]) -> tuple[str, str, str]:
    bucket, key, name = record["upload"]
    return bucket, key, name


def _or_plainly(ask: Callable[[dict[str, str]], Given], headers: dict[str, str]) -> Given:
    """Ask with the condition *headers*; of a store that does not know them (501), without: it was looked before, at least."""
    try:
        return ask(headers)
    except Unsupported:
        if not headers:
            raise
        return ask({})


def _composite(parts: list[list[str]]) -> str:
    """Return the entity tag that an object of these parts has: the MD5 of their MD5s, and how many there are."""
    joined = b"".join(bytes.fromhex(md5) for _, md5 in parts)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _is_resumable(error: BaseException) -> bool:
    return isinstance(error, CtaDataError) and error.retryable and not isinstance(error, Corrupted)
