"""The requests of S3's REST API that a storage needs, signed, and what their refusals mean (Amazon S3 API Reference)."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

import httpx

from ctadata_jlab import paths
from ctadata_jlab.errors import (
    AlreadyExists,
    BadAnswer,
    Busy,
    CtaDataError,
    Misconfigured,
    NoSpace,
    NotFound,
    NotLoggedIn,
    Unreachable,
    Unsupported,
)
from ctadata_jlab.http import client, failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ctadata_jlab.http import Trust
    from ctadata_jlab.storage.s3.signing import Signer

__all__ = ["Api", "Found"]

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_KEYS_HINT = "Correct the keys of this source; they are where `login.file` says."
_CODES: dict[str, tuple[type[CtaDataError], str, str | None]] = {
    "InvalidAccessKeyId": (NotLoggedIn, "The object store does not know this access key", _KEYS_HINT),
    "SignatureDoesNotMatch": (NotLoggedIn, "The object store refuses the secret key", _KEYS_HINT),
    "ExpiredToken": (NotLoggedIn, "The temporary keys have expired", _KEYS_HINT),
    "InvalidToken": (NotLoggedIn, "The object store refuses the session token", _KEYS_HINT),
    "RequestTimeTooSkewed": (Misconfigured, "This machine's clock is wrong", "Set the clock right."),
    "SlowDown": (Busy, "The object store is busy", None),
    "OperationAborted": (Busy, "The object store is busy with the same name", None),
    "ConditionalRequestConflict": (Busy, "The object store is busy with the same name", None),
    "EntityTooLarge": (Unsupported, "The object store takes no object of this size", None),
    "QuotaExceeded": (NoSpace, "The quota is full", None),
    "XMinioStorageFull": (NoSpace, "The object store is full", None),
    "XMinioAdminBucketQuotaExceeded": (NoSpace, "The bucket's quota is full", None),
    "PreconditionFailed": (AlreadyExists, "Something is there already", None),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a listing: an object, or with *is_prefix* what many have in common up to the next slash."""

    key: str
    is_prefix: bool = False
    size: int = 0
    modified: datetime | None = None
    etag: str = ""


