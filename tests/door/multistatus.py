"""PROPFIND's answers as dCache writes them: what a file does not have stands in a propstat with status 404."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.door.namespace import Node

__all__ = ["CHECKSUMS", "LOCALITY", "multistatus", "wanted"]

CHECKSUMS = "{http://www.dcache.org/2013/webdav}Checksums"
LOCALITY = "{http://srm.lbl.gov/StorageResourceManager}FileLocality"
_QUOTA = "{DAV:}quota-available-bytes"
_DAV = ("getcontentlength", "getlastmodified", "getetag", "displayname", "resourcetype", "iscollection")
_ALL = tuple(f"{{DAV:}}{name}" for name in _DAV)


def wanted(body: bytes) -> tuple[str, ...]:
    """Return the properties that a PROPFIND asks for, as “{namespace}name”; raises ParseError or ValueError if it is not one."""
    if not body.strip():
        return _ALL
    root = ET.fromstring(body)
    if root.tag != "{DAV:}propfind":
        raise ValueError(root.tag)
    asked = root.find("{DAV:}prop")
    names = _ALL if asked is None else tuple(child.tag for child in asked)
    if not all(name.startswith("{") for name in names):
        raise ValueError(names)
    return names


def multistatus(
    members: Iterable[tuple[str, Node]],
    names: tuple[str, ...],
    sums: Callable[[str, Node], dict[str, str] | None],
    room: int | None = None,
) -> bytes:
    """Return the answer about *members*, each by its path.

    *sums* tells a file's checksums, None while it is being written; *room* is what is left of the folders' space reservation.
    """
    responses = "".join(_response(path, node, names, sums, room) for path, node in members)
    return (
        f'<?xml version="1.0" encoding="utf-8" ?>\n<d:multistatus xmlns:d="DAV:">{responses}</d:multistatus>'.encode()
    )


def _response(
    path: str,
    node: Node,
    names: tuple[str, ...],
    sums: Callable[[str, Node], dict[str, str] | None],
    room: int | None,
) -> str:
    known = None if node.is_folder else sums(path, node)
    there = {name: value for name in names if (value := _value(path, node, name, known)) is not None}
    if node.is_folder and room is not None and _QUOTA in names:
        there[_QUOTA] = str(room)
    missing = {name: "" for name in names if name not in there}
    href = quote(path) + ("/" if node.is_folder and path != "/" else "")
    stats = _propstat(there, "200 OK") + (_propstat(missing, "404 Not Found") if missing else "")
    return f"<d:response><d:href>{href}</d:href>{stats}</d:response>"


def _propstat(properties: dict[str, str], status: str) -> str:
    inner = "".join(_element(name, value) for name, value in properties.items())
    return f"<d:propstat><d:prop>{inner}</d:prop><d:status>HTTP/1.1 {status}</d:status></d:propstat>"


def _element(name: str, value: str) -> str:
    namespace, _, local = name[1:].partition("}")
    if namespace == "DAV:":
        return f"<d:{local}>{value}</d:{local}>"
    return f'<x:{local} xmlns:x="{escape(namespace)}">{value}</x:{local}>'


def _value(path: str, node: Node, name: str, known: dict[str, str] | None) -> str | None:
    common = {
        "{DAV:}getlastmodified": formatdate(node.changed, usegmt=True),
        "{DAV:}getetag": escape(node.etag),
        "{DAV:}displayname": escape(path.rpartition("/")[2]),
        "{DAV:}iscollection": "TRUE" if node.is_folder else "FALSE",
    }
    if node.is_folder:
        return {**common, "{DAV:}resourcetype": "<d:collection/>"}.get(name)
    if known is None:
        return {**common, LOCALITY: node.locality}.get(name)
    stored = ",".join(f"{algorithm}={value}" for algorithm, value in known.items())
    of_files = {"{DAV:}getcontentlength": str(len(node.content)), LOCALITY: node.locality, CHECKSUMS: stored or None}
    return {**common, **of_files}.get(name)
