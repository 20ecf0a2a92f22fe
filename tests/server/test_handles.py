"""`handles`: short-lived addresses of files and archives for the user's computer."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ctadata_jlab.errors import NotFound
from ctadata_jlab.server import handles
from ctadata_jlab.server.handles import Handles

if TYPE_CHECKING:
    from tests.server.fakes import Flaky


async def _handle(ask: Any, *paths: str) -> Any:
    answer = await ask("handles", "POST", {"source": "sky", "paths": list(paths)})
    assert answer.status == 201, answer.body
    return answer.json


def _route(handle: Any) -> str:
    return str(handle["url"]).partition("ctadata-jlab/")[2]


async def test_one_file(ask: Any) -> None:
    """One file comes as it is, under its own name, also in part; the address holds no path's secret and no token."""
    handle = await _handle(ask, "/lst/sub/b.bin")
    assert (handle["name"], handle["zip"]) == ("b.bin", False)
    assert handle["url"].startswith("/user/ada/ctadata-jlab/handles/")
    assert "token" not in handle["url"]
    answer = await ask(_route(handle))
    assert (answer.status, answer.body) == (200, bytes(range(256)))
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    part = await ask(_route(handle), headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, bytes(range(10, 20)))


async def test_folder_as_zip(ask: Any) -> None:
    """A folder, or several files, come as one archive."""
    handle = await _handle(ask, "/lst")
    assert (handle["name"], handle["zip"]) == ("lst.zip", True)
    answer = await ask(_route(handle))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="lst.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert archive.read("lst/caf\xe9 %41#?+.txt") == b"odd"
    head = await ask(_route(handle), "HEAD")
    assert (head.status, head.body) == (200, b"")


async def test_error_before_the_address(ask: Any, remote: Flaky) -> None:
    """What is missing or on tape is told when the address is asked for, not by a broken download."""
    body = {"source": "sky", "paths": ["/lst/nope"]}
    assert (await ask("handles", "POST", body)).json["error"] == "NotFound"
    remote.offline.add("/lst/a.txt")
    assert (await ask("handles", "POST", {**body, "paths": ["/lst/a.txt"]})).json["error"] == "Offline"
    for paths in ([], ["/"]):
        assert (await ask("handles", "POST", {**body, "paths": paths})).json["error"] == "BadRequest"


async def test_a_source_that_breaks_midway_breaks_the_download(ask: Any, remote: Flaky) -> None:
    """An archive that cannot be finished is a broken connection, never a short archive that looks whole."""
    remote.write("/run/big", bytes(4_000_000))
    handle = await _handle(ask, "/run")
    remote.broken_after = 1_000_000
    assert (await ask(_route(handle))).status == 599


async def test_unknown_key(ask: Any) -> None:
    """Who guesses gets nothing."""
    assert (await ask("handles/guessed/b.bin")).json["error"] == "NotFound"


async def test_strangers_get_nothing(ask: Any, http_server_client: Any) -> None:
    """The address alone opens nothing: the user's own login is needed as well."""
    handle = await _handle(ask, "/lst/a.txt")
    answer = await http_server_client.fetch(handle["url"], raise_error=False, follow_redirects=False)
    assert answer.code in {302, 403}


def test_a_handle_ends() -> None:
    """After five minutes a handle is unknown; the oldest make room."""
    now = [0.0]
    known = Handles(lambda: now[0])
    key, handle = known.give("sky", ("/a",), is_zip=False)
    assert known.find(key) == handle
    now[0] = handles.SECONDS + 1
    with pytest.raises(NotFound):
        known.find(key)
    keys = [known.give("sky", ("/a",), is_zip=False)[0] for _ in range(handles.ROOM + 1)]
    with pytest.raises(NotFound):
        known.find(keys[0])
    assert known.find(keys[1])