class Api:
    """S3 at *url*; *title* names it in messages."""

    def __init__(self, title: str, url: str, trust: Trust, signer: Signer) -> None:
        self.title = title
        self.base = url.rstrip("/")
        self._http = client(self.base, trust, signer)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def url(self, bucket: str, key: str = "") -> str:
        """Return the address of an object, the bucket in the path: that works without names of hosts for each bucket."""
        return f"{self.base}{paths.quoted(f'/{bucket}/{key}' if key else f'/{bucket}')}"

    def what(self, bucket: str, key: str) -> str:
        """Return an object as messages name it."""
        return f"{paths.display(f'/{bucket}/{key}')} on {self.title}"

    # -- looking -------------------------------------------------------------------------------------------------------

    def buckets(self) -> Iterator[Found]:
        """Yield the buckets of whoever asks."""
        root = _xml(self._ask("GET", "", "").content, self.title)
        for bucket in root.iter("Bucket"):
            yield Found(_text(bucket, "Name"), is_prefix=True, modified=_moment(_text(bucket, "CreationDate")))

    def objects(self, bucket: str, prefix: str, *, flat: bool = False, most: int = 1000) -> Iterator[Found]:
        """Yield what begins with *prefix*, page by page; unless *flat*, no further than to the next slash."""
        query = {"list-type": "2", "prefix": prefix, "encoding-type": "url", "max-keys": str(most)}
        if not flat:
            query["delimiter"] = "/"
        while True:
            root = _xml(self._ask("GET", bucket, "", query=query).content, self.what(bucket, prefix))
            is_quoted = _text(root, "EncodingType") == "url"
            yield from _found(root, is_quoted=is_quoted)
            token = _text(root, "NextContinuationToken")
            if _text(root, "IsTruncated") != "true":
                return
            if not token or token == query.get("continuation-token"):
                raise BadAnswer(f"The object store does not tell how its listing goes on: {self.what(bucket, prefix)}.")
            query["continuation-token"] = token

    def head(self, bucket: str, key: str) -> httpx.Response | None:
        """Return what the headers tell of an object, None if there is none."""
        answer = self._ask("HEAD", bucket, key, may_miss=True)
        return answer if answer.is_success else None

    # -- changing ------------------------------------------------------------------------------------------------------

    def mark(self, bucket: str, key: str) -> None:
        """Make the empty object *key*, which ends with a slash and stands for a folder."""
        self._ask("PUT", bucket, key)

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; no error if there is none."""
        self._ask("DELETE", bucket, key, may_miss=True)

    def copy(self, bucket: str, key: str, source: tuple[str, str], etag: str) -> None:
        """Copy *source*, if it is still the version *etag*; at most 5 GiB at a time."""
        answer = self._ask("PUT", bucket, key, headers=self._of(source, etag))
        self._check_inside(answer, bucket, key)

    def copy_part(
        self, upload: tuple[str, str, str], number: int, source: tuple[str, str], etag: str, span: tuple[int, int]
    ) -> str:
        """Copy the bytes *span* of *source* as part *number* of *upload*; return the part's entity tag."""
        bucket, key, name = upload
        headers = {**self._of(source, etag), "x-amz-copy-source-range": f"bytes={span[0]}-{span[1] - 1}"}
        query = {"partNumber": str(number), "uploadId": name}
        answer = self._ask("PUT", bucket, key, query=query, headers=headers)
        self._check_inside(answer, bucket, key)
        return _text(_xml(answer.content, self.what(bucket, key)), "ETag")

    def begin(self, bucket: str, key: str) -> str:
        """Begin an upload in parts; return its name."""
        answer = self._ask("POST", bucket, key, query={"uploads": ""})
        name = _text(_xml(answer.content, self.what(bucket, key)), "UploadId")
        if not name:
            raise BadAnswer(f"The object store begins no upload: {self.what(bucket, key)}.")
        return name

    def complete(self, upload: tuple[str, str, str], tags: list[str], headers: Mapping[str, str]) -> None:
        """Put the parts together: only now the object is seen."""
        bucket, key, name = upload
        root = ET.Element("CompleteMultipartUpload", xmlns=_NAMESPACE)
        for number, tag in enumerate(tags, 1):
            part = ET.SubElement(root, "Part")
            ET.SubElement(part, "ETag").text = tag
            ET.SubElement(part, "PartNumber").text = str(number)
        answer = self._ask("POST", bucket, key, query={"uploadId": name}, headers=headers, content=ET.tostring(root))
        self._check_inside(answer, bucket, key)

    def abort(self, upload: tuple[str, str, str]) -> None:
        """Throw the parts of an upload away; no error if it is no longer known."""
        bucket, key, name = upload
        self._ask("DELETE", bucket, key, query={"uploadId": name}, may_miss=True)

    # -- asking --------------------------------------------------------------------------------------------------------

    def _of(self, source: tuple[str, str], etag: str) -> dict[str, str]:
        return {"x-amz-copy-source": paths.quoted("/".join(("", *source))), "x-amz-copy-source-if-match": etag}

    def _ask(
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        may_miss: bool = False,
    ) -> httpx.Response:
        """Return the answer, which is a success, or with *may_miss* says that there is none."""
        url = self.url(bucket, key) if bucket else f"{self.base}/"
        with self._mapped(bucket, key):
            answer = self._http.request(method, url, params=dict(query or {}) or None, headers=headers, content=content)
        if answer.status_code != httpx.codes.NOT_FOUND or not may_miss:
            self._check(answer, bucket, key)
        return answer

    def _check(self, answer: httpx.Response, bucket: str, key: str) -> None:
        if answer.is_success:
            return
        region = answer.headers.get("x-amz-bucket-region", "")
        if answer.status_code in {301, 307, 400} and region and answer.request.method != "GET":
            raise Misconfigured(f"The bucket {bucket} is in the region {region}.", hint="Set `region` of this source.")
        raise self._failure(answer, bucket, key)

    def _check_inside(self, answer: httpx.Response, bucket: str, key: str) -> None:
        """Raise for an error inside a 200, which comes when the work took longer than the headers could wait."""
        if b"<Error>" in answer.content[:2000]:
            raise self._failure(answer, bucket, key, status=500)

    def _failure(self, answer: httpx.Response, bucket: str, key: str, status: int | None = None) -> CtaDataError:
        what, code = self.what(bucket, key), _code(answer.content)
        if code == "NoSuchBucket":
            return NotFound(f"There is no bucket {bucket} on {self.title}.")
        if code in _CODES:
            kind, words, hint = _CODES[code]
            return kind(f"{words}: {what}.", hint=hint)
        return failure(status or answer.status_code, what, code or answer.reason_phrase, answer.headers)

    @contextmanager
    def _mapped(self, bucket: str, key: str) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            what = self.what(bucket, key)
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Misconfigured(
                    f"The certificate of {self.title} is not trusted.",
                    hint="Set `ca` of this source to the site's authority.",
                ) from None
            raise Unreachable(f"The object store does not answer ({type(error).__name__}): {what}.") from None


def _found(root: ET.Element, *, is_quoted: bool) -> Iterator[Found]:
    def plain(text: str) -> str:
        return unquote_plus(text) if is_quoted else text

    for line in root.iter("Contents"):
        size, etag = _text(line, "Size"), _text(line, "ETag").strip('"')
        yield Found(
            plain(_text(line, "Key")),
            size=int(size) if size.isdigit() else 0,
            modified=_moment(_text(line, "LastModified")),
            etag=f'"{etag}"' if etag else "",
        )
    for line in root.iter("CommonPrefixes"):
        yield Found(plain(_text(line, "Prefix")), is_prefix=True)


def _xml(content: bytes, what: str) -> ET.Element:
    """Return the root of an answer, names without their name space; a document type is refused: S3 has none."""
    root = None
    if b"<!DOCTYPE" not in content:
        with suppress(ET.ParseError):
            root = ET.fromstring(content)  # noqa: S314 - without a document type there are no entities
    if root is None:
        raise BadAnswer(
            f"The server answers something else than S3: {what}.", hint="Check the address of the source: is it S3?"
        )
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(name) or ""


def _code(content: bytes) -> str:
    try:
        return _text(_xml(content, ""), "Code") if content else ""
    except BadAnswer:
        return ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00").split(".")[0].removesuffix("+00:00")).replace(
            tzinfo=timezone.utc
        )
    except ValueError:
        return None
