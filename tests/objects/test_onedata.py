"""Onedata through its storage, at a double that curl and the field's own client (see `test_oscar`) agree with."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from ctadata_jlab import config
from ctadata_jlab.errors import AlreadyExists, Changed, Corrupted, CtaDataError, NotFound, NotLoggedIn, Unreachable
from ctadata_jlab.http import Trust
from ctadata_jlab.session import Session
from ctadata_jlab.storage.onedata import Onedata
from tests.objects.cdmi import TOKEN
from tests.storage.scripted import scripted
from tests.storage.suite import Bytes, Shelf, StorageSuite, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from tests.objects.cdmi import Oneprovider


@pytest.fixture
def storage(oneprovider: Oneprovider) -> Iterator[Onedata]:
    trust = Trust(bundle=str(oneprovider.ca))
    made = Onedata("Onedata", oneprovider.url, trust, root="/space", authorise=lambda _: f"Bearer {TOKEN}")
    yield made
    made.close()


class TestSuite(StorageSuite):
    """The rules that all storages keep, in a space."""

    @pytest.fixture
    def shelf(self, oneprovider: Oneprovider, storage: Onedata) -> Shelf:
        return Shelf(
            storage,
            lambda path, data: oneprovider.raw_put(f"/space{path}", data),
            lambda path: oneprovider.file(f"/space{path}").read_bytes(),
            lambda path: oneprovider.file(f"/space{path}").mkdir(parents=True, exist_ok=True),
        )


# -- the double


def curl(oneprovider: Oneprovider, *arguments: str) -> tuple[int, bytes]:
    """Return what curl, an independent client, is answered: status and body."""
    *options, path = arguments
    token = oneprovider.folder.parent / "token-onedata"
    token.touch(mode=0o600)
    token.write_text(f"X-Auth-Token: {TOKEN}\n")
    command = ["curl", "-sS", "--cacert", str(oneprovider.ca), "-H", f"@{token}", "-w", "\n%{http_code}", *options]
    said = subprocess.run([*command, oneprovider.url + path], capture_output=True, check=True).stdout
    body, _, status = said.rpartition(b"\n")
    return int(status), body


def test_curl_agrees_with_the_double(oneprovider: Oneprovider) -> None:
    """The examples of CDMI's clauses 8 and 9 in curl's words: folders, bytes, ranges, metadata, renaming, removing."""
    cdmi = ("-H", "X-CDMI-Specification-Version: 1.1.1")
    assert (
        curl(oneprovider, "-X", "PUT", *cdmi, "-H", "Content-Type: application/cdmi-container", "/cdmi/space/box/")[0]
        == 201
    )
    assert curl(oneprovider, "-X", "PUT", "--data-binary", "hello", "/cdmi/space/box/a.txt")[0] == 201
    assert curl(oneprovider, "-X", "PUT", "--data-binary", "hello!", "/cdmi/space/box/a.txt")[0] == 204
    assert curl(oneprovider, "/cdmi/space/box/a.txt") == (200, b"hello!")
    assert curl(oneprovider, "-r", "1-3", "/cdmi/space/box/a.txt") == (206, b"ell")
    status, told = curl(oneprovider, *cdmi, "/cdmi/space/box/")
    assert (status, json.loads(told)["children"]) == (200, ["a.txt"])
    assert json.loads(curl(oneprovider, *cdmi, "/cdmi/space/")[1])["children"] == ["box/"]
    status, told = curl(oneprovider, *cdmi, "/cdmi/space/box/a.txt?metadata")
    assert json.loads(told)["metadata"]["cdmi_size"] == "6"
    assert curl(oneprovider, *cdmi, "/cdmi/space/box")[0] == 302
    move = ("-X", "PUT", *cdmi, "-H", "Content-Type: application/cdmi-object", "-d", '{"move": "/space/box/a.txt"}')
    assert curl(oneprovider, *move, "/cdmi/space/box/b.txt")[0] == 201
    assert curl(oneprovider, "/cdmi/space/box/b.txt") == (200, b"hello!")
    assert curl(oneprovider, "-X", "DELETE", "/cdmi/space/box/")[0] == 204
    assert curl(oneprovider, "/cdmi/space/box/b.txt")[0] == 404


# -- what goes wrong


def test_spaces_are_the_first_folders(oneprovider: Oneprovider) -> None:
    """Without a root, all spaces are seen."""
    trust = Trust(bundle=str(oneprovider.ca))
    storage = Onedata("Onedata", oneprovider.url, trust, authorise=lambda _: f"Bearer {TOKEN}")
    oneprovider.raw_put("/space/f", b"x")
    assert [entry.path for entry in storage.list("/")] == ["/space"]
    assert [entry.path for entry in storage.list("/space")] == ["/space/f"]
    storage.close()


def test_a_refused_token_is_no_login(oneprovider: Oneprovider) -> None:
    """The token goes by `X-Auth-Token`, and a wrong one is an error, not a file."""
    trust = Trust(bundle=str(oneprovider.ca))
    storage = Onedata("Onedata", oneprovider.url, trust, authorise=lambda _: "Bearer another")
    with pytest.raises(NotLoggedIn):
        list(storage.list("/"))
    with pytest.raises(NotLoggedIn):
        storage.put("/space/f", Bytes(b"x"), ticket="t")
    assert {asked.token for asked in oneprovider.asked} == {"another"}
    storage.close()


def test_the_token_stays_with_the_oneprovider(oneprovider: Oneprovider, storage: Onedata) -> None:
    """A redirect of the bytes to another server takes no token along."""
    oneprovider.raw_put("/space/f", b"hello")

    def answer(handler: BaseHTTPRequestHandler, _asked: object) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(b"hello")

    with scripted(answer) as elsewhere:
        oneprovider.traps.elsewhere = elsewhere.url
        assert content(storage, "/f") == b"hello"
        assert len(elsewhere.asked) == 1
        assert TOKEN not in repr(elsewhere.asked)


def test_a_download_that_is_cut_is_no_download(oneprovider: Oneprovider, storage: Onedata) -> None:
    """What is missing is an error that may be tried again."""
    oneprovider.raw_put("/space/f", b"x" * 100_000)
    oneprovider.traps.cut = 10_000
    with pytest.raises(Unreachable):
        content(storage, "/f")


def test_an_upload_that_came_short_is_never_seen(oneprovider: Oneprovider, storage: Onedata) -> None:
    """The size is compared under the temporary name, and nothing is left."""
    oneprovider.raw_put("/space/f", b"old")
    oneprovider.traps.short = True
    with pytest.raises(Corrupted):
        storage.put("/f", Bytes(b"newer"), replace=True, ticket="t")
    assert [place.name for place in oneprovider.file("/space").iterdir()] == ["f"]
    assert oneprovider.file("/space/f").read_bytes() == b"old"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_broken_server_is_an_error(oneprovider: Oneprovider, storage: Onedata, method: str) -> None:
    """No 500 is taken for an answer."""
    oneprovider.raw_put("/space/f", b"old")
    oneprovider.traps.refuse = {method: 500}
    with pytest.raises(CtaDataError):
        storage.put("/f", Bytes(b"new"), replace=True, ticket="t") if method != "DELETE" else storage.remove("/f")
    assert oneprovider.file("/space/f").read_bytes() == b"old"


@pytest.mark.parametrize("replace", [False, True])
def test_an_upload_does_not_replace_what_came_meanwhile(
    oneprovider: Oneprovider, storage: Onedata, replace: bool
) -> None:
    """It is looked again just before the rename."""
    if replace:
        oneprovider.raw_put("/space/f", b"seen")
    seen = storage.stat("/f") if replace else False

    class Meanwhile(Bytes):
        def read(self, count: int) -> bytes:
            oneprovider.raw_put("/space/f", b"somebody else's")
            return super().read(count)

    with pytest.raises(Changed if replace else AlreadyExists):
        storage.put("/f", Meanwhile(b"ours"), replace=seen, ticket="t")
    assert oneprovider.file("/space/f").read_bytes() == b"somebody else's"
    assert [entry.name for entry in storage.list("/")] == ["f"]


def test_a_file_that_changes_while_it_is_read_is_noticed(oneprovider: Oneprovider, storage: Onedata) -> None:
    """CDMI has no entity tags: it is looked once more after the bytes."""
    oneprovider.raw_put("/space/f", b"first")
    with storage.open("/f") as reader:
        oneprovider.raw_put("/space/f", b"other")
        with pytest.raises(Changed):
            reader.pour(0, None, lambda _: None)


def test_a_child_that_goes_away_is_not_there(
    oneprovider: Oneprovider, storage: Onedata, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the names and the look at each, one may go; the rest is listed."""
    for name in ("a", "b"):
        oneprovider.raw_put(f"/space/{name}", b"x")
    look = storage._look

    def gone(path: str, *, is_folder: bool) -> object:
        if path == "/a":
            raise NotFound("gone")
        return look(path, is_folder=is_folder)

    monkeypatch.setattr(storage, "_look", gone)
    assert [entry.name for entry in storage.list("/")] == ["b"]


def test_a_source_of_this_kind_works_from_its_settings(oneprovider: Oneprovider, tmp_path: Path) -> None:
    """Address, root and the file with the token are all it needs."""
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    place = tmp_path / "ctadata.toml"
    place.write_text(
        f'only = []\n[sources.one]\nkind = "onedata"\nurl = "{oneprovider.url}"\nroot = "/space"\nca = "{oneprovider.ca}"\n'
        f'[sources.one.login]\nkind = "file"\nfile = "{token}"\n'
    )
    oneprovider.raw_put("/space/f", b"x")
    with Session(config.load(places=[place])) as session:
        assert [entry.name for entry in session.storage("one").list("/")] == ["f"]
