"""The demo's door does what the real ones do, seen by curl."""

from __future__ import annotations

import subprocess
import sys
import time
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import pytest

from ctadata_jlab.demo.sample import ODD_NAMES, SPELLINGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.demo.conftest import Door

LIST = ("--request", "PROPFIND", "--header", "Depth: 1")


@pytest.mark.parametrize("token", [None, "", "wrong", "token-of-the-test", "token-of-the-testsx", "tökén"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PROPFIND", "DELETE", "OPTIONS"])
def test_no_token_no_entry(door: Door, method: str, token: str | None) -> None:
    """Every method wants the very token, and the answer names the kind of login."""
    how = ["--head"] if method == "HEAD" else ["--request", method]
    answer = door.curl(*how, f"{door.url}/lst/", token=token)
    assert answer.startswith("HTTP/1.1 401")
    assert "WWW-Authenticate: Bearer" in answer


def test_empty_token_file_opens_nothing(door: Door) -> None:
    """A token file without a token is not a token of no characters."""
    door.token_file.write_text("\n")
    assert door.code(f"{door.url}/", "--header", "Authorization: Bearer ", token=None) == 401


def test_new_token_counts_at_once(door: Door) -> None:
    """The token can be renewed while the door runs."""
    door.token_file.write_text("renewed")
    assert door.code(*LIST, f"{door.url}/", token="renewed") == 207
    assert door.code(*LIST, f"{door.url}/") == 401


@pytest.mark.parametrize(
    "path",
    ["private/not%20for%20you.txt", "./private/not%20for%20you.txt", "%70rivate/", "private//x"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "MKCOL", "PROPFIND", "MOVE"])
def test_refused_folder(door: Door, method: str, path: str) -> None:
    """Nothing in the refused folder can be reached, however its name is written."""
    target = ("--header", f"Destination: {door.url}/cta/out")
    assert door.code("--request", method, "--header", "Depth: 1", *target, f"{door.url}/cta/{path}") == 403
    assert not (door.root / "cta/out").exists()


def test_refused_folder_is_no_target(door: Door) -> None:
    """Nothing can be moved or copied into it either."""
    source = f"{door.url}/cta/crab/runs.csv"
    for method in ("MOVE", "COPY"):
        target = ("--header", f"Destination: {door.url}/cta/%70rivate/runs.csv")
        assert door.code("--request", method, *target, source) == 403


def test_refused_folder_is_seen(door: Door) -> None:
    """It stands in its parent's listing; an endless listing, which would open it, is refused."""
    assert "/cta/private/" in door.curl(*LIST, f"{door.url}/cta/")
    assert door.code("--request", "PROPFIND", "--header", "Depth: infinity", f"{door.url}/cta/") == 403
    assert door.code("--request", "PROPFIND", f"{door.url}/cta/") == 403
    assert door.code("--request", "PROPFIND", "--header", "Depth: 0", f"{door.url}/cta/private/") == 207


def test_nothing_outside_the_root(door: Door) -> None:
    """Dots do not lead out."""
    for path in ("../token", "%2e%2e/token", "lst/../../token", "cta/empty/../private/"):
        assert door.code(f"{door.url}/{path}") == 400
    source = f"{door.url}/cta/crab/runs.csv"
    assert door.code("--request", "COPY", "--header", f"Destination: {door.url}/../out", source) == 400


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_name_is_listed_and_read(door: Door, name: str) -> None:
    """A listing's href, used as it is, leads to the file that it names."""
    hrefs = _hrefs(door, "/cta/odd%20names/")
    href = next(href for href in hrefs if unquote(href).endswith(f"/{name}"))
    body = door.curl(f"{door.url}{href}").split("\r\n\r\n", 1)[1]
    assert body == f"This file is called {name}\n"


def test_two_spellings_are_two_files(door: Door) -> None:
    """A name in NFC and in NFD are two names."""
    names = {unquote(href).rsplit("/", 1)[1] for href in _hrefs(door, "/cta/two%20spellings/")}
    assert names >= set(SPELLINGS)
    for name in SPELLINGS:
        body = door.curl(f"{door.url}/cta/two%20spellings/{quote(name)}").split("\r\n\r\n", 1)[1]
        assert body == f"{len(name)} characters\n"


def test_empty_folder(door: Door) -> None:
    """An empty folder lists itself alone."""
    assert _hrefs(door, "/cta/empty/") == ["/cta/empty/"]


def test_range(door: Door) -> None:
    """A range is answered with those bytes only."""
    expected = (door.root / "cta/crab/runs.csv").read_text()
    answer = door.curl("--range", "10-19", f"{door.url}/cta/crab/runs.csv")
    head, body = answer.split("\r\n\r\n", 1)
    assert " 206 " in head.splitlines()[0]
    assert f"bytes 10-19/{len(expected)}" in head
    assert body == expected[10:20]


@pytest.mark.parametrize("path", ["cta/crab/shower.png", "cta/odd names/100% sure.txt"])
def test_digest(door: Door, path: str) -> None:
    """The checksum is told when it is asked for, and is that of the file."""
    url = f"{door.url}/{quote(path)}"
    expected = f"{zlib.adler32((door.root / path).read_bytes()):08x}"
    assert f"Digest: adler32={expected}" in door.curl("--head", "--header", "Want-Digest: adler32;q=1", url)
    assert "Digest: md5=" in door.curl("--head", "--header", "Want-Digest: MD5", url)
    assert "Digest" not in door.curl("--head", url)
    assert "Digest" not in door.curl("--head", "--header", "Want-Digest: crc32c", url)


def test_digest_follows_the_file(door: Door, tmp_path: Path) -> None:
    """A new version has a new checksum."""
    url = f"{door.url}/cta/empty/new.txt"
    local = tmp_path / "local"
    try:
        for text in ("one", "two, longer"):
            local.write_text(text)
            assert door.code("--upload-file", str(local), url) in {201, 204}
            answer = door.curl("--head", "--header", "Want-Digest: adler32", url)
            assert f"adler32={zlib.adler32(text.encode()):08x}" in answer
    finally:
        assert door.code("--request", "DELETE", url) == 204


def test_refused_upload_is_read_away(door: Door, tmp_path: Path) -> None:
    """A client without a token hears 401 after a large body too, and nothing is stored."""
    local = tmp_path / "large"
    local.write_bytes(bytes(20 << 20))
    for extra in ((), ("--header", "Transfer-Encoding: chunked")):
        answer = door.curl("--header", "Expect:", *extra, "--upload-file", str(local), f"{door.url}/large", token=None)
        assert " 401 " in answer.splitlines()[0]
    assert not (door.root / "large").exists()


def test_tethered_door_ends_with_its_parent(tmp_path: Path) -> None:
    """A door whose parent is gone ends by itself."""
    (tmp_path / "token").write_text("x")
    options = ["--root", str(tmp_path), "--token-file", str(tmp_path / "token"), "--tethered"]
    command = [sys.executable, "-m", "ctadata_jlab.demo.door", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        began = time.monotonic()
        process.stdin.close()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 15


def _hrefs(door: Door, path: str) -> list[str]:
    body = door.curl(*LIST, f"{door.url}{path}").split("\r\n\r\n", 1)[1]
    return [element.text or "" for element in ET.fromstring(body.encode()).iter("{DAV:}href")]
