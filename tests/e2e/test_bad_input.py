"""Bad input, from the browser or from the storage, through the whole product: a clear error each time, and nothing is written."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.server import serving
from tests.storage.scripted import Asked, reply, scripted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from tests.e2e.server import Client

BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><D:multistatus xmlns:D="DAV:"><D:response><D:href>&b;</D:href></D:response></D:multistatus>'
SELF = b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/%s/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>'
ANSWERS = {
    "html": (207, b"<html><body>Please log in</body></html>"),
    "page": (200, b"<html><body>Please log in</body></html>"),
    "cut": (207, SELF % b"cut"),
    "bomb": (207, BOMB),
    "nothing": (207, b""),
    "gone": (404, b"<html>gone</html>"),
    "full": (507, b""),
    "refused": (403, b""),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server on a source that answers whatever the folder's name says."""

    def answer(handler: BaseHTTPRequestHandler, asked: Asked) -> None:
        status, body = ANSWERS.get(asked.path.strip("/"), (404, b""))
        reply(handler, status, body)

    folder = tmp_path_factory.mktemp("server")
    with scripted(answer) as odd:
        config = f'only = []\n[sources.odd]\nurl = "{odd.url}"\n[sources.odd.login]\nkind = "none"\n'
        dead = '[sources.dead]\nurl = "http://127.0.0.1:9"\n[sources.dead.login]\nkind = "none"\n'
        with serving(folder, config + dead, environment={"STAMINA_TESTING": "1"}) as client:
            yield client


