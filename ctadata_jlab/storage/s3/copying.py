"""Copies within an object store, made by the server: the bytes do not come here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctadata_jlab.errors import AlreadyExists, Changed, Corrupted

if TYPE_CHECKING:
    from ctadata_jlab.storage.s3.api import Api

__all__ = ["MOST_AT_ONCE", "copy"]

MOST_AT_ONCE = 5 << 30
"""A larger object is copied part by part (Amazon S3 API Reference, CopyObject)."""
_PART = 1 << 30


def copy(api: Api, source: tuple[str, str], target: tuple[str, str], size: int, etag: str) -> None:
    """Copy the version *etag* of *source*, of *size* bytes, to *target* (bucket and key), and look that it is there."""
    try:
        if size > MOST_AT_ONCE:
            _in_parts(api, source, target, size, etag)
        else:
            api.copy(*target, source, etag)
    except AlreadyExists:  # 412
        raise Changed(f"{api.what(*source)} is no longer the version that was seen.") from None
    answer = api.head(*target)
    if answer is None or int(answer.headers.get("content-length") or 0) != size:
        raise Corrupted(f"The object store did not copy {api.what(*source)}.")


def _in_parts(api: Api, source: tuple[str, str], target: tuple[str, str], size: int, etag: str) -> None:
    upload = (*target, api.begin(*target))
    try:
        spans = [(start, min(start + _PART, size)) for start in range(0, size, _PART)]
        tags = [api.copy_part(upload, number, source, etag, span) for number, span in enumerate(spans, 1)]
        api.complete(upload, tags, {})
    except BaseException:
        api.abort(upload)
        raise
