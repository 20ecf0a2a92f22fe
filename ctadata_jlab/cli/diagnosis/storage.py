"""With the user's login: who that is, what it may, and what the door tells and gives of what is there. Only looks."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ctadata_jlab import paths
from ctadata_jlab.cli.diagnosis.finding import Finding
from ctadata_jlab.errors import CtaDataError
from ctadata_jlab.http import origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ctadata_jlab.config import Source as Settings
    from ctadata_jlab.session import Source
    from ctadata_jlab.storage import Entry

__all__ = ["examine", "innermost", "problem"]

_LISTINGS = 20
_ENTRIES = 1000
_SOON = 120.0


def examine(source: Source, settings: Settings) -> Iterator[Finding]:
    """Yield what is found; a problem ends it."""
    login = list(_login(source))
    yield from login
    if any(finding.level == "problem" for finding in login):
        return
    try:
        yield from _listing(source, settings)
        sample = _sample(source)
    except CtaDataError as error:
        yield problem("listing", error)
        return
    if sample is None:
        yield Finding("note", "bytes", f"No file was found in the first {_LISTINGS} folders: reading was not tried.")
        return
    yield from _bytes(source, sample)
    if settings.frontend:
        yield _frontend(source)


def problem(about: str, error: CtaDataError) -> Finding:
    """Return *error* as a finding."""
    return Finding("problem", about, error.message, error.hint)


def innermost(source: Source) -> Any:
    """Return the storage below everything that is wrapped around it."""
    storage: Any = source.storage
    while (inner := getattr(storage, "inner", None)) is not None:
        storage = inner
    return storage


def _login(source: Source) -> Iterator[Finding]:
    if source.keeper is None:
        yield Finding("note", "login", "By user and password." if source.password else "None is configured.")
        return
    state = source.keeper.state()
    if state.state != "ok":
        yield Finding("problem", "login", f"Nobody is logged in ({state.state}).", state.hint)
        return
    until = "" if state.until is None else f", for {(state.until - time.time()) / 60:.0f} more minutes"
    yield Finding("ok", "login", f"{state.subject or 'Somebody'}, from the {state.source}{until}.")
    if state.until is not None and state.until - time.time() < _SOON:
        yield Finding("warning", "login", "The token ends at once.", "Log in, or renew it where it comes from.")
    if state.may:
        yield Finding("ok", "scopes", f"The token {state.may}.")
    else:
        yield Finding("note", "scopes", "The token has no storage scopes: the storage's own list of rights decides.")


def _listing(source: Source, settings: Settings) -> Iterator[Finding]:
    began = time.monotonic()
    found = list(islice(source.storage.list(source.home), _ENTRIES))
    took = time.monotonic() - began
    many = "more than " if len(found) == _ENTRIES else ""
    yield Finding("ok", "listing", f"{source.home} has {many}{len(found)} entries; that took {took * 1000:.0f} ms.")
    if not found:
        yield Finding(
            "warning",
            "listing",
            f"{source.home} is empty.",
            "If it should not be: the login may lack rights, or `root` and `home` name another folder.",
        )
    if settings.read_only:
        yield Finding("note", "writing", "This source is configured as read-only.")


def _sample(source: Source) -> Entry | None:
    """Return a file that has bytes and is online, near the top."""
    folders = [source.home]
    for _ in range(_LISTINGS):
        if not folders:
            return None
        for entry in islice(source.storage.list(folders.pop(0)), _ENTRIES):
            if entry.is_folder:
                folders.append(entry.path)
            elif entry.size and entry.online is not False:
                return entry
    return None


def _bytes(source: Source, sample: Entry) -> Iterator[Finding]:
    try:
        with source.storage.open(sample.path) as reader:
            checksum = reader.entry.checksum
    except CtaDataError as error:
        yield problem("checksums", error)
        return
    if checksum is None:
        yield Finding(
            "warning",
            "checksums",
            "None is stored for the file that was looked at: transfers are checked by size only.",
            "Ask the site to store adler32 or md5.",
        )
    else:
        yield Finding("ok", "checksums", f"{checksum.algorithm} is stored: transfers are proved by it.")
    door = innermost(source)
    if hasattr(door, "curl") and hasattr(door, "server"):
        yield _range(door, sample)


def _range(door: Any, sample: Entry) -> Finding:
    """Read one byte, and tell where it came from."""
    url, what = door.server.url(sample.path), door.server.what(sample.path)
    try:
        answer = door.curl.get(url, what, lambda _: None, start=0, end=1)
    except CtaDataError as error:
        return problem("bytes", error)
    if origin(answer.url) == origin(url):
        return Finding("ok", "bytes", "A part of a file can be read; the door sends it itself.")
    door.curl.release(answer.url)
    pool = urlsplit(answer.url)
    if pool.scheme == "http":
        return Finding(
            "warning",
            "bytes",
            f"Reads are redirected to plain http ({pool.hostname}): the bytes, not the token, can be seen on the way.",
            "Ask the site for https pools (webdav.redirect.allow-https).",
        )
    return Finding("ok", "bytes", f"A part of a file can be read; the door redirects to {paths.display(pool.netloc)}.")


def _frontend(source: Source) -> Finding:
    door = innermost(source)
    try:
        door.frontend.has_children(door.whole(source.home))
    except CtaDataError as error:
        return problem("frontend", error)
    return Finding("ok", "frontend", "The REST frontend answers: replacing a file is one step.")