def raw(server: Client, method: str, target: str, body: Any = None) -> tuple[int, Any]:
    """Send *target* as it is written: a client library would tidy it."""
    base = urlsplit(str(server.http.base_url))
    connection = http.client.HTTPConnection(base.hostname or "", base.port or 0, timeout=60)
    headers = {"Authorization": server.http.headers["Authorization"], "Content-Type": "application/json"}
    connection.request(method, base.path + "ctadata-jlab/" + target, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, _json(text)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


ESCAPES = ["..", "../..", "%2e%2e/etc", "..%2f..%2fetc", "a/..%2F..", "%00", "a%00b", "x" * 3000, "%5c..%2f..%2f.."]


@pytest.mark.parametrize("path", ESCAPES)
@pytest.mark.parametrize("route", ["listing/local/{}", "contents/local/{}", "files/local/{}"])
def test_escapes_are_refused_for_reading(server: Client, route: str, path: str) -> None:
    """Dots, encoded dots and slashes, NUL, endless names: 400 or 404 with words, never a file of the system."""
    status, body = raw(server, "GET", route.format(path))
    assert status in {400, 404}, body
    assert b"root:" not in json.dumps(body if not isinstance(body, bytes) else body.decode("latin-1")).encode()


@pytest.mark.parametrize("path", ["/../outside", "/a/../../outside", "/nul\0", "/" + "x" * 3000, "/link/inside"])
def test_a_target_outside_the_roots_is_refused(server: Client, path: str, tmp_path: Path) -> None:
    """A download never lands outside the workspace, also not through a link; nothing is written."""
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    link = server.workspace / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    before = sorted(str(place) for place in server.workspace.parent.rglob("*") if "home" not in place.parts)
    status, body = raw(server, "POST", "jobs", _download("/any", path))
    assert (status, body["error"]) == (400, "BadPath"), body
    assert body["hint"]
    assert sorted(str(place) for place in server.workspace.parent.rglob("*") if "home" not in place.parts) == before
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("target", ["nowhere", "/etc", "odd/../local"])
def test_a_target_that_is_no_source_is_refused(server: Client, target: str) -> None:
    """Only sources are targets."""
    request = {"kind": "download", "from": {"source": "odd", "paths": ["/x"]}, "to": {"source": target, "path": "/"}}
    status, body = raw(server, "POST", "jobs", request)
    assert status in {400, 404}
    assert body["error"] in {"BadRequest", "NotFound"}


@pytest.mark.parametrize(
    ("folder", "status", "error"),
    [
        ("html", 502, "BadAnswer"),
        ("page", 502, "BadAnswer"),
        ("bomb", 502, "BadAnswer"),
        ("nothing", 502, "BadAnswer"),
        ("gone", 404, "NotFound"),
        ("full", 507, "NoSpace"),
        ("refused", 403, "Forbidden"),
    ],
)
def test_what_is_no_listing_is_an_error_in_words(server: Client, folder: str, status: int, error: str) -> None:
    """A login page, an entity bomb or an empty body is never shown as an empty folder."""
    got, body = raw(server, "GET", f"listing/odd/{folder}")
    assert (got, body["error"]) == (status, error), body
    assert body["message"]
    assert body["hint"]


def test_a_listing_that_breaks_off_never_says_complete(server: Client) -> None:
    """The last line tells the failure, so that the panel keeps what it showed before."""
    text = server.ask("GET", "listing/odd/cut").text
    last = json.loads(text.splitlines()[-1])
    assert "complete" not in last
    assert last.get("error")


def test_a_dead_door_is_unreachable_in_words(server: Client) -> None:
    """Nobody answers: 502, with what to do."""
    status, body = raw(server, "GET", "listing/dead/")
    assert (status, body["error"], body["retryable"]) == (502, "Unreachable", True)
    assert body["hint"]


def test_a_failing_download_writes_nothing(server: Client) -> None:
    """A folder that cannot be listed fails the job by name and leaves the workspace as it was."""
    before = sorted(server.workspace.iterdir())
    job = server.job("download", "odd", "/html", to=("local", "/"))
    assert job["state"] == "failed"
    assert job["error"]["message"]
    assert sorted(server.workspace.iterdir()) == before


def test_a_file_where_a_folder_is_meant_is_an_error(server: Client) -> None:
    """Listing a file, or downloading into one, is refused in words."""
    (server.workspace / "file.txt").write_text("x")
    status, body = raw(server, "GET", "listing/local/file.txt")
    assert status in {400, 404}, body
    (server.workspace / "other.txt").write_text("y")
    job = server.job("copy", "local", "/other.txt", to=("local", "/file.txt"))
    assert job["state"] == "failed"
    assert job["error"]["message"]
    assert (server.workspace / "file.txt").read_text() == "x"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"kind": "explode"},
        {"kind": "download"},
        {"kind": "download", "from": {"source": "odd", "paths": []}, "to": {"source": "local", "path": "/"}},
        {"kind": "download", "from": {"source": "odd", "paths": "/x"}, "to": {"source": "local", "path": "/"}},
        {
            "kind": "download",
            "from": {"source": "odd", "paths": ["/x"]},
            "to": {"source": "local", "path": "/"},
            "conflict": "guess",
        },
        {
            "kind": "upload",
            "from": {"source": "browser"},
            "manifest": [{"path": "../x", "size": 1}],
            "to": {"source": "local", "path": "/"},
        },
        {
            "kind": "upload",
            "from": {"source": "browser"},
            "manifest": [{"path": "x", "size": -1}],
            "to": {"source": "local", "path": "/"},
        },
    ],
)
def test_a_request_that_makes_no_sense_is_refused(server: Client, body: Any) -> None:
    """400 with the field's name, and no job."""
    before = server.get("jobs")
    status, answer = raw(server, "POST", "jobs", body)
    assert status == 400, answer
    assert answer["error"] in {"BadRequest", "BadPath"}
    assert server.get("jobs") == before


def test_no_answer_holds_a_traceback(server: Client) -> None:
    """Errors are words for users."""
    for target in ("jobs/nonsense", "jobs/nonsense/items/0", "listing/nowhere/", "contents/nowhere", "login/nowhere"):
        status, body = raw(server, "GET", target)
        assert status >= 400
        assert "Traceback" not in json.dumps(body)
        assert set(body) >= {"error", "message", "hint", "retryable"}


def _download(path: str, to: str) -> dict[str, Any]:
    return {"kind": "download", "from": {"source": "odd", "paths": [path]}, "to": {"source": "local", "path": to}}
