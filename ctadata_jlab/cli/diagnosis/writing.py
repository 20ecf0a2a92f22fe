"""A small file, written and removed again where the user said: what the door does with uploads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ctadata_jlab import paths
from ctadata_jlab.cli.diagnosis.finding import Finding
from ctadata_jlab.cli.diagnosis.storage import innermost, problem
from ctadata_jlab.errors import AlreadyExists, CtaDataError
from ctadata_jlab.http import origin
from ctadata_jlab.transfer.body import FileBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Receipt

__all__ = ["written"]


def written(source: Source, folder: str) -> Iterator[Finding]:
    """Yield what happens to a file of a few bytes in *folder*: stored, checked, not replaced unasked, replaced when asked, removed."""
    path = paths.join(folder, f".ctadata-doctor-{os.urandom(4).hex()}")
    door = innermost(source)
    seen = _watched(door)
    try:
        receipt = _put(source, path, b"first")
    except CtaDataError as error:
        yield problem("writing", error)
        return
    proof = receipt.verified_by
    how = f"proved by {proof.algorithm}" if proof else "checked by its size only"
    found = [
        Finding(
            "ok" if proof else "warning",
            "writing",
            f"A file was stored and {how}; it got its name by {receipt.commit}.",
        )
    ]
    try:
        found += [_redirect(door, seen), *_overwriting(source, path)]
    finally:
        found.append(_removed(source, path))
    yield from found


def _watched(door: object) -> list[str]:
    """Return a list that gets the address to which each upload really went."""
    seen: list[str] = []
    curl = getattr(door, "curl", None)
    if curl is not None:
        put = curl.put

        def watched(*args: object, **options: object) -> object:
            answer = put(*args, **options)
            seen.append(answer.url)
            return answer

        curl.put = watched
    return seen


def _redirect(door: object, seen: list[str]) -> Finding:
    base = getattr(getattr(door, "server", None), "base", "")
    if not seen or origin(seen[0]) == origin(base):
        return Finding("note", "writing", "The door takes the bytes itself: it does not redirect uploads to its pools.")
    pool = urlsplit(seen[0])
    return Finding("ok", "writing", f"Uploads are redirected to {paths.display(pool.netloc)} ({pool.scheme}).")


def _overwriting(source: Source, path: str) -> Iterator[Finding]:
    try:
        _put(source, path, b"second")
    except AlreadyExists:
        yield Finding("ok", "replacing", "An existing file is not replaced unasked.")
    except CtaDataError as error:
        yield problem("replacing", error)
    else:
        yield Finding("problem", "replacing", "The server replaced a file although it was told not to.")
    try:
        receipt = _put(source, path, b"third", replace=True)
    except CtaDataError as error:
        yield Finding(
            "warning", "replacing", f"A file cannot be replaced when that is asked: {error.message}", error.hint
        )
    else:
        yield Finding("ok", "replacing", f"A file is replaced when that is asked, by {receipt.commit}.")


def _removed(source: Source, path: str) -> Finding:
    try:
        source.storage.remove(path)
    except CtaDataError as error:
        return Finding("warning", "removing", f"{path} could not be removed: {error.message}", "Remove it by hand.")
    return Finding("ok", "removing", "What was written is removed again.")


def _put(source: Source, path: str, data: bytes, *, replace: bool = False) -> Receipt:
    with tempfile.TemporaryDirectory(prefix="ctadata-doctor-") as folder:
        file = Path(folder) / "probe"
        file.write_bytes(data)
        with FileBody(file) as body:
            return source.storage.put(path, body, replace=replace, ticket=os.urandom(4).hex())
