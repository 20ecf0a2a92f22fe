"""From this machine to the server, without a login: name, connection, certificate, clock, what it says it is."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ctadata_jlab.cli.diagnosis.finding import Finding
from ctadata_jlab.errors import Misconfigured
from ctadata_jlab.http import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from urllib.parse import SplitResult

    from ctadata_jlab.config import Source as Settings

__all__ = ["examine"]

_SECONDS = 15.0
_SKEW = 30.0
"""Seconds of difference between two clocks from which on tokens may be refused as ended, or as of the future."""
_SOON = 14
_FRONTEND_PORT = 3880
"""dCache's own choice (frontend.properties)."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what a stranger sees of the server; a problem ends it."""
    parts = urlsplit(settings.url)
    try:
        addresses = {str(found[4][0]) for found in socket.getaddrinfo(parts.hostname, _port(parts))}
    except OSError as error:
        reason = error.strerror or str(error)
        yield Finding(
            "problem", "name", f"{parts.hostname} is not known here: {reason}.", "Check `url`, the network, a VPN."
        )
        return
    yield Finding("ok", "name", f"{parts.hostname} has {len(addresses)} address{'es' if len(addresses) > 1 else ''}.")
    try:
        trust = Trust.of(settings.ca)
        yield from _connection(parts, trust)
        if settings.kind == "dcache" and not settings.frontend:
            yield from _frontend(parts, trust)
    except Misconfigured as error:
        yield Finding("problem", "certificates", error.message, error.hint)
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            "problem",
            "certificates",
            f"The certificate of {parts.hostname} is not trusted: {error.verify_message}.",
            "Set `ca` of this source to the site's authority, or X509_CERT_DIR to the grid's.",
        )
    except (OSError, HTTPException) as error:
        yield Finding(
            "problem",
            "connection",
            f"{parts.hostname}, port {_port(parts)}, does not answer: {error}.",
            "Check `url`, the network, a VPN, a firewall.",
        )


def _connection(parts: SplitResult, trust: Trust) -> Iterator[Finding]:
    began = time.monotonic()
    connection = _connected(parts, trust)
    try:
        took = time.monotonic() - began
        yield Finding("ok", "connection", f"Port {_port(parts)} answers, in {took * 1000:.0f} ms.")
        if isinstance(connection.sock, ssl.SSLSocket):
            yield from _certificate(connection.sock)
        else:
            yield Finding("note", "certificates", "None: plain http, to this very machine.")
        asked = time.time()
        connection.request("OPTIONS", parts.path or "/")
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    yield from _clock(answer, (asked + time.time()) / 2)
    yield _software(answer)


def _connected(parts: SplitResult, trust: Trust) -> HTTPConnection:
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, _port(parts), timeout=_SECONDS, context=trust.context())
        if parts.scheme == "https"
        else HTTPConnection(host, _port(parts), timeout=_SECONDS)
    )
    connection.connect()
    return connection


def _certificate(connected: ssl.SSLSocket) -> Iterator[Finding]:
    said = connected.getpeercert() or {}
    yield Finding("ok", "certificates", f"The server's is trusted ({connected.version()}).")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(said["notAfter"])), timezone.utc)
    days = (ends - datetime.now(timezone.utc)).days
    if days < _SOON:
        yield Finding(
            "warning", "certificates", f"The server's ends in {days} days.", "Tell the storage's administrators."
        )


def _clock(answer: HTTPResponse, here: float) -> Iterator[Finding]:
    try:
        skew = here - parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (TypeError, ValueError):
        return
    if abs(skew) <= _SKEW:
        yield Finding("ok", "clock", "This machine and the server agree.")
        return
    way = "ahead of" if skew > 0 else "behind"
    yield Finding(
        "problem" if abs(skew) > 10 * _SKEW else "warning",
        "clock",
        f"This machine is {abs(skew):.0f} s {way} the server: tokens may be refused.",
        "Set this machine's clock (NTP).",
    )


def _software(answer: HTTPResponse) -> Finding:
    name = (answer.headers.get("server") or "does not say what it is").strip()
    dav = answer.headers.get("dav")
    is_open = answer.status not in {401, 403}
    if dav or not is_open or answer.status in {405, 501}:
        return Finding("ok", "server", f"{name}{f' (WebDAV {dav})' if dav else ''}.")
    return Finding(
        "warning",
        "server",
        f"{name}; it does not say that it speaks WebDAV (answer {answer.status} to OPTIONS).",
        "Check `url`: the door's port is often 2880 or 1094.",
    )


def _frontend(parts: SplitResult, trust: Trust) -> Iterator[Finding]:
    """Look whether there is a REST frontend where dCache has it by default; it gets no token."""
    place = parts._replace(netloc=f"{parts.hostname}:{_FRONTEND_PORT}")
    try:
        connection = _connected(place, trust)
    except (OSError, HTTPException):
        yield Finding("note", "frontend", "None is configured, and none answers at its usual port.")
        return
    connection.close()
    yield Finding(
        "note",
        "frontend",
        "None is configured, but something answers at its usual port: replacing a file could be one step.",
        f'Set `frontend = "{place.scheme}://{place.netloc}"` of this source.',
    )


def _port(parts: SplitResult) -> int:
    return parts.port or {"https": 443}.get(parts.scheme, 80)
